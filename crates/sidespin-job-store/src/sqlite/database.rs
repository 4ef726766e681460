//! The file: one table, and the statements on it. Everything here runs inside of the writer's transaction.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::claims::Claims;
use crate::job::Timing;
use crate::row::StoredRepeat;
use crate::{Claim, Due, Job, Outlook, Schedule, Settlement};

/// `due` is the time of the firing and what repetitions count from; `fire_at` is when it is tried next. A `generation` is given to
/// every job that is put, moved or asked to run, so that a claim of what was there before does not fit it; it is drawn by lot,
/// because operators' commands write this file beside the host.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS jobs (
        owner TEXT NOT NULL,
        name TEXT NOT NULL,
        due INTEGER NOT NULL,
        fire_at INTEGER NOT NULL,
        interval INTEGER,
        attempt INTEGER NOT NULL DEFAULT 1,
        generation INTEGER NOT NULL,
        payload BLOB NOT NULL,
        PRIMARY KEY (owner, name)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (owner, fire_at);
";

/// What files of the first version lack.
const VERSION_1: &str = "
    ALTER TABLE jobs ADD COLUMN rule TEXT;
    ALTER TABLE jobs ADD COLUMN timezone TEXT;
    ALTER TABLE jobs ADD COLUMN unplanned INTEGER NOT NULL DEFAULT 0;
    PRAGMA user_version = 1;
";

/// What a claim is made of.
const CLAIMED: &str = "name, due, fire_at, interval, rule, timezone, attempt, generation, unplanned, payload";

/// The jobs of one file.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
}

impl Database {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What a component was told is kept must survive the power, too. A lone put takes some 1.5 ms with it on an SSD, one of
        // many at once 0.02 ms, because they share the wait.
        connection.pragma_update(None, "synchronous", "FULL")?;
        let database = Self { connection };
        database.execute("BEGIN IMMEDIATE")?;
        database.execute(SCHEMA)?;
        let version: i64 = database
            .connection
            .pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version < 1 {
            database.execute(VERSION_1)?;
        }
        database.execute("COMMIT")?;
        Ok(database)
    }

    /// Begins, commits or rolls back.
    pub(super) fn execute(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.execute_batch(statement)
    }

    /// Keeps a job; answers whether it did.
    pub(super) fn put(&self, schedule: &Schedule, only_if_absent: bool) -> rusqlite::Result<bool> {
        let conflict = if only_if_absent {
            "DO NOTHING"
        } else {
            "DO UPDATE SET due = excluded.due, fire_at = excluded.fire_at, interval = excluded.interval, rule = excluded.rule,
             timezone = excluded.timezone, unplanned = 0, attempt = 1, generation = excluded.generation,
             payload = excluded.payload"
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "INSERT INTO jobs (owner, name, due, fire_at, interval, rule, timezone, payload, generation)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, random()) ON CONFLICT (owner, name) {conflict}"
        ))?;
        let Schedule {
            owner,
            name,
            due,
            repeat,
            payload,
        } = schedule;
        let repeat = StoredRepeat::of(repeat.as_ref());
        let changed = statement.execute(params![
            owner,
            name,
            due,
            repeat.interval,
            repeat.rule,
            repeat.timezone,
            payload
        ])?;
        Ok(changed > 0)
    }

    pub(super) fn reschedule(&self, owner: &str, name: &str, due: u64) -> rusqlite::Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "UPDATE jobs SET due = ?3, fire_at = ?3, unplanned = 0, attempt = 1, generation = random()
             WHERE owner = ?1 AND name = ?2",
        )?;
        Ok(statement.execute(params![owner, name, due])? > 0)
    }

    pub(super) fn run(&self, owner: &str, name: &str, now: u64) -> rusqlite::Result<bool> {
        let mut statement = self.connection.prepare_cached(
            "UPDATE jobs SET unplanned = due > ?3, fire_at = min(due, ?3), attempt = 1, generation = random()
             WHERE owner = ?1 AND name = ?2",
        )?;
        Ok(statement.execute(params![owner, name, now])? > 0)
    }

    pub(super) fn cancel(&self, owner: &str, name: &str) -> rusqlite::Result<bool> {
        let mut statement = self
            .connection
            .prepare_cached("DELETE FROM jobs WHERE owner = ?1 AND name = ?2")?;
        Ok(statement.execute(params![owner, name])? > 0)
    }

    pub(super) fn pending(&self, owner: &str, limit: u64) -> rusqlite::Result<u64> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM jobs WHERE owner = ?1 LIMIT ?2)")?;
        statement.query_row(params![owner, limit], |row| row.get(0))
    }

    /// Claims what is due, and looks beyond it for the first job that is left.
    pub(super) fn claim_due(
        &self,
        owner: &str,
        now: u64,
        limit: usize,
        claims: &mut Claims,
    ) -> rusqlite::Result<Outlook> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {CLAIMED} FROM jobs WHERE owner = ?1 ORDER BY fire_at"
        ))?;
        let mut rows = statement.query([owner])?;
        let mut outlook = Outlook::default();
        while let Some(row) = rows.next()? {
            let name: String = row.get("name")?;
            if claims.is_claimed(owner, &name) {
                continue;
            }
            let fire_at = row.get("fire_at")?;
            if fire_at > now || outlook.due.len() >= limit {
                outlook.next = Some(fire_at);
                break;
            }
            let timing = timing(row)?;
            let (due, attempt) = (timing.due, timing.attempt);
            let claim = Claim {
                owner: owner.to_owned(),
                name,
                id: claims.next_id(),
                generation: row.get("generation")?,
                timing,
            };
            claims.add(&claim);
            outlook.due.push(Due {
                claim,
                due,
                attempt,
                payload: row.get("payload")?,
            });
        }
        Ok(outlook)
    }

    /// Ends a firing that is being worked on.
    pub(super) fn settle(&self, claim: &Claim, settlement: Settlement) -> rusqlite::Result<()> {
        let Claim {
            owner,
            name,
            generation,
            timing,
            ..
        } = claim;
        let Some(wait) = timing.after(settlement) else {
            let mut statement = self
                .connection
                .prepare_cached("DELETE FROM jobs WHERE owner = ?1 AND name = ?2 AND generation = ?3")?;
            return statement.execute(params![owner, name, generation]).map(drop);
        };
        let mut statement = self.connection.prepare_cached(
            "UPDATE jobs SET due = ?4, fire_at = ?5, attempt = ?6, unplanned = ?7, rule = ?8
             WHERE owner = ?1 AND name = ?2 AND generation = ?3",
        )?;
        let Timing {
            due,
            fire_at,
            attempt,
            unplanned,
            repeat,
        } = wait;
        let rule = StoredRepeat::of(repeat.as_ref()).rule;
        let changed = statement.execute(params![
            owner, name, generation, due, fire_at, attempt, unplanned, rule
        ]);
        changed.map(drop)
    }

    /// Jobs in the order of their owners and names, without their payloads.
    pub(super) fn list(&self, owner: Option<&str>, limit: u64) -> rusqlite::Result<Vec<Job>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT owner, name, due, fire_at, interval, rule, timezone, attempt, unplanned, length(payload) AS size
             FROM jobs WHERE ?1 IS NULL OR owner = ?1 ORDER BY owner, fire_at, name LIMIT ?2",
        )?;
        let rows = statement.query_map(params![owner, limit], |row| job(row, None))?;
        rows.collect()
    }

    pub(super) fn get(&self, owner: &str, name: &str) -> rusqlite::Result<Option<Job>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT owner, name, due, fire_at, interval, rule, timezone, attempt, unplanned, length(payload) AS size, payload
             FROM jobs WHERE owner = ?1 AND name = ?2",
        )?;
        statement
            .query_row(params![owner, name], |row| job(row, Some(row.get("payload")?)))
            .optional()
    }
}

fn timing(row: &Row<'_>) -> rusqlite::Result<Timing> {
    let due = row.get("due")?;
    let stored = StoredRepeat {
        interval: row.get("interval")?,
        rule: row.get("rule")?,
        timezone: row.get("timezone")?,
    };
    let repeat = stored.read(due);
    Ok(Timing {
        due,
        fire_at: row.get("fire_at")?,
        attempt: row.get("attempt")?,
        unplanned: row.get("unplanned")?,
        repeat,
    })
}

fn job(row: &Row<'_>, payload: Option<Vec<u8>>) -> rusqlite::Result<Job> {
    let Timing {
        due,
        fire_at,
        attempt,
        repeat,
        ..
    } = timing(row)?;
    Ok(Job {
        owner: row.get("owner")?,
        name: row.get("name")?,
        due,
        fire_at,
        attempt,
        repeat,
        payload_size: row.get("size")?,
        payload,
        // Claims live in the memory of the process that fires.
        running: None,
    })
}
