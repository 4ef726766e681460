//! The guide for users: each example in a table of `docs/quick-add.md` is read and checked. `BLESS=1` writes the outcomes.

use std::path::Path;

use crate::shown::{now, shown};

#[test]
fn every_example_of_the_guide_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/quick-add.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let at = now("Europe/Berlin", "2026-03-10T12:00");
    let (mut blessed, mut count) = (String::new(), 0);
    for line in guide.lines() {
        // | `text` | `outcome` | remark |
        let cells: Vec<&str> = line.splitn(5, '`').collect();
        if let ["| ", text, " | ", _outcome, rest] = cells.as_slice() {
            // A bar would end the cell.
            let outcome = shown(text, at).replace(" | ", " · ");
            blessed.push_str(&format!("| `{text}` | `{outcome}`{rest}\n"));
            count += 1;
        } else {
            blessed.push_str(&format!("{line}\n"));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &blessed).unwrap();
        return;
    }
    for (written, true_line) in guide.lines().zip(blessed.lines()) {
        assert_eq!(written, true_line);
    }
    assert!(count >= 60, "{count} examples");
}
