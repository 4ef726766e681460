//! Whatever a task has comes back from every format, and whatever bytes come, nothing panics.

use proptest::prelude::*;
use serde_json::{Value, json};
use todo_domain::due::Due;
use todo_domain::task::{Reminder, Status, Task};
use todo_domain::time::Timestamp;
use todo_domain::validation::{NewTask, TaskDraft};
use todo_exchange::{Format, Source, read};

use super::sample::{context, expected, now, write};

const FORMATS: [Format; 3] = [Format::Json, Format::Csv, Format::ICalendar];
const SOURCES: [Source; 4] = [Source::Json, Source::Csv, Source::ICalendar, Source::Todoist];

fn text(pattern: &str) -> BoxedStrategy<String> {
    let special = prop::sample::select(vec![
        "=1+1",
        "'=x",
        "''",
        "+",
        "-a",
        "@b",
        "\\n",
        "\\",
        ";",
        ",",
        "\"",
        "'",
        "a\"b",
        " ",
        "ä",
        "😀",
        "BEGIN:VTODO",
    ]);
    let parts =
        prop_oneof![3 => prop::string::string_regex(pattern).unwrap(), 1 => special.prop_map(str::to_owned)];
    prop::collection::vec(parts, 1..4)
        .prop_map(|parts| parts.concat())
        .boxed()
}

fn time() -> impl Strategy<Value = String> {
    // The whole range, and the hours around changes of the clock, with and without milliseconds.
    let any = 0..253_402_300_799_999_i64;
    let near = (1_774_740_000_000..1_774_760_000_000_i64).boxed();
    let back = (1_792_880_000_000..1_792_900_000_000_i64).boxed();
    prop_oneof![any.boxed(), near, back].prop_flat_map(|millis| {
        prop::sample::select(vec![millis, millis - millis % 1000])
            .prop_map(|millis| Timestamp::from_millis(millis).unwrap().to_string())
    })
}

fn due() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        time().prop_map(Value::from),
        time().prop_map(|time| time[..10].into()),
    ]
}

fn zone() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        Value::Null,
        json!("UTC"),
        json!("Europe/Berlin"),
        json!("America/New_York"),
        json!("Asia/Kathmandu"),
        json!("Africa/Casablanca"),
        json!("Australia/Lord_Howe"),
        json!("America/Argentina/Buenos_Aires"),
    ])
}

fn reminder() -> impl Strategy<Value = Value> {
    let leads = vec![
        "0m", "1h", "60m", "1d", "24h", "2 hours", "1w 3d", "1h30m", "366d", "1H", "90 s", "1 d\n2h",
    ];
    prop_oneof![
        time().prop_map(|time| json!({ "at": time })),
        prop::sample::select(leads).prop_map(|lead| json!({ "before": lead })),
    ]
}

fn rule() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        Value::Null,
        json!("daily"),
        json!("Weekly"),
        json!("FREQ=WEEKLY;BYDAY=MO,TH"),
        json!("RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=12"),
        json!("freq=daily;until=20991231"),
        json!("FREQ=DAILY;UNTIL=20991231T120000"),
        json!("FREQ=YEARLY;UNTIL=20991231T120000Z;"),
    ])
}

prop_compose! {
    fn body()(
        title in text("[a-zA-Z \u{e4}-\u{fc}:;,\u{2028}]{1,20}"),
        description in prop::option::of(text("[a-z \n\t]{0,80}")),
        status in prop::sample::select(Status::ALL.to_vec()),
        priority in prop::sample::select(vec!["low", "medium", "high", "urgent"]),
        tags in prop::collection::vec("[a-z;\\\\=+@'\" ]{0,12}[a-z]", 0..4),
        due in due(),
        zone in zone(),
        reminders in prop::collection::vec(reminder(), 0..4),
        rule in rule(),
        anchor in prop::sample::select(vec!["due", "completion"]),
    ) -> Value {
        let mut body = json!({
            "title": format!("x{title}").trim(), "description": description, "status": status, "priority": priority,
            "tags": tags, "timezone": zone, "recurrence_rule": rule, "reminders": reminders,
        });
        if due.is_null() {
            body["reminders"] = json!([]);
        }
        body["due_date"] = due;
        if body["recurrence_rule"].is_null() {
            body.as_object_mut().unwrap().remove("recurrence_rule");
        } else {
            body["recurrence_anchor"] = anchor.into();
        }
        body
    }
}

prop_compose! {
    /// A title may also begin with what begins a formula.
    fn task()(mut body in body(), is_plain: bool, number in 1..5_u32, id in "[a-z0-9;,]([a-z0-9;, ]{0,38}[a-z0-9])?", created in time(), done in time()) -> Task {
        if is_plain {
            let title = body["title"].as_str().unwrap()[1..].trim().to_owned();
            if !title.is_empty() {
                body["title"] = title.into();
            }
        }
        let new = NewTask { id: id.clone(), number, now: now() };
        let mut task = TaskDraft::parse(&body).unwrap_or_else(|errors| unreachable!("{body}: {errors:?}")).into_task(new);
        task.created_at = created.parse().unwrap();
        task.completed_at = task.completed_at.map(|_| done.parse().unwrap());
        task.occurrence = task.occurrence.map(|_| number);
        task
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_written_is_read_back(tasks in prop::collection::vec(task(), 0..4)) {
        for format in FORMATS {
            let text = write(format, &tasks);
            let read = read(format.into(), text.as_bytes(), &context());
            let read = read.map_err(|report| TestCaseError::fail(format!("{report:?}\n{text}")))?;
            prop_assert_eq!(read.len(), tasks.len());
            for (mut read, task) in read.into_iter().zip(&tasks) {
                read.line = 0;
                let mut expected = expected(task);
                if format == Format::ICalendar {
                    // It has one line end.
                    let text = expected.draft.description.as_mut();
                    text.into_iter().for_each(|text| *text = text.replace("\r\n", "\n").replace('\r', "\n"));
                }
                prop_assert_eq!(read, expected, "{}", text);
            }
        }
    }

    #[test]
    fn lines_of_a_calendar_are_folded(tasks in prop::collection::vec(task(), 0..3)) {
        let text = write(Format::ICalendar, &tasks);
        for line in text.split_terminator("\r\n") {
            prop_assert!(line.len() <= 75, "{}", line);
            prop_assert!(!line.contains(['\r', '\n']), "{:?}", line);
        }
        prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for source in SOURCES {
            read(source, &bytes, &context()).ok();
        }
    }

    #[test]
    fn a_file_with_a_few_bytes_changed_is_read_or_refused(
        task in task(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..6),
    ) {
        for format in FORMATS {
            let mut bytes = write(format, std::slice::from_ref(&task)).into_bytes();
            for (place, byte, removes) in &changes {
                if bytes.is_empty() {
                    break;
                }
                let place = place.index(bytes.len());
                if *removes {
                    bytes.remove(place);
                } else {
                    bytes[place] = *byte;
                }
            }
            match read(format.into(), &bytes, &context()) {
                Ok(_) => {}
                Err(report) => {
                    let lines = u64::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap() + 1;
                    prop_assert!(!report.mistakes.is_empty());
                    prop_assert!(report.mistakes.iter().all(|mistake| (1..=lines).contains(&mistake.line.unwrap())));
                }
            }
        }
    }

    #[test]
    fn any_cell_of_todoist_is_read_or_refused(content in ".{0,40}", date in ".{0,20}", indent in ".{0,3}") {
        let quoted = [content, date, indent].map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
        let [content, date, indent] = quoted;
        let file = format!("TYPE,CONTENT,DATE,INDENT\ntask,{content},{date},{indent}\n");
        read(Source::Todoist, file.as_bytes(), &context()).ok();
    }
}

#[test]
fn a_reminder_that_counts_back_from_nothing_is_left_out() {
    let body = json!({"title": "a", "due_date": "2026-03-05", "reminders": [{"before": "1h"}]});
    let mut task = super::sample::task(&body);
    task.due_date = None;
    for format in FORMATS {
        let read = read(
            format.into(),
            write(format, std::slice::from_ref(&task)).as_bytes(),
            &context(),
        );
        assert_eq!(read.unwrap()[0].draft.reminders, Vec::<Reminder>::new());
    }
    assert_eq!(task.due_date, None::<Due>);
}
