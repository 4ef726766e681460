//! The examples of `docs/assistant.md` lead to something.

use std::path::Path;

use todo_domain::assistant::Intent;

use crate::script::states;

#[test]
fn the_guides_examples_are_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(folder.join("../../docs/assistant.md")).unwrap();
    let home = states(&folder.join("tests/sentences"))["home"].clone();
    let begin = text.find("## What it understands").unwrap();
    let end = text.find("## Which task is meant").unwrap();
    let mut count = 0;
    for row in text[begin..end]
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
    {
        let said = row.split(" | ").nth(1).unwrap();
        for example in said.split('`').skip(1).step_by(2) {
            count += 1;
            let plan = home.clone().say(example);
            assert!(
                plan.fallback.is_none() && plan.intent != Intent::Unclear,
                "{example}: {plan:?}"
            );
        }
    }
    assert!(count >= 40, "{count} examples");
}
