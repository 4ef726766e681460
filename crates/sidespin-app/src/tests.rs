//! Selection of components and the integrity of their bytes.

use serde_json::json;

use super::*;

fn component(id: &str) -> (ComponentId, Component) {
    let id = ComponentId::from(id);
    let component = Component {
        id: id.clone(),
        description: String::new(),
        source: ComponentSource::from_bytes(*b"wasm"),
        environment: BTreeMap::new(),
        files: Vec::new(),
        allowed_outbound_hosts: Vec::new(),
        key_value_stores: Vec::new(),
        sqlite_databases: Vec::new(),
        ai_models: Vec::new(),
        variables: BTreeMap::new(),
        sidespin: json!({}),
        location: None,
        key_locations: BTreeMap::new(),
    };
    (id, component)
}

fn trigger(id: &str, component: &str) -> TriggerEntry {
    TriggerEntry {
        id: id.to_owned(),
        trigger_type: "http".to_owned(),
        component: component.into(),
        config: json!({ "route": "/..." }),
        location: None,
        key_locations: BTreeMap::new(),
    }
}

fn app() -> App {
    App {
        name: "shop".to_owned(),
        version: String::new(),
        description: String::new(),
        variables: BTreeMap::new(),
        triggers: vec![
            trigger("one", "web"),
            trigger("two", "audit"),
            trigger("three", "web"),
        ],
        trigger_settings: BTreeMap::new(),
        components: ["web", "audit", "chat-api"].map(component).into(),
        manifest_path: "/app/spin.toml".into(),
    }
}

fn trigger_ids(app: &App) -> Vec<&str> {
    app.triggers_of("http")
        .map(|trigger| trigger.id.as_str())
        .collect()
}

#[test]
fn retaining_drops_the_triggers_of_others() {
    let mut app = app();
    app.retain_components(&["web".into()]).unwrap();
    assert_eq!(
        app.component_ids().map(ComponentId::as_str).collect::<Vec<_>>(),
        ["web"]
    );
    assert_eq!(trigger_ids(&app), ["one", "three"]);
}

#[test]
fn retaining_nothing_keeps_all() {
    let mut app = app();
    app.retain_components(&[]).unwrap();
    assert_eq!(app.components.len(), 3);
}

#[test]
fn an_unknown_component_is_an_error_that_names_the_known_ones() {
    let mut app = app();
    let error = app
        .retain_components(&["web".into(), "audti".into()])
        .unwrap_err();
    assert_eq!(
        Diagnostic::from(error).to_string(),
        "error: the application has no component `audti`; its components are `audit`, `chat-api`, `web`\nhint: did you mean `audit`?"
    );
    assert_eq!(trigger_ids(&app), ["one", "two", "three"]);
}

#[test]
fn ids_are_found_by_text() {
    assert!(app().components.contains_key("web"));
    assert_eq!(format!("{0} {0:?}", ComponentId::from("web")), "web \"web\"");
}

#[test]
fn hashes_are_sha256() {
    assert_eq!(
        ContentHash::of(b"").to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn a_file_that_changed_is_not_read_as_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.wasm");
    std::fs::write(&path, b"one").unwrap();
    let source = ComponentSource {
        content: WasmContent::File(path.clone()),
        hash: ContentHash::of(b"one"),
    };
    assert_eq!(&*source.read().unwrap(), b"one");
    std::fs::write(&path, b"two").unwrap();
    assert!(matches!(source.read(), Err(SourceError::Changed { .. })));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(source.read(), Err(SourceError::Read { .. })));
    assert_eq!(&*ComponentSource::from_bytes(*b"wasm").read().unwrap(), b"wasm");
}

#[test]
fn a_trigger_reads_its_own_table() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        route: String,
        #[serde(default)]
        retry: Option<Retry>,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Retry {
        attempts: u32,
    }
    let source =
        sidespin_diagnostic::Source::new("spin.toml", "[[trigger.http]]\nroute = 1\nrotue = 2\nretry = 3\n");
    let mut entry = trigger("one", "web");
    let parsed: Config = entry.parse_config().unwrap();
    assert_eq!(
        (parsed.route.as_str(), parsed.retry.map(|retry| retry.attempts)),
        ("/...", None)
    );

    entry.location = Some(source.locate(0..16));
    entry.key_locations = [("route", 17), ("rotue", 27), ("retry", 37)]
        .map(|(key, start)| (key.to_owned(), source.locate(start..start + 5)))
        .into();
    let mut check = |config: serde_json::Value, message: &str, line: usize, hints: &[&str]| {
        entry.config = config;
        let error = entry.parse_config::<Config>().unwrap_err();
        assert_eq!(error.message, format!("`[[trigger.http]]`: {message}"));
        assert_eq!(error.location.unwrap().line(), line);
        assert_eq!(error.hints, hints);
    };
    check(
        json!({ "route": 1 }),
        "`route`: invalid type: integer `1`, expected a string",
        2,
        &[],
    );
    check(json!({}), "missing field `route`", 1, &[]);
    let unknown = "unknown field `rotue`, expected `route` or `retry`";
    check(
        json!({ "route": "/", "rotue": 2 }),
        unknown,
        3,
        &["did you mean `route`?"],
    );
    check(
        json!({ "route": "/", "retry": { "attempts": "x" } }),
        "`retry.attempts`: invalid type: string \"x\", expected u32",
        4,
        &[],
    );
    check(
        json!({ "route": "/", "retry": { "atempts": 1 } }),
        "unknown field `atempts`, expected `attempts`",
        4,
        &["did you mean `attempts`?"],
    );
}

#[test]
fn a_secret_default_is_not_shown() {
    let variable = Variable {
        default: Some("hunter2".to_owned()),
        secret: true,
        ..Variable::default()
    };
    assert!(!format!("{variable:?}").contains("hunter2"));
}
