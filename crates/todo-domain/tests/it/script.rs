//! Reading the files of sentences; their form is described in `tests/sentences/README.md`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use todo_domain::assistant::Memory;
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;

use crate::conversation::Conversation;

/// A message, and what must follow from it.
pub(crate) struct Turn {
    pub(crate) line: usize,
    pub(crate) message: String,
    pub(crate) intent: String,
    pub(crate) expected: Vec<String>,
}

/// Messages that follow each other in one conversation.
pub(crate) struct Dialogue {
    pub(crate) begin: Conversation,
    pub(crate) turns: Vec<Turn>,
}

/// Where conversations begin.
pub(crate) fn states(folder: &Path) -> BTreeMap<String, Conversation> {
    let text = std::fs::read_to_string(folder.join("states.txt")).unwrap();
    let mut states: BTreeMap<String, Conversation> = BTreeMap::new();
    let mut name = String::new();
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
    {
        if let Some(header) = line.strip_prefix('@') {
            let [title, now, zone] = header.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            name = title.to_owned();
            let state = Conversation {
                tasks: Vec::new(),
                now: Timestamp::parse(now).unwrap(),
                zone: Zone::parse(zone).unwrap(),
                memory: Memory::default(),
            };
            states.insert(name.clone(), state);
        } else {
            states.get_mut(&name).unwrap().tasks.push(task(line));
        }
    }
    states
}

/// `3 | Pay rent | due 2026-03-12 | high | #home | completed 2026-03-09T08:00:00Z`
fn task(line: &str) -> Task {
    let mut parts = line.split(" | ").map(str::trim);
    let number: u32 = parts.next().unwrap().parse().unwrap();
    let mut task = json!({
        "id": format!("id-{number}"), "number": number, "title": parts.next().unwrap(), "description": null,
        "status": "pending", "priority": "medium", "tags": [], "due_date": null, "timezone": null, "reminders": [],
        "recurrence_rule": null, "is_recurring": false, "series_id": null, "occurrence": null,
        "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:00:00Z", "completed_at": null, "version": 1,
    });
    for part in parts {
        match part.split_once(' ') {
            Some(("due", date)) => task["due_date"] = date.into(),
            Some(("note", text)) => task["description"] = text.into(),
            Some(("completed", time)) => {
                task["status"] = "completed".into();
                task["completed_at"] = time.into();
            }
            _ if part.starts_with('#') => {
                let tags: Vec<&str> = part.split(' ').map(|tag| &tag[1..]).collect();
                task["tags"] = json!(tags);
            }
            _ if ["in_progress", "cancelled"].contains(&part) => task["status"] = part.into(),
            _ => task["priority"] = part.into(),
        }
    }
    serde_json::from_value(task).unwrap()
}

/// The dialogues of a file.
pub(crate) fn dialogues(text: &str, states: &BTreeMap<String, Conversation>) -> Vec<Dialogue> {
    let mut begin = states.values().next().unwrap().clone();
    let (mut dialogues, mut turns, mut intent) = (Vec::new(), Vec::<Turn>::new(), String::new());
    for (number, line) in text.lines().chain([""]).enumerate() {
        if line.trim().is_empty() {
            if !turns.is_empty() {
                dialogues.push(Dialogue {
                    begin: begin.clone(),
                    turns: std::mem::take(&mut turns),
                });
            }
        } else if line.starts_with("# ") {
        } else if let Some(name) = line.strip_prefix("## ") {
            name.clone_into(&mut intent);
        } else if let Some(directive) = line.strip_prefix("@ ") {
            let mut words = directive.split_whitespace();
            begin = states[words.next().unwrap()].clone();
            let numbers = |words: Option<&str>| -> Vec<u32> {
                let list = words.unwrap().split(',');
                list.map(|number| number.parse().unwrap()).collect()
            };
            while let Some(word) = words.next() {
                match word {
                    "shown" => begin.memory.last_list = numbers(words.next()),
                    "about" => begin.memory.focus = numbers(words.next()),
                    _ => panic!("{line}"),
                }
            }
        } else if let Some(expected) = line.strip_prefix("  ") {
            let turn = turns.last_mut().unwrap();
            match expected.strip_prefix("as ") {
                Some(name) => name.clone_into(&mut turn.intent),
                None => turn.expected.push(expected.to_owned()),
            }
        } else {
            turns.push(Turn {
                line: number + 1,
                message: unescaped(line),
                intent: intent.clone(),
                expected: Vec::new(),
            });
        }
    }
    dialogues
}

/// `\n` is a new line, and `\s` a message of nothing but a space.
fn unescaped(line: &str) -> String {
    line.replace("\\n", "\n").replace("\\s", " ")
}

/// A call as the files write it.
pub(crate) fn call(line: &str) -> Option<(String, Value)> {
    let (tool, arguments) = line.split_once(' ').unwrap_or((line, "{}"));
    Some((tool.to_owned(), serde_json::from_str(arguments).ok()?))
}
