//! Precedence of providers, missing values and redaction.

use super::*;
use crate::{EnvProvider, StaticProvider, parse_dotenv};

fn declarations() -> Vec<(String, Declaration)> {
    let declaration = |default: Option<&str>, secret| Declaration {
        default: default.map(str::to_owned),
        required: default.is_none(),
        secret,
    };
    vec![
        ("host".to_owned(), declaration(Some("localhost"), false)),
        ("password".to_owned(), declaration(Some("dev-password"), true)),
        ("token".to_owned(), declaration(None, true)),
        ("region".to_owned(), declaration(None, false)),
    ]
}

fn given(values: &[(&str, &str)]) -> StaticProvider {
    StaticProvider::new(
        values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

#[test]
fn every_missing_variable_is_named_with_its_remedy() {
    let errors = Resolver::new(declarations()).unwrap().resolve().unwrap_err();
    let texts: Vec<_> = errors
        .iter()
        .map(|error| format!("{error}; {}", error.hint().unwrap()))
        .collect();
    assert_eq!(
        texts,
        [
            "variable `region` has no value; set it with `SPIN_VARIABLE_REGION=…` in the environment or `--variable region=…`",
            "variable `token` has no value; set it with `SPIN_VARIABLE_TOKEN=…` in the environment or `--variable token=…`",
        ]
    );
}

#[test]
fn the_first_provider_with_a_value_wins() {
    let dotenv =
        parse_dotenv("SPIN_VARIABLE_HOST=file\nSPIN_VARIABLE_TOKEN=file\nSPIN_VARIABLE_REGION=file").unwrap();
    let environment = |name: &str| match name {
        "SPIN_VARIABLE_TOKEN" => Some("environment".to_owned()),
        "SPIN_VARIABLE_REGION" => Some(String::new()),
        _ => None,
    };
    let variables = Resolver::new(declarations())
        .unwrap()
        .with_provider(given(&[("token", "given")]))
        .with_provider(EnvProvider::new(environment))
        .with_provider(EnvProvider::dotenv(dotenv))
        .resolve()
        .unwrap();
    let get = |name: &str| variables.get(name).unwrap().expose();
    assert_eq!(
        [get("token"), get("region"), get("host"), get("password")],
        ["given", "", "file", "dev-password"]
    );
}

#[test]
fn what_is_made_from_a_secret_is_secret() {
    let resolver = Resolver::new(declarations())
        .unwrap()
        .with_provider(given(&[("token", "t0ken"), ("region", "eu")]));
    let variables = resolver.resolve().unwrap();
    let url = variables
        .render_text("redis://:{{ password }}@{{ host }}:{{ region }}")
        .unwrap();
    assert_eq!(url.expose(), "redis://:dev-password@localhost:eu");
    assert_eq!(format!("{url:?}"), "[secret]");
    assert_eq!(
        format!("{:?}", variables.render_text("{{ host }}!").unwrap()),
        "\"localhost!\""
    );
    let everything = format!("{resolver:?} {variables:?}");
    assert!(
        !everything.contains("t0ken") && !everything.contains("dev-password"),
        "{everything}"
    );
}

#[test]
fn maps_are_filled_or_the_key_is_named() {
    let resolver = Resolver::new(declarations())
        .unwrap()
        .with_provider(given(&[("token", "t"), ("region", "eu")]));
    let variables = resolver.resolve().unwrap();
    let map = |text: &str| {
        BTreeMap::from([
            ("a".to_owned(), "x".to_owned()),
            ("b".to_owned(), text.to_owned()),
        ])
    };
    assert_eq!(
        variables.render_map(&map("{{ region }}")).unwrap()["b"].expose(),
        "eu"
    );
    let (key, error) = variables.render_map(&map("{{ regoin }}")).unwrap_err();
    assert_eq!(
        (key.as_str(), error.to_string().as_str()),
        ("b", "variable `regoin` is not declared")
    );
    assert!(error.hint().unwrap().contains("[variables]"));
}

#[test]
fn declared_names_are_checked() {
    let error = Resolver::new([("Host".to_owned(), Declaration::default())]).unwrap_err();
    assert!(error.to_string().starts_with("`Host` is not a variable name"));
}
