//! The phrases of `tests/phrases.tsv`. `BLESS=1` writes what is understood now; read the difference.

use std::fmt::Write as _;
use std::path::Path;

use crate::shown::{now, shown};

#[test]
fn every_phrase_is_understood_as_the_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/phrases.tsv");
    let file = std::fs::read_to_string(&path).unwrap();
    let (mut at, mut count, mut wrong, mut blessed) = (None, 0, Vec::new(), String::new());
    for line in file.lines() {
        if let Some(when) = line.strip_prefix("@\t") {
            let (zone, local) = when.split_once('\t').unwrap();
            at = Some(now(zone, local));
        }
        if line.is_empty() || line.starts_with("# ") || line.starts_with("@\t") {
            writeln!(blessed, "{line}").unwrap();
            continue;
        }
        let (text, expected) = line.split_once("\t=>\t").unwrap_or((line, ""));
        let found = shown(text, at.unwrap());
        writeln!(blessed, "{text}\t=>\t{found}").unwrap();
        count += 1;
        if found != expected {
            wrong.push(format!("{text}\n  expected {expected}\n  found    {found}"));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, blessed).unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 150, "{count} phrases");
}
