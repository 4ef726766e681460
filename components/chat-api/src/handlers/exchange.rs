//! Export and import: files of tasks over HTTP.

use std::rc::Rc;

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use todo_domain::problem::Code;
use todo_domain::zone::Zone;
use todo_exchange::{Context, Format, Source, read};
use todo_service::answer::{self, Answer};
use todo_service::database::Database;

use crate::app::{App, Caller, Reply};
use crate::download::Download;
use crate::failure::Failure;
use crate::imports::sort;
use crate::platform::Platform;
use crate::request::Call;
use crate::store::exchange::Which;

/// How many of the tasks that were made are listed in the answer.
const LISTED: usize = 100;

/// What an import did, or would do.
#[derive(Serialize)]
struct Done {
    imported: usize,
    skipped: usize,
    dry_run: bool,
    tasks: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    line: u64,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
}

/// GET /export
pub(crate) async fn export<P: Platform>(
    app: &Rc<App<P>>,
    call: &Call,
    caller: Caller,
) -> Result<Reply<P>, Failure> {
    let mut format = Format::Json;
    for (name, value) in call.parameters() {
        if name != "format" {
            return Err(unknown(&["format"]));
        }
        format = Format::parse(&value)
            .ok_or_else(|| Failure::field("format", "must be one of `json`, `csv`, `ics`"))?;
    }
    let now = app.now()?;
    let mut reply = Download::open(app, caller.user_id, Which::All, format, now).await?;
    let day = now.as_datetime().format("%Y-%m-%d");
    let name = format!("attachment; filename=\"tasks-{day}.{}\"", format.as_str());
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers(&mut reply).insert(CONTENT_DISPOSITION, name);
    }
    Ok(reply)
}

pub(super) fn headers<P: Platform>(reply: &mut Reply<P>) -> &mut HeaderMap {
    match reply {
        Reply::Complete(answer) => answer.headers_mut(),
        Reply::Stream(head, _stream) => head.headers_mut(),
        Reply::Chat(head, _turn) => head.headers_mut(),
        Reply::Download(head, _file) => head.headers_mut(),
    }
}

/// What an import is asked to do.
struct Wish {
    source: Source,
    zone: Option<Zone>,
    is_dry: bool,
}

/// POST /import
pub(crate) async fn import<P: Platform>(
    app: &App<P>,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, Failure> {
    let Wish { source, zone, is_dry } = wish(call)?;
    let body = call.body()?;
    let now = app.now()?;
    let file = read(source, body, &Context { now, zone }).map_err(Failure::unreadable)?;
    if is_dry {
        let connection = app.platform.database().connect().await?;
        let sorted = sort(&connection, &caller.user_id, file).await?;
        let listed = sorted.new.iter().take(LISTED).map(|task| Listed {
            line: task.line,
            title: task.draft.title.clone(),
            id: None,
            number: None,
        });
        return Ok(done(sorted.new.len(), sorted.skipped, true, listed));
    }
    app.write(call, caller, async |unit| {
        let sorted = sort(unit.connection, unit.user_id, file).await?;
        let made = unit.import(sorted.new).await?;
        let listed = made.iter().take(LISTED).map(|(line, task)| Listed {
            line: *line,
            title: task.title.clone(),
            id: Some(task.id.clone()),
            number: Some(task.number),
        });
        Ok(done(made.len(), sorted.skipped, false, listed))
    })
    .await
}

fn done(imported: usize, skipped: usize, dry_run: bool, tasks: impl Iterator<Item = Listed>) -> Answer {
    let done = Done {
        imported,
        skipped,
        dry_run,
        tasks: tasks.collect(),
    };
    answer::json(StatusCode::OK, &done)
}

fn wish(call: &Call) -> Result<Wish, Failure> {
    let (mut source, mut zone, mut is_dry) = (None, None, false);
    for (name, value) in call.parameters() {
        match name.as_str() {
            "format" => {
                let message = "must be one of `json`, `csv`, `ics`, `todoist`";
                source = Some(Source::parse(&value).ok_or_else(|| Failure::field("format", message))?);
            }
            "timezone" => {
                let parsed = Zone::parse(&value);
                zone = Some(parsed.map_err(|error| Failure::field("timezone", error.to_string()))?);
            }
            "dry_run" => {
                is_dry = value
                    .parse()
                    .map_err(|_not_a_boolean| Failure::field("dry_run", "must be true or false"))?;
            }
            _ => return Err(unknown(&["format", "timezone", "dry_run"])),
        }
    }
    let media_type = call.header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let source = source.or_else(|| Source::of_media_type(media_type)).ok_or_else(|| {
        let detail = "send `content-type: application/json`, `text/csv` or `text/calendar`, or say `format=` in the query";
        Failure::new(Code::UnsupportedMediaType, detail)
    })?;
    Ok(Wish { source, zone, is_dry })
}

fn unknown(known: &[&str]) -> Failure {
    let detail = format!("this path takes no other parameters than {}", known.join(", "));
    Failure::new(Code::BadRequest, detail)
}
