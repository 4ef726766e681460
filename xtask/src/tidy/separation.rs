//! The two lines that no table of edges can draw: the platform knows nothing of the application and the other way round,
//! and one crate alone configures wasmtime.

use crate::tidy::files::Source;
use crate::workspace::Package;

const PLATFORM: &str = "sidespin";
const APPLICATION: &str = "todo-";
/// What the platform's folders begin with, and the word that none of them needs.
const PLATFORM_FOLDERS: &str = "crates/sidespin";
const APPLICATION_WORD: &str = "todo";
/// The one crate that may set up an engine, and the words of doing so.
const ENGINE: &str = "crates/sidespin-engine/";
const ENGINE_WORDS: [&str; 2] = ["wasmtime::Config", "PoolingAllocationConfig"];

pub(super) fn check(packages: &[Package], sources: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        // Development dependencies count here: a test that needs the other side is in the wrong place.
        for other in &package.mentions {
            let (from, to) = (side(&package.name, &package.folder), side(other, ""));
            if matches!((from, to), (Some(from), Some(to)) if from != to) {
                problems.push(format!(
                    "`{}` depends on `{other}`: platform and application never meet",
                    package.name
                ));
            }
        }
    }
    for source in sources.iter().filter(|source| source.is_rust()) {
        if source.path.starts_with(PLATFORM_FOLDERS) && source.text.to_lowercase().contains(APPLICATION_WORD)
        {
            problems.push(format!(
                "{}: speaks of a `{APPLICATION_WORD}`, of which the platform knows nothing, in tests and examples neither",
                source.path
            ));
        }
        let elsewhere = source.path.starts_with("crates/") && !source.path.starts_with(ENGINE);
        for word in ENGINE_WORDS
            .iter()
            .filter(|word| elsewhere && source.text.contains(**word))
        {
            problems.push(format!(
                "{}: `{word}` belongs into sidespin-engine, which alone configures wasmtime",
                source.path
            ));
        }
    }
    problems
}

/// Which side a crate is on; the tests' crates are on neither.
fn side(name: &str, folder: &str) -> Option<&'static str> {
    if name == PLATFORM || name.starts_with("sidespin-") {
        Some(PLATFORM)
    } else if name.starts_with(APPLICATION) || folder.starts_with("components/") {
        Some(APPLICATION)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, mentions: &[&str]) -> Package {
        let mentions = mentions.iter().map(|name| (*name).to_owned()).collect();
        Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            cdylib: false,
            needs: Vec::new(),
            mentions,
        }
    }

    #[test]
    fn the_two_sides_never_meet() {
        let meets = |name, folder, other| !check(&[package(name, folder, &[other])], &[]).is_empty();
        assert!(meets("sidespin-host", "crates/sidespin-host", "todo-domain"));
        assert!(meets("todo-domain", "crates/todo-domain", "sidespin-app"));
        assert!(meets("audit", "components/audit", "sidespin-app"));
        assert!(!meets("audit", "components/audit", "todo-domain"));
        assert!(!meets("sidespin", "crates/sidespin", "sidespin-host"));
        assert!(!meets("end-to-end", "tests/end-to-end", "todo-domain"));
    }

    #[test]
    fn the_platform_does_not_speak_of_the_application() {
        let source = |path: &str| Source {
            path: path.to_owned(),
            text: "//! Runs the Todo Chatbot.".to_owned(),
        };
        assert_eq!(check(&[], &[source("crates/sidespin-host/src/lib.rs")]).len(), 1);
        assert!(check(&[], &[source("crates/todo-domain/src/lib.rs")]).is_empty());
    }

    #[test]
    fn only_the_engine_configures_wasmtime() {
        let source = |path: &str| Source {
            path: path.to_owned(),
            text: "let c = wasmtime::Config::new();".to_owned(),
        };
        assert_eq!(check(&[], &[source("crates/sidespin-host/src/lib.rs")]).len(), 1);
        assert!(check(&[], &[source("crates/sidespin-engine/src/config.rs")]).is_empty());
    }
}
