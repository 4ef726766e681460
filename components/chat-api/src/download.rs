//! A file of a user's tasks, made piece by piece: a page of tasks at a time is all that is in memory.

use std::rc::Rc;

use bytes::Bytes;
use http::StatusCode;
use todo_domain::time::Timestamp;
use todo_exchange::{Format, Writer};
use todo_service::answer::with_body;
use todo_service::database::Database;

use crate::app::{App, Reply};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::store::exchange::{self, Which};

/// How many tasks are read at once.
const PAGE: usize = 200;

/// The file cannot be made to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the file breaks off")
    }
}

impl std::error::Error for BrokenOff {}

/// A file that is being made.
#[derive(Debug)]
pub struct Download<P: Platform> {
    app: Rc<App<P>>,
    user_id: String,
    which: Which,
    /// The number of the last task that was read.
    after: i64,
    /// The first piece, which was made before there was an answer.
    ready: Option<Bytes>,
    /// None when all was written.
    writer: Option<Writer>,
}

impl<P: Platform> Download<P> {
    /// Begins a file. One that is short enough is answered at once, and what keeps its beginning from being made is said.
    pub(crate) async fn open(
        app: &Rc<App<P>>,
        user_id: String,
        which: Which,
        format: Format,
        now: Timestamp,
    ) -> Result<Reply<P>, Failure> {
        let mut download = Self {
            app: Rc::clone(app),
            user_id,
            which,
            after: 0,
            ready: None,
            writer: Some(Writer::new(format, now)),
        };
        let piece = download.read().await?;
        let answer = with_body(StatusCode::OK, format.content_type(), piece);
        if download.writer.is_none() {
            return Ok(Reply::Complete(answer));
        }
        let (parts, piece) = answer.into_parts();
        download.ready = Some(piece);
        Ok(Reply::Download(
            http::Response::from_parts(parts, ()),
            Box::new(download),
        ))
    }

    /// The next piece; none after the last.
    pub async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        if let Some(ready) = self.ready.take() {
            return Some(Ok(ready));
        }
        self.writer.as_ref()?;
        let piece = self.read().await;
        Some(piece.map_err(|failure| {
            self.writer = None;
            let reason = failure.reason().unwrap_or_else(|| failure.detail());
            self.app
                .platform
                .log(&format!("a file of tasks broke off: {reason}"));
            BrokenOff
        }))
    }

    async fn read(&mut self) -> Result<Bytes, Failure> {
        let connection = self.app.platform.database().connect().await?;
        let tasks = exchange::page(&connection, &self.user_id, self.which, self.after, PAGE).await?;
        drop(connection);
        let Some(mut writer) = self.writer.take() else {
            return Ok(Bytes::new());
        };
        for task in &tasks {
            writer.task(task);
        }
        let Some(last) = tasks.last().filter(|_| tasks.len() == PAGE) else {
            return Ok(writer.finish().into());
        };
        self.after = i64::from(last.number);
        let piece = writer.take();
        self.writer = Some(writer);
        Ok(piece.into())
    }
}
