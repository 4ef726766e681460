//! CSV.

use serde_json::json;
use todo_exchange::{Format, Source, read};

use super::sample::{context, full, mistakes, task, write};

#[test]
fn a_row_holds_every_field_and_no_formula() {
    let text = write(
        Format::Csv,
        &[full(), task(&json!({"title": "=HYPERLINK(\"http://x\")"}))],
    );
    let expected = "id,title,description,status,priority,tags,due_date,timezone,reminders,recurrence_rule,recurrence_anchor,series_id,occurrence,series_anchor,created_at,completed_at\r
01900000-0000-7000-8000-0000000000aa,\"Pay rent; the \"\"big\"\" one, =1+1\",\"for the flat\nand\\or the cellar, ää\",completed,urgent,\"home,a;b\\c\",2026-03-31T07:00:00Z,Europe/Berlin,\"1 day,2026-03-30T10:00:00.250Z,90m\",monthly,completion,01900000-0000-7000-8000-0000000000aa,3,1@2026-01-31T08:00:00Z,2026-03-02T09:00:00.000Z,2026-03-01T12:34:56.789Z\r
01900000-0000-7000-8000-0000000000aa,\"'=HYPERLINK(\"\"http://x\"\")\",,pending,medium,,,,,,,,,,2026-03-02T09:00:00.000Z,\r
";
    assert_eq!(text, expected);
}

#[test]
fn any_columns_in_any_order_are_read() {
    let text = "\u{feff}Tags;TITLE;due_date\r\n\"home,work\";Buy milk; 2026-03-05 \r\n\r\n;;\r\n;\"two\r\nlines\";\r\n";
    assert_eq!(
        mistakes(Source::Csv, text),
        ["5: title: must be one line without control characters"]
    );
    let read = read(
        Source::Csv,
        text.replace("two\r\n", "two ").as_bytes(),
        &context(),
    )
    .unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!((read[0].line, read[0].draft.tags.len()), (2, 2));
    assert_eq!(read[0].draft.due_date, Some("2026-03-05".parse().unwrap()));
    assert_eq!((read[1].line, read[1].draft.title.as_str()), (5, "two lines"));
}

#[test]
fn mistakes_are_named_by_line_and_column() {
    let text =
        "title,priority,due_date,reminders\na,high,tomorrow,\n\n\"b\nb\",p9,,1x\nc,low,2026-03-05,1h,more\n";
    assert_eq!(
        mistakes(Source::Csv, text),
        [
            "2: due_date: must be a time like `2026-03-01T09:00:00Z` or a day like `2026-03-01`",
            "4: title: must be one line without control characters",
            "4: priority: must be one of `low`, `medium`, `high`, `urgent`",
            "4: reminders[0]: `before` must be a duration like `30m`, `1h`, `1d` or `1w`, at most 366 days",
            "6: : the line has 5 cells, but the first has 4",
        ]
    );
    assert_eq!(
        mistakes(Source::Csv, "name,tags\na,b"),
        [
            "1: name: is not a column; known are id, title, description, status, priority, tags, due_date, timezone, reminders, recurrence_rule, recurrence_anchor, series_id, occurrence, series_anchor, created_at, completed_at",
            "1: title: is missing: the first line must name the columns"
        ]
    );
    assert_eq!(
        mistakes(Source::Csv, "title,Title\na,b"),
        ["1: title: stands twice"]
    );
    assert_eq!(
        mistakes(Source::Csv, ""),
        ["1: title: is missing: the first line must name the columns"]
    );
    let report = read(Source::Csv, b"title\na\n\xff\n", &context()).unwrap_err();
    assert_eq!(
        (report.mistakes[0].line, report.mistakes[0].message.as_str()),
        (Some(3), "is not UTF-8")
    );
}
