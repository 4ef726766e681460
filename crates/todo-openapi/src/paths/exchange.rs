//! Files: export, import, and the calendar feed.

use serde_json::json;
use todo_domain::problem::Code;
use todo_exchange::{Format, TASKS_LIMIT};

use super::{of_user, open};
use crate::operation::Operation;
use crate::schema::{any_text, boolean, named, one_of, zone};

const TAG: &str = "Files";

const SOURCES: [&str; 4] = ["json", "csv", "ics", "todoist"];

pub(super) fn operations() -> Vec<Operation> {
    let bare = |format: Format| {
        let media_type = format.content_type();
        media_type.split(';').next().unwrap_or(media_type)
    };
    let (csv, calendar) = (bare(Format::Csv), bare(Format::ICalendar));
    let file = json!({
        "application/json": { "schema": named("ExportFile") },
        csv: { "schema": any_text() },
        calendar: { "schema": any_text() },
    });
    let source = json!({
        "application/json": { "schema": named("ImportFile") },
        csv: { "schema": any_text() },
        calendar: { "schema": any_text() },
    });
    let feed = json!({ calendar: { "schema": any_text() } });
    vec![
        of_user(TAG, ["get", "/api/v1/export", "exportTasks", "Write all tasks into a file"])
            .query("format", named("ExportFormat"), "Which; `json` where nothing is said.")
            .answers_as(200, "The file.", file)
            .with("Content-Disposition")
            .fails(&[Code::BadRequest, Code::ValidationFailed]),
        of_user(TAG, ["post", "/api/v1/import", "importTasks", "Make tasks of a file"])
            .about(&format!(
                "The whole file or nothing of it, at most {TASKS_LIMIT} tasks; every mistake is named with its line. What is \
                 there already is skipped.",
            ))
            .idempotent()
            .query("format", one_of(SOURCES), "What the file is; by its media type where nothing is said.")
            .query("timezone", zone(), "Where times without a zone are meant.")
            .query("dry_run", boolean(), "Only say what would be done.")
            .content(true, source)
            .answers(200, "What was made.", named("ImportDone"))
            .fails(&[Code::Conflict, Code::ValidationFailed, Code::UnsupportedMediaType]),
        of_user(TAG, ["get", "/api/v1/calendar-feed", "getCalendarFeed", "Whether there is a calendar feed"])
            .answers(200, "There is one.", named("CalendarFeed"))
            .cached()
            .fails(&[Code::NotFound]),
        of_user(TAG, ["post", "/api/v1/calendar-feed", "makeCalendarFeed", "Make an address for a calendar feed"])
            .about("Whoever knows the address can read the calendar. The address before is no more.")
            .answers(201, "The address: this once.", named("CalendarFeed")),
        of_user(TAG, ["delete", "/api/v1/calendar-feed", "deleteCalendarFeed", "Take the calendar feed away"])
            .answers_empty(204, "There is none any more."),
        open(TAG, ["get", "/calendar/{token}.ics", "readCalendarFeed", "The calendar feed itself"])
            .answers_as(200, "The tasks as an iCalendar file.", feed)
            .cached(),
    ]
}
