//! Golden tests: every `tests/ui/<name>.toml` must give `<name>.json` (what was understood) or `<name>.err` (what the user is
//! told). `BLESS=1 cargo test -p sidespin-manifest` writes what is given now; read the difference before it is committed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail loudly, in its helper functions too"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sidespin_manifest::Source;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")
}

/// The file's stem, then its extension and text for what parsing gives.
fn outcome(path: &Path) -> (&'static str, String) {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    match sidespin_manifest::parse(&Source::new(name, text)) {
        Ok(manifest) => ("json", serde_json::to_string_pretty(&manifest).unwrap() + "\n"),
        Err(diagnostics) => ("err", format!("{diagnostics}\n")),
    }
}

#[test]
fn manifests_give_what_is_recorded() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut all: BTreeSet<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let manifests: Vec<_> = all
        .iter()
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .cloned()
        .collect();
    assert!(!manifests.is_empty());
    let mut problems = Vec::new();
    for manifest in manifests {
        all.remove(&manifest);
        let (extension, actual) = outcome(&manifest);
        let golden = manifest.with_extension(extension);
        all.remove(&golden);
        if bless {
            std::fs::write(&golden, actual).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != actual {
            problems.push(format!("{} differs; now it is:\n{actual}", golden.display()));
        }
    }
    problems.extend(
        all.into_iter()
            .map(|path| format!("{} belongs to no test: remove it", path.display())),
    );
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_profile_overrides_what_it_names() {
    let text = std::fs::read_to_string(folder().join("maximal.toml")).unwrap();
    let mut manifest = sidespin_manifest::parse(&Source::new("maximal.toml", text)).unwrap();
    let unknown = manifest.apply_profile("deubg").unwrap_err();
    assert_eq!(unknown.hints, ["did you mean `debug`?"]);
    manifest.apply_profile("debug").unwrap();
    let component = &manifest.components["everything"];
    assert_eq!(
        component.source,
        sidespin_manifest::WasmSource::Path("debug.wasm".to_owned())
    );
    assert_eq!(component.build.as_ref().unwrap().commands, ["cargo build"]);
    assert_eq!(component.build.as_ref().unwrap().workdir.as_deref(), Some("src"));
    assert_eq!(component.environment["LOG"], "debug");
    assert_eq!(component.environment["HOST"], "{{ host }}");
    let sources: Vec<_> = component
        .dependencies
        .iter()
        .map(|one| (one.name.to_string(), one.source.clone()))
        .collect();
    let replaced = sidespin_manifest::DependencySource::Path("debug-adapter.wasm".to_owned());
    assert_eq!(
        sources
            .iter()
            .filter(|(name, _)| name == "example:platform")
            .count(),
        1
    );
    assert!(sources.contains(&("example:platform".to_owned(), replaced)));
}

mod robustness {
    //! Whatever is typed gives a manifest or an error with a place, never a panic.

    use proptest::prelude::*;
    use sidespin_manifest::Source;

    const MAXIMAL: &str = include_str!("../ui/maximal.toml");

    proptest! {
        #[test]
        fn a_damaged_manifest_is_an_error_with_places(start in 0..MAXIMAL.len(), length in 0usize..40, insert in "[\\[\\]{}=\",.a1é\n]{0,4}") {
            let end = (start + length).min(MAXIMAL.len());
            let mut text = MAXIMAL.as_bytes().to_vec();
            text.splice(start..end, insert.bytes());
            let text = String::from_utf8_lossy(&text).into_owned();
            if let Err(diagnostics) = sidespin_manifest::parse(&Source::new("spin.toml", text)) {
                for diagnostic in &diagnostics {
                    prop_assert!(diagnostic.location.is_some(), "{}", diagnostic);
                }
            }
        }

        #[test]
        fn any_text_is_survived(text in "\\PC*") {
            drop(sidespin_manifest::parse(&Source::new("spin.toml", text)));
        }
    }
}
