//! iCalendar: ours, and that of others.

use serde_json::{Value, json};
use todo_exchange::{Format, ImportedTask, Source, read};

use super::sample::{context, expected, full, mistakes, read_in, task, write};

#[track_caller]
fn one(properties: &str) -> ImportedTask {
    let read = read(Source::ICalendar, calendar(properties).as_bytes(), &context());
    read.unwrap().remove(0)
}

fn calendar(properties: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTODO\n{properties}\nEND:VTODO\nEND:VCALENDAR\n")
}

fn fields(task: &ImportedTask) -> Value {
    let mut fields = task.draft.to_json();
    fields.retain(|name, value| !(name == "title" || name == "status" && value == "pending"));
    Value::Object(fields)
}

#[test]
fn a_task_is_written_with_its_zone_rule_and_alarms() {
    let expected_text = "BEGIN:VTODO
UID:01900000-0000-7000-8000-0000000000aa
DTSTAMP:20260302T090000Z
CREATED:20260302T090000Z
LAST-MODIFIED:20260302T090000Z
SUMMARY:Pay rent\\; the \"big\" one\\, =1+1
DESCRIPTION:for the flat\\nand\\\\or the cellar\\, ää
STATUS:COMPLETED
COMPLETED;X-TODO-MS=789:20260301T123456Z
PRIORITY:1
CATEGORIES:home,a\\;b\\\\c
DTSTART;TZID=Europe/Berlin:20260331T090000
DUE;TZID=Europe/Berlin:20260331T090000
X-TODO-RULE:monthly
RRULE:FREQ=MONTHLY
X-TODO-RECURRENCE-ANCHOR:completion
X-TODO-SERIES:01900000-0000-7000-8000-0000000000aa
X-TODO-OCCURRENCE:3
X-TODO-ANCHOR:1@2026-01-31T08:00:00Z
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Pay rent\\; the \"big\" one\\, =1+1
TRIGGER;RELATED=END:-P1D
X-TODO-LEAD:1 day
END:VALARM
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Pay rent\\; the \"big\" one\\, =1+1
TRIGGER;VALUE=DATE-TIME;X-TODO-MS=250:20260330T100000Z
END:VALARM
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Pay rent\\; the \"big\" one\\, =1+1
TRIGGER;RELATED=END:-PT1H30M
X-TODO-LEAD:90m
END:VALARM
END:VTODO
";
    let text = write(Format::ICalendar, &[full(), full()]).replace("\r\n", "\n");
    assert_eq!(text.matches(expected_text).count(), 2, "{text}");
    assert_eq!(text.matches("BEGIN:VTIMEZONE").count(), 1);
    assert!(text.find("BEGIN:VTIMEZONE") < text.find("BEGIN:VTODO"));
    let read = read(Source::ICalendar, text.as_bytes(), &context()).unwrap();
    assert_eq!(
        ImportedTask {
            line: 0,
            ..read[0].clone()
        },
        expected(&full())
    );
}

#[test]
fn reminders_of_a_day_count_from_its_morning() {
    let day = task(
        &json!({"title": "a", "due_date": "2026-03-05", "reminders": [{"before": "1h"}, {"before": "1d"}]}),
    );
    let text = write(Format::ICalendar, &[day]);
    assert!(text.contains("DUE;VALUE=DATE:20260305\r\n"), "{text}");
    assert!(text.contains("TRIGGER;RELATED=END:PT8H\r\n"), "{text}");
    assert!(text.contains("TRIGGER;RELATED=END:-PT15H\r\n"), "{text}");
    let alarm = |trigger: &str| {
        let read = one(&format!(
            "SUMMARY:a\nDUE;VALUE=DATE:20260305\nBEGIN:VALARM\nTRIGGER:{trigger}\nEND:VALARM"
        ));
        fields(&read)["reminders"].clone()
    };
    assert_eq!(alarm("-P1D"), json!([{"before": "1d9h"}]));
    assert_eq!(alarm("PT9H"), json!([{"before": "0m"}]));
    assert_eq!(alarm("PT12H"), json!([{"at": "2026-03-05T12:00:00Z"}]));
}

#[test]
fn dates_of_others_are_understood() {
    for (properties, due, zone) in [
        ("DUE;VALUE=DATE:20260305", "2026-03-05", None),
        ("DUE:20260305T090000Z", "2026-03-05T09:00:00Z", None),
        ("DUE:20260305T090000", "2026-03-05T09:00:00Z", None),
        (
            "DUE;TZID=\"Europe/Berlin\":20260705T090000",
            "2026-07-05T07:00:00Z",
            Some("Europe/Berlin"),
        ),
        (
            "DUE;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260705T090000",
            "2026-07-05T07:00:00Z",
            Some("Europe/Berlin"),
        ),
        (
            "DTSTART:20260305T090000Z\nDURATION:P1DT1H",
            "2026-03-06T10:00:00Z",
            None,
        ),
        ("DTSTART;VALUE=DATE:20260305\nDURATION:P2D", "2026-03-07", None),
        (
            "DTSTART;TZID=Europe/Berlin:20260328T090000\nDURATION:P1D",
            "2026-03-29T07:00:00Z",
            Some("Europe/Berlin"),
        ),
        ("DTSTART:20260305T090000Z", "2026-03-05T09:00:00Z", None),
        ("DUE:20261231T235960Z", "2026-12-31T23:59:59Z", None),
    ] {
        let draft = one(&format!("SUMMARY:a\n{properties}")).draft;
        assert_eq!(draft.due_date.unwrap().to_string(), due, "{properties}");
        assert_eq!(draft.timezone.map(|zone| zone.name()), zone, "{properties}");
    }
    let floating = read_in(
        "Asia/Tokyo",
        Source::ICalendar,
        &calendar("SUMMARY:a\nDUE:20260305T090000"),
    )
    .unwrap();
    assert_eq!(
        floating[0].draft.due_date.unwrap().to_string(),
        "2026-03-05T00:00:00Z"
    );
    assert_eq!(floating[0].draft.timezone.unwrap().name(), "Asia/Tokyo");
}

#[test]
fn a_zone_may_be_named_by_its_calendar_and_come_behind_its_task() {
    let text = "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:a\r\nDUE;TZID=W. Europe Standard Time:20260705T090000\r\nEND:VTODO\r
BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nX-LIC-LOCATION:Europe/Berlin\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n";
    let read = read(Source::ICalendar, text.as_bytes(), &context()).unwrap();
    assert_eq!(
        read[0].draft.due_date.unwrap().to_string(),
        "2026-07-05T07:00:00Z"
    );
    let without = text.replace("X-LIC-LOCATION:Europe/Berlin\r\n", "");
    assert_eq!(
        mistakes(Source::ICalendar, &without),
        ["4: DUE: has the time zone `W. Europe Standard Time`, which is none of the IANA database"]
    );
}

#[test]
fn states_priorities_tags_and_alarms_of_others_are_understood() {
    for (properties, expected) in [
        ("PERCENT-COMPLETE:100", json!({"status": "completed"})),
        ("COMPLETED:20260301T100000Z", json!({"status": "completed"})),
        (
            "STATUS:in-process\nPRIORITY:2",
            json!({"status": "in_progress", "priority": "urgent"}),
        ),
        ("PRIORITY:0", json!({})),
        ("PRIORITY:7", json!({"priority": "low"})),
        (
            "CATEGORIES:a,b\nCATEGORIES:c,A,",
            json!({"tags": ["a", "b", "c"]}),
        ),
        (
            "DUE:20260305T090000Z\nBEGIN:VALARM\nTRIGGER:-PT15M\nACTION:AUDIO\nEND:VALARM",
            json!({"due_date": "2026-03-05T09:00:00Z", "reminders": [{"before": "15m"}]}),
        ),
        (
            "DTSTART:20260305T080000Z\nDUE:20260305T090000Z\nBEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM",
            json!({"due_date": "2026-03-05T09:00:00Z", "reminders": [{"at": "2026-03-05T07:45:00Z"}]}),
        ),
        (
            "DUE:20260305T090000Z\nBEGIN:VALARM\nTRIGGER;RELATED=END:PT1H\nEND:VALARM",
            json!({"due_date": "2026-03-05T09:00:00Z", "reminders": [{"at": "2026-03-05T10:00:00Z"}]}),
        ),
        ("BEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM", json!({})),
        (
            "DTSTART;VALUE=DATE:20260305\nRRULE:FREQ=WEEKLY;BYDAY=TH\nX-TODO-RULE:daily",
            json!({"due_date": "2026-03-05", "recurrence_rule": "FREQ=WEEKLY;BYDAY=TH"}),
        ),
    ] {
        assert_eq!(
            fields(&one(&format!("SUMMARY:a\n{properties}"))),
            expected,
            "{properties}"
        );
    }
    let task = one("UID:x\nRECURRENCE-ID:20260305\nSUMMARY:a");
    assert_eq!(task.uid.as_deref(), Some("x 20260305"));
}

#[test]
fn mistakes_are_named_by_the_line_of_the_property() {
    let text = calendar(
        "SUMMARY:a\nDUE:soon\nPRIORITY:x\nEND:VTODO\nBEGIN:VTODO\nSTATUS:DRAFT\nEND:VTODO\nBEGIN:VTODO\nUID:1\nEND:VTODO
BEGIN:VTODO\nSUMMARY:a\nRRULE:FREQ=HOURLY\nCATEGORIES:a\\,b\nBEGIN:VALARM\nTRIGGER:-P400D\nEND:VALARM\nDUE:20260305T090000Z",
    );
    assert_eq!(
        mistakes(Source::ICalendar, &text),
        [
            "6: PRIORITY: must be a number from 0 to 9",
            "5: DUE: must be a day like `20260301` or a time like `20260301T090000Z`",
            "9: STATUS: must be one of `NEEDS-ACTION`, `IN-PROCESS`, `COMPLETED`, `CANCELLED`",
            "11: SUMMARY: is required",
            "17: CATEGORIES: must not contain control characters or commas",
            "18: TRIGGER: `before` must be a duration like `30m`, `1h`, `1d` or `1w`, at most 366 days",
            "16: RRULE: must name days, because the time is that of `due_date`: FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, and there \
             is no BYHOUR, BYMINUTE or BYSECOND",
        ]
    );
    for (text, mistake) in [
        (
            "",
            "1: BEGIN: is missing: a calendar begins with `BEGIN:VCALENDAR`",
        ),
        (
            "BEGIN:VCARD\nEND:VCARD",
            "1: BEGIN: must be `VCALENDAR`: this is no calendar",
        ),
        (
            "BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:a\nEND:VCALENDAR",
            "4: END: must end `VTODO`",
        ),
        (
            "BEGIN:VCALENDAR\nVERSION:2.0",
            "2: END: is missing for `VCALENDAR`: the file breaks off",
        ),
        (
            "X:1",
            "1: : must stand between `BEGIN:VCALENDAR` and `END:VCALENDAR`",
        ),
        (
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\nEND:VCALENDAR",
            "1: VTODO: is missing: the calendar has events, but no tasks",
        ),
        (
            "BEGIN:VCALENDAR\nnonsense\nEND:VCALENDAR",
            "2: : is not a line of iCalendar, like `SUMMARY:Buy milk`",
        ),
    ] {
        assert_eq!(mistakes(Source::ICalendar, text), [mistake], "{text}");
    }
}
