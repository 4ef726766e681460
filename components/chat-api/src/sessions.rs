//! Sessions: how one begins, and how what is over is known.
//!
//! Access tokens are verified without the database, and the few that are to be refused before their time are looked up in
//! memory. Every few seconds one small query tells what is new, however many requests there are.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use serde::Serialize;
use todo_domain::events::session_ended;
use todo_service::database::{Connection, Database, DatabaseError};

use crate::app::App;
use crate::auth::token::{ACCESS_SECONDS, REFRESH_SECONDS, refresh_token, token_hash};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::store::sessions;
use crate::store::users::{self, User};
use crate::unit::Unit;

/// How long an instance goes on with what it knows, in milliseconds: so long an access token may outlive its session at the
/// other instances.
pub(crate) const FRESH_FOR: i64 = 5_000;

/// How far what is read reaches back before the last reading, in milliseconds: clocks differ, and what ends a session may
/// commit long after it has looked at the clock.
const OVERLAP: i64 = 120_000;

/// How long a session that has ended is kept, in milliseconds: longer than any access token.
pub(crate) const KEPT_FOR: i64 = 2 * ACCESS_SECONDS * 1000 + OVERLAP;

/// What begins or goes on with a session.
#[derive(Serialize)]
pub(crate) struct Session {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    expires_in: i64,
    user: User,
}

/// What an instance knows.
#[derive(Debug, Default)]
pub(crate) struct EndedSessions {
    /// When each ended.
    known: RefCell<HashMap<String, i64>>,
    read_at: Cell<Option<i64>>,
    /// How often something has ended that this instance was told of, and how much of that it has read.
    changes: Cell<u64>,
    changes_read: Cell<u64>,
}

impl EndedSessions {
    /// Something has ended: the next question is answered by the database.
    pub(crate) fn has_changed(&self) {
        self.changes.set(self.changes.get().wrapping_add(1));
    }

    async fn contains<C: Connection>(
        &self,
        session: &str,
        now: i64,
        connect: impl AsyncFnOnce() -> Result<C, DatabaseError>,
    ) -> Result<bool, DatabaseError> {
        let read_at = self.read_at.get();
        let is_fresh = read_at.is_some_and(|read_at| (0..FRESH_FOR).contains(&now.saturating_sub(read_at)));
        // What ends while this one is reading is for the next one to read.
        let changes = self.changes.get();
        if !is_fresh || changes != self.changes_read.get() {
            let since = read_at.map_or(now.saturating_sub(KEPT_FOR), |read_at| {
                read_at.saturating_sub(OVERLAP)
            });
            let ended = sessions::ended_since(&connect().await?, since).await?;
            let mut known = self.known.borrow_mut();
            known.extend(ended);
            known.retain(|_session, ended_at| *ended_at >= now.saturating_sub(KEPT_FOR));
            self.read_at.set(Some(now));
            self.changes_read.set(changes);
        }
        Ok(self.known.borrow().contains_key(session))
    }
}

impl<P: Platform> App<P> {
    /// Begins a session of this name, or goes on with it, in a transaction that excludes others of the user.
    pub(crate) async fn begin_session(
        &self,
        connection: &impl Connection,
        user: User,
        session: String,
        now: i64,
    ) -> Result<Session, Failure> {
        let refresh_token = refresh_token(&self.platform.random());
        let expires_at = now.saturating_add(REFRESH_SECONDS.saturating_mul(1000));
        let hash = token_hash(&refresh_token);
        users::insert_refresh_token(connection, hash, &session, &user.id, expires_at).await?;
        let access_token = self.signer.sign(
            &user.id,
            &user.email,
            session,
            self.new_id(),
            now.div_euclid(1000),
        );
        let access_token = access_token.ok_or_else(|| Failure::internal("the token cannot be signed"))?;
        Ok(Session {
            access_token,
            refresh_token,
            token_type: "Bearer",
            expires_in: ACCESS_SECONDS,
            user,
        })
    }

    /// Whether a session is over.
    pub(crate) async fn has_ended(&self, session: &str) -> Result<bool, Failure> {
        let connect = || self.platform.database().connect();
        let ended = self.ended.contains(session, self.platform.now(), connect);
        Ok(ended.await?)
    }

    /// Something has ended and is committed: this instance knows it from now on, and the others when they are told.
    pub(crate) fn sessions_have_ended(&self) {
        self.ended.has_changed();
        self.relay.want();
    }
}

impl<C: Connection> Unit<'_, C> {
    /// Ends a session of the user, with its streams.
    pub(crate) async fn end_session(&self, session: &str) -> Result<(), Failure> {
        sessions::end(self.connection, session, self.now.millis()).await?;
        self.publish(session_ended).map(drop)
    }

    /// Ends all sessions of the user, with their streams.
    pub(crate) async fn end_sessions(&self) -> Result<(), Failure> {
        sessions::end_all(self.connection, self.user_id, self.now.millis()).await?;
        self.publish(session_ended).map(drop)
    }
}
