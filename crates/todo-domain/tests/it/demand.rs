//! How many tasks it takes to read a message: of a hundred thousand, most messages need none or one.

use std::collections::BTreeSet;

use todo_domain::assistant::{Memory, Wanted};
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;

use crate::conversation::Conversation;
use crate::properties::home;

fn of(titles: &[&str]) -> Conversation {
    let sample = home().tasks[0].clone();
    let task = |(number, title): (u32, &&str)| Task {
        id: format!("id-{number}"),
        number,
        title: (*title).to_owned(),
        ..sample.clone()
    };
    Conversation {
        tasks: (1..).zip(titles).map(task).collect(),
        now: Timestamp::parse("2026-03-10T12:00:00Z").unwrap(),
        zone: Zone::UTC,
        memory: Memory::default(),
    }
}

#[test]
fn what_names_no_task_is_read_without_any() {
    let conversation = of(&["Buy milk", "Call mom"]);
    for message in [
        "hello",
        "what can you do?",
        "show my tasks",
        "what do I have to do this week?",
        "how many tasks have I done?",
        "Add a task to read chapter 7 tomorrow at 9am",
        "add milk",
        "remind me to call the bank tomorrow at 10",
        "I need to buy flowers",
    ] {
        let (_plan, wanted) = conversation.read_on_demand(message);
        assert!(wanted.is_empty(), "{message}: {wanted:?}");
    }
}

#[test]
fn what_names_a_number_is_read_with_that_task_alone() {
    let conversation = of(&["Buy milk", "Call mom"]);
    for message in [
        "Mark task 2 as done",
        "complete 2",
        "delete task 2",
        "show task 2",
        "move task 2 to tomorrow",
        "set the priority of task 2 to high",
        "Mark task 2 as done and then show my tasks",
    ] {
        let (_plan, wanted) = conversation.read_on_demand(message);
        let [wanted] = wanted.as_slice() else {
            panic!("{message}: {wanted:?}")
        };
        assert_eq!(wanted.numbers, BTreeSet::from([2]), "{message}");
        assert!(
            wanted.searches.is_empty() && !wanted.newest,
            "{message}: {wanted:?}"
        );
    }
}

/// A task may be called "due today": that is looked up.
#[test]
fn what_may_be_a_title_is_read_with_those_that_have_its_words() {
    let conversation = of(&["Buy milk", "Call mom"]);
    for message in [
        "What is due today?",
        "What is overdue?",
        "show high priority tasks",
    ] {
        let (_plan, wanted) = conversation.read_on_demand(message);
        let is_search = |wanted: &Wanted| wanted.searches.len() == 1 && !wanted.newest;
        assert!(wanted.iter().all(is_search), "{message}: {wanted:?}");
    }
}

#[test]
fn what_names_a_title_is_read_with_those_that_have_its_words() {
    let conversation = of(&["Buy milk", "Call mom", "Water the plants"]);
    for message in [
        "complete the milk task",
        "mark Call mom as done",
        "I finished the plant",
        "delete the milk",
        "reschedule buy milk to friday",
        "rename task 2 to Call dad",
    ] {
        let (_plan, wanted) = conversation.read_on_demand(message);
        assert!(!wanted.is_empty(), "{message}");
        assert!(
            wanted.iter().all(|wanted| !wanted.newest),
            "{message}: {wanted:?}"
        );
    }
}
