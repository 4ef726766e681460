//! The statements. Parameters 1 to 3 are always application, owner and name, as far as a statement has them; `$4` is the host in
//! those that notify.

use std::sync::LazyLock;

/// The channel on which hosts tell each other of a job that is earlier than all others. What is said is `<application> <host>`.
pub(super) const CHANNEL: &str = "sidespin_jobs";

/// Hosts that start together would otherwise create the tables at once, which fails for all but one.
pub(super) const LOCK_SCHEMA: &str = "SELECT pg_advisory_xact_lock(7382945101)";

/// Whether the tables are there: creating them needs a right that a role may lack that may use them.
pub(super) const IS_CREATED: &str = "SELECT to_regclass('sidespin_job_claims') IS NOT NULL AS created";

/// `due` is the time of the firing and what repetitions count from; `fire_at` is when it is tried next. A claim outlives its job,
/// so that a job that is cancelled and put again while it fires does not fire twice at once.
pub(super) const SCHEMA: &str = "
    CREATE SEQUENCE IF NOT EXISTS sidespin_job_numbers;
    CREATE TABLE IF NOT EXISTS sidespin_jobs (
        application text NOT NULL,
        owner text NOT NULL,
        name text NOT NULL,
        due bigint NOT NULL,
        fire_at bigint NOT NULL,
        every bigint,
        rule text,
        timezone text,
        attempt integer NOT NULL DEFAULT 1,
        unplanned boolean NOT NULL DEFAULT false,
        generation bigint NOT NULL DEFAULT nextval('sidespin_job_numbers'),
        payload bytea NOT NULL,
        PRIMARY KEY (application, owner, name)
    );
    CREATE INDEX IF NOT EXISTS sidespin_jobs_by_time ON sidespin_jobs (application, owner, fire_at);
    CREATE TABLE IF NOT EXISTS sidespin_job_claims (
        application text NOT NULL,
        owner text NOT NULL,
        name text NOT NULL,
        id bigint NOT NULL,
        until bigint NOT NULL,
        PRIMARY KEY (application, owner, name)
    );
";

pub(super) const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS clock";

/// What tells others of a job that was kept or moved, one of `kept`, if none of those that wait unclaimed is as early.
/// Whoever sleeps, sleeps until the first of those, or the end of a lease, and looks again then.
fn told(host: &str) -> String {
    format!(
        "SELECT (SELECT pg_notify('{CHANNEL}', $1 || ' ' || {host})::text WHERE NOT EXISTS (
            SELECT FROM sidespin_jobs earlier WHERE earlier.application = $1 AND earlier.owner = $2 AND earlier.name <> $3
                AND earlier.fire_at <= kept.fire_at AND NOT EXISTS (
                    SELECT FROM sidespin_job_claims claim
                    WHERE claim.application = $1 AND claim.owner = $2 AND claim.name = earlier.name)))
        AS told FROM kept"
    )
}

const INSERT: &str =
    "INSERT INTO sidespin_jobs (application, owner, name, due, fire_at, every, rule, timezone, payload)
    VALUES ($1, $2, $3, $5, $5, $6, $7, $8, $9) ON CONFLICT (application, owner, name)";

pub(super) static PUT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH kept AS ({INSERT} DO UPDATE SET due = excluded.due, fire_at = excluded.fire_at, every = excluded.every,
            rule = excluded.rule, timezone = excluded.timezone, attempt = 1, unplanned = false,
            generation = excluded.generation, payload = excluded.payload RETURNING fire_at) {}",
        told("$4")
    )
});

pub(super) static PUT_IF_ABSENT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH kept AS ({INSERT} DO NOTHING RETURNING fire_at) {}",
        told("$4")
    )
});

pub(super) static RESCHEDULE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH kept AS (UPDATE sidespin_jobs SET due = $5, fire_at = $5, attempt = 1, unplanned = false,
            generation = nextval('sidespin_job_numbers')
            WHERE application = $1 AND owner = $2 AND name = $3 RETURNING fire_at) {}",
        told("$4")
    )
});

pub(super) static RUN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH kept AS (UPDATE sidespin_jobs SET unplanned = due > $5, fire_at = least(due, $5), attempt = 1,
            generation = nextval('sidespin_job_numbers')
            WHERE application = $1 AND owner = $2 AND name = $3 RETURNING fire_at) {}",
        told("$4")
    )
});

pub(super) const CANCEL: &str =
    "DELETE FROM sidespin_jobs WHERE application = $1 AND owner = $2 AND name = $3 RETURNING 1";

pub(super) const PENDING: &str = "SELECT count(*) FROM
    (SELECT FROM sidespin_jobs WHERE application = $1 AND owner = $2 LIMIT $3) AS counted";

/// Claims what is due at `$3`, up to `$4`, for `$5` milliseconds. Rows that another host is claiming this moment are passed over;
/// where it was quicker by so little that its claim is not seen yet, the claims' key decides.
pub(super) const CLAIM: &str = "
    WITH due AS MATERIALIZED (
        SELECT job.name, job.due, job.fire_at, job.every, job.rule, job.timezone, job.attempt, job.unplanned, job.generation,
            job.payload
        FROM sidespin_jobs job
        WHERE job.application = $1 AND job.owner = $2 AND job.fire_at <= $3 AND NOT EXISTS (
            SELECT FROM sidespin_job_claims claim
            WHERE claim.application = $1 AND claim.owner = $2 AND claim.name = job.name AND claim.until > $3)
        ORDER BY job.fire_at LIMIT $4 FOR UPDATE OF job SKIP LOCKED
    ), won AS (
        INSERT INTO sidespin_job_claims AS claim (application, owner, name, id, until)
        SELECT $1, $2, due.name, nextval('sidespin_job_numbers'), $3 + $5 FROM due
        ON CONFLICT (application, owner, name) DO UPDATE SET id = excluded.id, until = excluded.until WHERE claim.until <= $3
        RETURNING claim.name, claim.id
    )
    SELECT due.*, won.id FROM due JOIN won ON won.name = due.name ORDER BY due.fire_at";

/// When there is something to claim next: a job without a claim, or one whose claim ends without having been settled.
pub(super) const NEXT: &str = "
    SELECT least(
        (SELECT job.fire_at FROM sidespin_jobs job
            WHERE job.application = $1 AND job.owner = $2 AND NOT EXISTS (
                SELECT FROM sidespin_job_claims claim
                WHERE claim.application = $1 AND claim.owner = $2 AND claim.name = job.name)
            ORDER BY job.fire_at LIMIT 1),
        (SELECT min(greatest(claim.until, job.fire_at)) FROM sidespin_job_claims claim
            JOIN sidespin_jobs job ON job.application = $1 AND job.owner = $2 AND job.name = claim.name
            WHERE claim.application = $1 AND claim.owner = $2)
    ) AS next, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS clock";

/// Ends the claim `$4`, if it still stands, and forgets or moves the job, if it is still the one that was claimed. What waits then
/// is told of, as `$12`: other hosts had seen the claim, and would sleep until its lease is over.
pub(super) static SETTLE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH standing AS (
            DELETE FROM sidespin_job_claims WHERE application = $1 AND owner = $2 AND name = $3 AND id = $4 RETURNING id
        ), forgotten AS (
            DELETE FROM sidespin_jobs WHERE application = $1 AND owner = $2 AND name = $3 AND generation = $5 AND $6
                AND EXISTS (SELECT FROM standing)
        ), moved AS (
            UPDATE sidespin_jobs SET due = $7, fire_at = $8, attempt = $9, unplanned = $10, rule = $11
            WHERE application = $1 AND owner = $2 AND name = $3 AND generation = $5 AND NOT $6
                AND EXISTS (SELECT FROM standing) RETURNING fire_at
        ), kept AS (
            SELECT fire_at FROM moved UNION ALL SELECT fire_at FROM sidespin_jobs
            WHERE application = $1 AND owner = $2 AND name = $3 AND generation <> $5
        )
        SELECT standing.id, told.told FROM standing LEFT JOIN ({}) AS told ON true",
        told("$12")
    )
});

/// Renews the claims `$2` to `$3`, and tells which of them still stand.
pub(super) const RENEW: &str =
    "UPDATE sidespin_job_claims SET until = $3 WHERE application = $1 AND id = ANY($2) RETURNING id";

/// Clears claims away that ended before `$2` and whose job is gone.
pub(super) const CLEAR: &str = "
    DELETE FROM sidespin_job_claims claim WHERE application = $1 AND until < $2 AND NOT EXISTS (
        SELECT FROM sidespin_jobs job
        WHERE job.application = $1 AND job.owner = claim.owner AND job.name = claim.name)";

pub(super) const LIST: &str = "
    SELECT owner, name, due, fire_at, every, rule, timezone, attempt, unplanned, length(payload)::bigint AS size,
        EXISTS (SELECT FROM sidespin_job_claims claim WHERE claim.application = $1 AND claim.owner = job.owner
            AND claim.name = job.name AND claim.until > extract(epoch FROM clock_timestamp()) * 1000) AS running
    FROM sidespin_jobs job WHERE application = $1 AND ($2 IS NULL OR owner = $2) ORDER BY owner, fire_at, name LIMIT $3";

pub(super) const GET: &str = "
    SELECT owner, name, due, fire_at, every, rule, timezone, attempt, unplanned, length(payload)::bigint AS size, payload,
        EXISTS (SELECT FROM sidespin_job_claims claim WHERE claim.application = $1 AND claim.owner = job.owner
            AND claim.name = job.name AND claim.until > extract(epoch FROM clock_timestamp()) * 1000) AS running
    FROM sidespin_jobs job WHERE application = $1 AND owner = $2 AND name = $3";
