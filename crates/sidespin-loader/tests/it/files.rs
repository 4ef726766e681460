//! What a component sees of the file system.

use std::collections::BTreeMap;
use std::path::Path;

use crate::project::Project;

fn project(lines: &str) -> Project {
    let project = Project::new(lines);
    for path in [
        "static/a.txt",
        "static/deep/b.txt",
        "static/deep/secret.key",
        "one.json",
    ] {
        project.write(path, path);
    }
    project
}

/// Every file the component sees: path inside and content.
fn seen(lines: &str) -> BTreeMap<String, String> {
    let project = project(lines);
    let app = project.load().unwrap();
    let mut all = BTreeMap::new();
    for mount in &app.components["service"].files {
        collect(&mount.host_path, mount.guest_path.trim_end_matches('/'), &mut all);
    }
    all
}

fn collect(directory: &Path, inside: &str, all: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let inside = format!("{inside}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &inside, all);
        } else {
            all.insert(
                inside,
                String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned(),
            );
        }
    }
}

fn check(lines: &str, expected: &[(&str, &str)]) {
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(inside, from)| ((*inside).to_owned(), (*from).to_owned()))
        .collect();
    assert_eq!(seen(lines), expected, "{lines}");
}

const ALL: [(&str, &str); 3] = [
    ("/static/a.txt", "static/a.txt"),
    ("/static/deep/b.txt", "static/deep/b.txt"),
    ("/static/deep/secret.key", "static/deep/secret.key"),
];

#[test]
fn nothing_by_default() {
    check("", &[]);
}

#[test]
fn directories_patterns_and_single_files() {
    check("files = [\"static/**/*\"]", &ALL);
    check("files = [\"static\"]", &ALL);
    check(
        "files = [{ source = \"static\", destination = \"/static\" }]",
        &ALL,
    );
    check("files = [\"static/*\"]", &[("/static/a.txt", "static/a.txt")]);
    check(
        "files = [{ source = \"static/deep\", destination = \"/\" }]",
        &[
            ("/b.txt", "static/deep/b.txt"),
            ("/secret.key", "static/deep/secret.key"),
        ],
    );
    check(
        "files = [\"one.json\", { source = \"one.json\", destination = \"/config/two.json\" }]",
        &[("/one.json", "one.json"), ("/config/two.json", "one.json")],
    );
    check(
        "files = [{ source = \"static/deep\", destination = \"/deep\" }, \"one.json\"]",
        &[
            ("/deep/b.txt", "static/deep/b.txt"),
            ("/deep/secret.key", "static/deep/secret.key"),
            ("/one.json", "one.json"),
        ],
    );
}

#[test]
fn excluded_files_are_not_seen() {
    let rest = &ALL[..2];
    check("files = [\"static/**/*\"]\nexclude_files = [\"**/*.key\"]", rest);
    check(
        "files = [{ source = \"static\", destination = \"/static\" }]\nexclude_files = [\"static/deep/secret.key\"]",
        rest,
    );
    check("files = [\"static/*\"]\nexclude_files = [\"static/*\"]", &[]);
}

#[test]
fn gathered_files_follow_their_content() {
    let project = project("files = [\"one.json\"]");
    let host_path = |project: &Project| {
        project.load().unwrap().components["service"].files[0]
            .host_path
            .clone()
    };
    let first = host_path(&project);
    assert_eq!(host_path(&project), first);
    project.write("one.json", "changed");
    let second = host_path(&project);
    assert_ne!(second, first);
    assert_eq!(
        std::fs::read_to_string(second.join("one.json")).unwrap(),
        "changed"
    );
}

#[test]
fn the_state_directory_is_never_seen() {
    for mount in [
        "\"**/*\"",
        "\".sidespin/**/*\"",
        "{ source = \".\", destination = \"/\" }",
        "{ source = \".\", destination = \"/all\" }",
    ] {
        let project = project(&format!("files = [{mount}]"));
        project.write(".sidespin/sqlite.db", "everything");
        let directories = |project: &Project| project.load().unwrap().components["service"].files.clone();
        let first = directories(&project);
        let mut all = BTreeMap::new();
        collect(&first[0].host_path, "", &mut all);
        assert!(
            !all.values().any(|content| content == "everything"),
            "{mount}: {all:?}"
        );
        assert_eq!(
            directories(&project),
            first,
            "what is gathered is not gathered again"
        );
    }
}

#[test]
fn mistakes_say_what_to_write() {
    let check = |lines: &str, expected: &str| {
        let error = project(lines).error();
        let first = error.lines().next().unwrap();
        assert_eq!(first, format!("error: {expected}"), "{error}");
    };
    check(
        "files = [\"no.txt\"]",
        "there is no file or directory `no.txt` to mount",
    );
    check(
        "files = [\"../x\"]",
        "`../x` is outside the application's directory",
    );
    check(
        "files = [{ source = \"/etc\", destination = \"/\" }]",
        "`/etc` is outside the application's directory",
    );
    check(
        "files = [\"static/..\"]",
        "the pattern `static/..` names no files",
    );
    check("files = [\".\"]", "the pattern `.` names no files");
    check(
        "files = [\"a/***\"]",
        "`a/***` in `files` is not a pattern: wildcards are either regular `*` or recursive `**`",
    );
    check(
        "files = [\"*\"]\nexclude_files = [\"[\"]",
        "`[` in `exclude_files` is not a pattern: invalid range pattern",
    );
    check(
        "files = [{ source = \"one.json\", destination = \"/\" }]",
        "`` cannot be the path of a file inside",
    );
    check(
        "files = [{ source = \"one.json\", destination = \"/../x\" }]",
        "`../x` cannot be the path of a file inside",
    );
    check(
        "files = [{ source = \"static\", destination = \"/\" }, \"one.json\"]",
        "files cannot be added to a directory that is mounted at `/`",
    );
}
