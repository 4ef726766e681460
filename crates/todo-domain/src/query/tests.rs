//! Tests of lists: hostile values, meaning, order, pages.

use proptest::prelude::*;

use super::*;
use crate::task::tests::sample;

fn parse(pairs: &[(&str, &str)]) -> TaskQuery {
    TaskQuery::parse(pairs.iter().copied()).unwrap()
}

fn now() -> Timestamp {
    Timestamp::parse("2026-03-10T12:00:00Z").unwrap()
}

fn viewer(key: &[u8]) -> Viewer<'_> {
    Viewer {
        user_id: "user-1",
        now: now(),
        zone: Zone::UTC,
        cursor_key: key,
    }
}

fn tasks() -> Vec<Task> {
    let mut rent = sample(1, "Pay rent");
    rent.due_date = Some("2026-03-01T09:00:00Z".parse().unwrap());
    rent.priority = Priority::Urgent;
    rent.tags = vec!["Home".to_owned(), "money".to_owned()];
    let mut milk = sample(2, "buy milk");
    milk.due_date = Some("2026-03-10".parse().unwrap());
    milk.priority = Priority::Low;
    milk.tags = vec!["home".to_owned()];
    let mut call = sample(3, "Call Zoë");
    call.status = Status::Completed;
    call.priority = Priority::High;
    call.due_date = Some("2026-03-12T09:00:00Z".parse().unwrap());
    let mut plan = sample(4, "plan_100%");
    plan.description = Some("the Meeting of spring".to_owned());
    plan.is_recurring = true;
    vec![rent, milk, call, plan]
}

fn numbers(pairs: &[(&str, &str)]) -> Vec<u32> {
    let page = parse(pairs).page(tasks(), viewer(b"key")).unwrap();
    page.items.iter().map(|task| task.number).collect()
}

#[test]
fn filters_choose_by_meaning() {
    for (pairs, expected) in [
        (&[("status", "pending"), ("sort", "title")][..], &[2, 1, 4][..]),
        (&[("status", "all")], &[4, 3, 2, 1]),
        (&[("priority", "low,critical")], &[2, 1]),
        (&[("priority", "low"), ("priority", "p1")], &[2, 1]),
        (&[("tags", "HOME")], &[2, 1]),
        (&[("tags", "home,money"), ("tag_mode", "all")], &[1]),
        (&[("tags", "home,money"), ("tag_mode", "none")], &[4, 3]),
        (&[("due", "today")], &[2]),
        (&[("due", "week")], &[3, 2]),
        (&[("due", "overdue")], &[1]),
        (&[("due", "none")], &[4]),
        (&[("due_before", "2026-03-10")], &[1]),
        (&[("due_after", "2026-03-10"), ("due_before", "2026-03-12")], &[2]),
        (&[("due_after", "2026-03-12T09:00:00Z")], &[3]),
        (&[("recurring", "true")], &[4]),
        (&[("search", "zoe")], &[3]),
        (&[("search", "meeting 100%")], &[4]),
        (&[("search", "#mon rent")], &[1]),
        (&[("search", "%")], &[]),
        (&[("search", "lan")], &[]),
        (&[("search", "pay rent"), ("sort", "relevance")], &[1]),
        (&[("completed", "true")], &[3]),
    ] {
        assert_eq!(numbers(pairs), expected, "{pairs:?}");
    }
}

#[test]
fn a_search_lists_the_best_hits_first_unless_another_order_is_asked_for() {
    let mut mentioned = sample(5, "Call mom");
    mentioned.description = Some("rent, rent, rent".to_owned());
    let list = |pairs: &[(&str, &str)]| {
        let tasks = [tasks(), vec![mentioned.clone()]].concat();
        let page = parse(pairs).page(tasks, viewer(b"key")).unwrap();
        page.items.iter().map(|task| task.number).collect::<Vec<_>>()
    };
    assert_eq!(list(&[("search", "rent")]), [1, 5]);
    assert_eq!(list(&[("search", "rent"), ("order", "asc")]), [1, 5]);
    assert_eq!(list(&[("search", "rent"), ("sort", "-created_at")]), [5, 1]);
    assert_eq!(list(&[("search", "#home")]), [2, 1]);
    let misplaced = TaskQuery::parse([("search", "a"), ("sort", "title,relevance")]).unwrap_err();
    assert_eq!(misplaced[0].field, "sort");
}

#[test]
fn priority_sorts_by_meaning_and_empty_dates_come_last() {
    assert_eq!(numbers(&[("sort", "priority")]), [2, 4, 3, 1]);
    assert_eq!(numbers(&[("sort", "-priority")]), [1, 3, 4, 2]);
    assert_eq!(numbers(&[("sort", "due_date")]), [1, 2, 3, 4]);
    assert_eq!(numbers(&[("sort", "-due_date")]), [3, 2, 1, 4]);
    assert_eq!(numbers(&[("sort", "due_date"), ("order", "desc")]), [3, 2, 1, 4]);
    assert_eq!(numbers(&[("sort", "-created_at,title")]), [2, 3, 1, 4]);
}

#[test]
fn hostile_filter_and_sort_values_are_refused_by_name() {
    let long = "x".repeat(3_000);
    for (name, value) in [
        ("tags", "'\"]') OR 1=1 --\0"),
        ("tags", long.as_str()),
        ("sort", "priority; DROP TABLE tasks"),
        ("sort", "password"),
        ("sort", "--title"),
        ("sort", "title,title"),
        ("sort", "relevance"),
        ("status", "done'"),
        ("priority", "<script>"),
        ("tag_mode", "xor"),
        ("due", "now()"),
        ("due_before", "yesterday"),
        ("due_after", "99999-01-01"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "+5"),
        ("count", "maybe"),
        ("search", long.as_str()),
        ("search", "a\0b"),
        ("timezone", "../etc"),
        ("cursor", long.as_str()),
        ("filter", "done = false"),
    ] {
        let errors = TaskQuery::parse([(name, value)]).unwrap_err();
        assert_eq!(errors.len(), 1, "{name}={value}");
        assert_eq!(errors[0].field, name);
    }
    let errors = TaskQuery::parse([("limit", "x"), ("sort", "y"), ("due", "z")]).unwrap_err();
    assert_eq!(errors.len(), 3);
    // What looks like SQL but is a possible tag is only a tag that nobody has.
    assert_eq!(numbers(&[("tags", "' OR 1=1 --")]), Vec::<u32>::new());
}

#[test]
fn a_cursor_belongs_to_its_user_filter_order_and_key() {
    let query = parse(&[("limit", "2"), ("count", "true")]);
    let first = query.page(tasks(), viewer(b"key")).unwrap();
    assert!(first.has_more);
    assert_eq!(first.total, Some(4));
    let cursor = first.next_cursor.unwrap();
    let with = |pairs: &[(&str, &str)]| {
        let mut pairs = pairs.to_vec();
        pairs.push(("cursor", &cursor));
        parse(&pairs)
    };
    let second = with(&[]).page(tasks(), viewer(b"key")).unwrap();
    assert_eq!(
        second.items.iter().map(|task| task.number).collect::<Vec<_>>(),
        [2, 1]
    );
    assert_eq!((second.has_more, second.next_cursor), (false, None));
    for other in [
        &[("sort", "title")][..],
        &[("status", "pending")],
        &[("tags", "home")],
    ] {
        assert_eq!(
            with(other).page(tasks(), viewer(b"key")),
            Err(InvalidCursor),
            "{other:?}"
        );
    }
    assert_eq!(with(&[]).page(tasks(), viewer(b"other key")), Err(InvalidCursor));
    let other_user = Viewer {
        user_id: "user-2",
        ..viewer(b"key")
    };
    assert_eq!(with(&[]).page(tasks(), other_user), Err(InvalidCursor));
    for broken in ["", "A", "!!!!", "bm90IGEgY3Vyc29y", &cursor[1..]] {
        assert_eq!(Cursor::open(broken, b"key", "s"), Err(InvalidCursor), "{broken}");
    }
}

#[test]
fn a_page_of_json_has_a_total_only_when_asked() {
    let page = parse(&[]).page(Vec::new(), viewer(b"key")).unwrap();
    let json = serde_json::to_value(page).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"items": [], "next_cursor": null, "has_more": false})
    );
}

fn any_task(number: u32, seed: (u8, u8, u8, u8)) -> Task {
    let mut task = sample(number, ["b", "A", "c", "á"][usize::from(seed.0 % 4)]);
    task.priority = Priority::ALL[usize::from(seed.1 % 4)];
    task.due_date = match seed.2 % 3 {
        0 => None,
        1 => Some("2026-03-10".parse().unwrap()),
        _ => Some(
            format!("2026-03-{:02}T09:00:00Z", seed.3 % 28 + 1)
                .parse()
                .unwrap(),
        ),
    };
    task
}

proptest! {
    #[test]
    fn the_pages_together_are_the_list(
        seeds in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 0..40),
        limit in 1_usize..7,
        sort in prop::sample::select(vec!["title", "-title", "due_date", "-due_date,priority", "-priority,title"]),
    ) {
        let all: Vec<Task> = (1..).zip(seeds).map(|(number, seed)| any_task(number, seed)).collect();
        let mut query = parse(&[("sort", sort)]);
        query.limit = 100;
        let whole = query.page(all.clone(), viewer(b"key")).unwrap().items;
        prop_assert_eq!(whole.len(), all.len());
        query.limit = limit;
        let mut collected = Vec::new();
        loop {
            let page = query.page(all.clone(), viewer(b"key")).unwrap();
            collected.extend(page.items);
            match page.next_cursor {
                Some(cursor) => query.cursor = Some(cursor),
                None => break,
            }
        }
        prop_assert_eq!(collected, whole);
    }

    #[test]
    fn a_changed_cursor_is_never_accepted(place in any::<prop::sample::Index>(), flip in 1_u8..64) {
        let task = sample(1, "a");
        let sealed = Cursor(TaskQuery::default().position(&task, Zone::UTC)).seal(b"key", "scope");
        let mut bytes = sealed.clone().into_bytes();
        let place = place.index(bytes.len() - 1);
        bytes[place] ^= flip;
        let changed = String::from_utf8_lossy(&bytes).into_owned();
        prop_assert!(changed == sealed || Cursor::open(&changed, b"key", "scope").is_err());
        prop_assert!(Cursor::open(&sealed, b"key", "scope").is_ok());
    }

    #[test]
    fn no_query_makes_the_parser_panic(name in "[a-z_]{0,12}", value in ".{0,40}") {
        let _result = TaskQuery::parse([(name.as_str(), value.as_str())]);
    }
}
