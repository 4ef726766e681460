//! The file: one table, and the statements on it. Everything here runs inside the writer's transaction.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::claims::Claims;
use crate::{Claim, Due, Outlook, Schedule, Settlement, next_on_grid};

/// `due` is the time of the firing and what repetitions count from; `fire_at` is when it is tried next.
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

/// The jobs of one file.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
    /// Given to every job that is put or moved, so that a claim of what was there before does not fit it.
    generation: i64,
}

impl Database {
    pub(crate) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What a component was told is kept must survive the power, too. A lone put takes some 1.5 ms with it on an SSD, one of
        // many at once 0.02 ms, because they share the wait.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        let generation =
            connection.query_row("SELECT coalesce(max(generation), 0) FROM jobs", [], |row| {
                row.get(0)
            })?;
        Ok(Self {
            connection,
            generation,
        })
    }

    /// Begins, commits or rolls back.
    pub(crate) fn execute(&self, statement: &str) -> rusqlite::Result<()> {
        self.connection.execute_batch(statement)
    }

    /// Keeps a job; answers whether it did.
    pub(crate) fn put(&mut self, schedule: &Schedule, only_if_absent: bool) -> rusqlite::Result<bool> {
        let conflict = if only_if_absent {
            "DO NOTHING"
        } else {
            "DO UPDATE SET due = excluded.due, fire_at = excluded.fire_at, interval = excluded.interval, attempt = 1,
             generation = excluded.generation, payload = excluded.payload"
        };
        let generation = self.next_generation();
        let mut statement = self.connection.prepare_cached(&format!(
            "INSERT INTO jobs (owner, name, due, fire_at, interval, generation, payload)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6) ON CONFLICT (owner, name) {conflict}"
        ))?;
        let Schedule {
            owner,
            name,
            due,
            interval,
            payload,
        } = schedule;
        let changed = statement.execute(params![owner, name, due, interval, generation, payload])?;
        Ok(changed > 0)
    }

    pub(crate) fn reschedule(&mut self, owner: &str, name: &str, due: u64) -> rusqlite::Result<bool> {
        let generation = self.next_generation();
        let mut statement = self.connection.prepare_cached(
            "UPDATE jobs SET due = ?3, fire_at = ?3, attempt = 1, generation = ?4 WHERE owner = ?1 AND name = ?2",
        )?;
        Ok(statement.execute(params![owner, name, due, generation])? > 0)
    }

    pub(crate) fn cancel(&self, owner: &str, name: &str) -> rusqlite::Result<bool> {
        let mut statement = self
            .connection
            .prepare_cached("DELETE FROM jobs WHERE owner = ?1 AND name = ?2")?;
        Ok(statement.execute(params![owner, name])? > 0)
    }

    /// Claims what is due, and looks beyond it for the first job that is left.
    pub(crate) fn claim_due(
        &self,
        owner: &str,
        now: u64,
        limit: usize,
        claims: &mut Claims,
    ) -> rusqlite::Result<Outlook> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, due, fire_at, attempt, generation, payload FROM jobs WHERE owner = ?1 ORDER BY fire_at",
        )?;
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
            let claim = Claim {
                owner: owner.to_owned(),
                name,
                generation: row.get("generation")?,
            };
            claims.add(&claim);
            outlook.due.push(Due {
                claim,
                due: row.get("due")?,
                attempt: row.get("attempt")?,
                payload: row.get("payload")?,
            });
        }
        Ok(outlook)
    }

    pub(crate) fn settle(&self, claim: &Claim, settlement: Settlement) -> rusqlite::Result<()> {
        match settlement {
            Settlement::Over { now } => self.finish(claim, now),
            Settlement::Retry { at } => self.postpone(claim, at, 1),
            Settlement::Postpone { at } => self.postpone(claim, at, 0),
        }
    }

    fn postpone(&self, claim: &Claim, at: u64, attempts: u32) -> rusqlite::Result<()> {
        let mut statement = self.connection.prepare_cached(
            "UPDATE jobs SET fire_at = ?4, attempt = attempt + ?5
             WHERE owner = ?1 AND name = ?2 AND generation = ?3",
        )?;
        statement
            .execute(params![claim.owner, claim.name, claim.generation, at, attempts])
            .map(|_changed| ())
    }

    fn finish(&self, claim: &Claim, now: u64) -> rusqlite::Result<()> {
        let mut timing = self.connection.prepare_cached(
            "SELECT due, interval FROM jobs WHERE owner = ?1 AND name = ?2 AND generation = ?3",
        )?;
        let timing: Option<(u64, Option<u64>)> = timing
            .query_row(params![claim.owner, claim.name, claim.generation], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        match timing {
            None => Ok(()),
            Some((_due, None)) => self.cancel(&claim.owner, &claim.name).map(|_existed| ()),
            Some((due, Some(interval))) => {
                // The last time that SQLite's integers can hold; nobody will be there to see it.
                let next = next_on_grid(due, interval, now).min(i64::MAX as u64);
                let mut statement = self.connection.prepare_cached(
                    "UPDATE jobs SET due = ?3, fire_at = ?3, attempt = 1 WHERE owner = ?1 AND name = ?2",
                )?;
                statement
                    .execute(params![claim.owner, claim.name, next])
                    .map(|_changed| ())
            }
        }
    }

    fn next_generation(&mut self) -> i64 {
        self.generation += 1;
        self.generation
    }
}
