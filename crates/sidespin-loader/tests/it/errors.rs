//! The texts that a user meets.

use sidespin_loader::{LoadOptions, Loader};

use crate::project::{Project, adapter, adapter_changed};

fn dependency(entry: &str) -> Project {
    Project::new(&format!("[component.service.dependencies]\n{entry}\n"))
}

#[test]
fn a_manifest_that_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let error = |from: std::path::PathBuf| {
        let options = LoadOptions {
            from,
            ..LoadOptions::default()
        };
        Loader::load(&options)
            .unwrap_err()
            .to_string()
            .replace(&directory.path().display().to_string(), "ROOT")
    };
    let hint = "\nhint: go to the application's directory, or name the manifest with `--from`";
    assert_eq!(
        error(directory.path().to_owned()),
        format!("error: there is no `spin.toml` in `ROOT`{hint}")
    );
    assert_eq!(
        error(directory.path().join("other.toml")),
        format!("error: there is no file `ROOT/other.toml`{hint}")
    );
}

#[test]
fn wasm_that_is_not_there_names_its_build_command() {
    let project = Project::new("build = { command = [\"cargo build\", \"strip\"], workdir = \"src\" }\n");
    std::fs::remove_file(project.path("service.wasm")).unwrap();
    assert_eq!(
        project.error(),
        "error: the Wasm of the component `service` does not exist: `service.wasm`\n --> ROOT/spin.toml:8:1\n  |\n8 | source = \"service.wasm\"\n  | ^^^^^^\nhint: build everything with `sidespin build`, or this with `cargo build && strip` in `src`"
    );
    let plan = Loader::build_plan(&project.options()).unwrap();
    let [service] = plan.components.as_slice() else {
        panic!("{plan:?}")
    };
    assert_eq!(service.commands, ["cargo build", "strip"]);
    assert_eq!(service.workdir, project.path("src"));
    assert_eq!(service.wasm, Some(project.path("service.wasm")));
}

#[test]
fn what_is_no_component_is_told_apart() {
    let check = |bytes: &[u8], expected: &str| {
        let project = Project::new("");
        project.write("service.wasm", bytes);
        let error = project.error();
        assert!(
            error.starts_with(&format!("error: the Wasm of the component `service` {expected}")),
            "{error}"
        );
    };
    check(
        b"\0asm\x01\0\0\0",
        "is a core module, not a component: `service.wasm`",
    );
    check(b"#!/bin/sh", "is not a Wasm component");
    check(b"", "is not a Wasm component");
    let project = dependency("\"example:platform\" = { path = \"adapter.wasm\" }");
    project.write("adapter.wasm", b"\0asm\x0d\0\x01\0rubbish");
    assert!(
        project
            .error()
            .contains("the dependency `example:platform` is not a valid component\n"),
        "{}",
        project.error()
    );
}

#[test]
fn sources_that_would_be_fetched() {
    let project = Project::new("");
    let manifest = std::fs::read_to_string(project.path("spin.toml")).unwrap();
    project.write(
        "spin.toml",
        manifest.replace(
            "\"service.wasm\"",
            "{ url = \"https://example.com/s.wasm\", digest = \"sha256:00\" }",
        ),
    );
    let error = project.error();
    assert!(error.starts_with("error: the component `service` comes from `https://example.com/s.wasm`, and fetching Wasm is not supported by this build"), "{error}");
    assert!(
        error.ends_with("hint: download it and name the file: `source = \"…\"`"),
        "{error}"
    );
    let error = dependency("\"example:platform\" = \">=0.1.0\"").error();
    assert!(error.contains("comes from `example:platform >=0.1.0`"), "{error}");
    assert!(
        error.ends_with("`\"example:platform\" = { path = \"…\" }`"),
        "{error}"
    );
}

#[test]
fn grants_that_are_not_inherited() {
    let check = |entry: &str, host_interface: &str, expected_hint: Option<&str>| {
        let project = dependency(entry);
        project.write("adapter.wasm", adapter(host_interface));
        match (project.load(), expected_hint) {
            (Ok(_), None) => {}
            (Err(error), Some(hint)) => {
                let error = error.to_string();
                assert!(
                    error.contains(&format!("needs `{host_interface}`, which it does not inherit")),
                    "{error}"
                );
                assert!(error.ends_with(&format!("hint: {hint}")), "{error}");
            }
            (result, _) => panic!("{entry} {host_interface}: {result:?}"),
        }
    };
    let plain = "\"example:platform\" = { path = \"adapter.wasm\" }";
    let whole = "add `dependencies_inherit_configuration = true` to `[component.service]`";
    check(plain, "wasi:random/random@0.2.6", None);
    check(plain, "sidespin:kafka/outbound-kafka@0.1.0", Some(whole));
    check(plain, "wasi:http/outgoing-handler@0.2.6", Some(whole));
    let keys = "\"example:platform\" = { path = \"adapter.wasm\", inherit_configuration = [\"variables\"] }";
    check(keys, "spin:variables/variables@3.0.0", None);
    check(
        keys,
        "spin:redis/redis@3.0.0",
        Some("write `inherit_configuration = [\"variables\", \"allowed_outbound_hosts\"]` in it"),
    );
    check(
        keys,
        "sidespin:jobs/scheduler@0.1.0",
        Some("write `inherit_configuration = true` in it"),
    );
}

#[test]
fn dependencies_that_do_not_fit() {
    let error = dependency("\"example:platfrom\" = { path = \"adapter.wasm\" }").error();
    assert!(
        error.contains("the dependency `example:platfrom` matches no import of the component `service`"),
        "{error}"
    );
    assert!(
        error.contains(
            "hint: its imports are `example:platform/types@0.1.0`, `example:platform/publisher@0.1.0`"
        ),
        "{error}"
    );

    let error = dependency("\"example:platform/publishre@0.1.0\" = { path = \"adapter.wasm\" }").error();
    assert!(
        error.ends_with("hint: did you mean `example:platform/publisher@0.1.0`?"),
        "{error}"
    );

    let twice = "\"example:platform\" = { path = \"adapter.wasm\", inherit_configuration = true }\n\"example:platform/feed\" = { path = \"adapter.wasm\", inherit_configuration = true }";
    let error = dependency(twice).error();
    assert!(error.contains("the import `example:platform/feed@0.1.0` of the component `service` is satisfied twice: by `example:platform` and `example:platform/feed`"), "{error}");

    let clock = "\"wasi:clocks\" = { path = \"adapter.wasm\", inherit_configuration = true }";
    let error = dependency(clock).error();
    assert!(error.contains("the dependency `wasi:clocks` does not export `wasi:clocks/monotonic-clock@0.2.6`, which the component `service` needs"), "{error}");
    assert!(
        error.contains("hint: it exports `example:platform/publisher@0.1.0`, `example:platform/feed@0.1.0`"),
        "{error}"
    );

    let project = dependency("\"example:platform\" = { path = \"adapter.wasm\" }");
    project.write(
        "adapter.wasm",
        adapter_changed(
            "wasi:random/random@0.2.6",
            &[
                ("\"topic\" string", "\"topic\" u32"),
                (
                    "(func (export \"publish\") (param i32 i32))",
                    "(func (export \"publish\") (param i32))",
                ),
            ],
        ),
    );
    let error = project.error();
    assert!(
        error.contains(
            "exports `example:platform/publisher@0.1.0` in another shape than the component `service` imports it"
        ),
        "{error}"
    );
    assert!(
        error.contains("\n  caused by: ") && error.ends_with("hint: build both against the same WIT"),
        "{error}"
    );
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let project = dependency(
        "\"example:platform\" = { path = \"missing.wasm\" }\n[component.other]\nsource = \"other.wasm\"\nfiles = [\"nothing.txt\"]",
    );
    std::fs::remove_file(project.path("service.wasm")).unwrap();
    let error = project.load().unwrap_err();
    let messages: Vec<_> = error
        .diagnostics()
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "the Wasm of the component `service` does not exist: `service.wasm`",
            "the Wasm of the dependency `example:platform` of the component `service` does not exist: `missing.wasm`",
            "the Wasm of the component `other` does not exist: `other.wasm`",
            "there is no file or directory `nothing.txt` to mount",
        ]
    );
}

#[test]
fn an_unknown_profile() {
    let project = Project::new("profile.debug.source = \"adapter.wasm\"\n");
    let with = |profile: &str| {
        Loader::load(&LoadOptions {
            profile: Some(profile.to_owned()),
            ..project.options()
        })
    };
    let app = with("debug").unwrap();
    assert!(format!("{:?}", app.components["service"].source.content).contains("adapter.wasm"));
    assert!(
        with("deubg")
            .unwrap_err()
            .to_string()
            .contains("no component defines the profile `deubg`")
    );
}
