//! Todoist's CSV.

use serde_json::json;
use todo_exchange::{Source, read};

use super::sample::{context, mistakes, read_in};

const HEAD: &str = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE,DURATION,DURATION_UNIT\n";

#[test]
fn a_project_is_read_with_its_labels_sections_comments_and_indents() {
    let text = format!(
        "\u{feff}{HEAD}meta,view_style=list,,,,,,,,,,
task,Buy milk @shop @home,two bottles,1,1,Ann (1),,tomorrow at 9am,en,Europe/Berlin,,
note,the one without lactose,,,,Ann (1),,,,,,
,,,,,,,,,,,
section,\"Flat, big\",,,,,,,,,,
task,Water the plants,,4,1,,,every Monday,en,Europe/Berlin,,
task,The cactus,,2,2,,,2026-05-01,de,,,
task,Its spikes,,3,3,,,,,,,
task,The lemon tree,,3,1,,,every! 3 days,en,Europe/Berlin,,
"
    );
    let read = read(Source::Todoist, text.as_bytes(), &context()).unwrap();
    let drafts: Vec<_> = read
        .iter()
        .map(|task| (task.line, json!(task.draft.to_json())))
        .collect();
    assert_eq!(
        drafts,
        [
            (
                3,
                json!({"title": "Buy milk", "description": "two bottles\n\nthe one without lactose", "priority": "urgent",
                    "tags": ["shop", "home"], "due_date": "2026-03-03T08:00:00Z", "timezone": "Europe/Berlin"})
            ),
            (
                7,
                json!({"title": "Water the plants", "priority": "low", "tags": ["Flat big"], "due_date": "2026-03-02",
                    "timezone": "Europe/Berlin", "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO"})
            ),
            (
                8,
                json!({"title": "The cactus", "description": "Part of: Water the plants", "priority": "high",
                    "tags": ["Flat big"], "due_date": "2026-05-01"})
            ),
            (
                9,
                json!({"title": "Its spikes", "description": "Part of: Water the plants › The cactus", "tags": ["Flat big"]})
            ),
            (
                10,
                json!({"title": "The lemon tree", "tags": ["Flat big"], "due_date": "2026-03-02",
                    "timezone": "Europe/Berlin", "recurrence_rule": "FREQ=DAILY;INTERVAL=3", "recurrence_anchor": "completion"})
            ),
        ]
    );
}

#[test]
fn dates_without_a_zone_are_meant_where_the_user_is() {
    let text = "TYPE,CONTENT,DATE,DEADLINE\ntask,a,2026-07-01 10:00,\ntask,b,,2026-07-02\n";
    let read = read_in("America/New_York", Source::Todoist, text).unwrap();
    assert_eq!(
        read[0].draft.due_date.unwrap().to_string(),
        "2026-07-01T14:00:00Z"
    );
    assert_eq!(read[1].draft.due_date.unwrap().to_string(), "2026-07-02");
}

#[test]
fn mistakes_are_named_by_line_and_column() {
    let text = "TYPE,CONTENT,PRIORITY,DATE,DATE_LANG,TIMEZONE
task,a,5,,,
task,b,,jeden Montag,de,
task,d,,tomorrow,en,Mars
task,,,,,
tsk,e,,,,
task,f,,every day until 2020-01-01,en,
";
    let found = mistakes(Source::Todoist, text);
    let starts = [
        "2: PRIORITY: must be a number from 1 to 4",
        "3: DATE: is not a date that is understood here, where dates are English",
        "4: TIMEZONE: must be an IANA time zone",
        "5: CONTENT: must not be empty",
        "6: TYPE: must be `task`",
        "7: DATE: is not a date that is understood here; write",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (found, start) in found.iter().zip(starts) {
        assert!(found.starts_with(start), "{found}");
    }
    assert!(mistakes(Source::Todoist, "title\na")[1].starts_with("1: content: is missing"));
}
