//! Rendering, positions and suggestions.

use super::*;

fn source() -> Source {
    Source::new("app/spin.toml", "first = 1\n\tsorce = \"ä\" # x\nlast")
}

#[test]
fn renders_place_caret_causes_and_hints() {
    let text = Diagnostic::new("unknown key `sorce`")
        .at(source().locate(11..16))
        .caused_by(&std::io::Error::other("disk on fire"))
        .hint("did you mean `source`?")
        .hint("or remove it")
        .to_string();
    assert_eq!(
        text,
        "error: unknown key `sorce`\n --> app/spin.toml:2:2\n  |\n2 | \tsorce = \"ä\" # x\n  | \t^^^^^\n  caused by: disk on fire\nhint: did you mean `source`?\nhint: or remove it"
    );
}

#[test]
fn a_whole_file_has_no_line() {
    let text = Diagnostic::new("file is empty")
        .at(Location::whole_file("spin.toml"))
        .to_string();
    assert_eq!(text, "error: file is empty\n --> spin.toml");
}

#[test]
fn every_range_is_located() {
    let source = source();
    for start in 0..source.text().len() + 3 {
        for end in 0..source.text().len() + 3 {
            let location = source.locate(start..end);
            assert!((1..=3).contains(&location.line()));
            assert!(Diagnostic::new("x").at(location).to_string().contains('^'));
        }
    }
}

#[test]
fn columns_count_characters_and_a_caret_ends_with_its_line() {
    let source = Source::new("f", "ää = bad\r\nnext");
    let location = source.locate(7..30);
    assert_eq!((location.line(), location.column()), (1, 6));
    assert!(
        Diagnostic::new("x")
            .at(location)
            .to_string()
            .ends_with("|      ^^^")
    );
}

#[test]
fn all_mistakes_come_in_the_order_of_the_file_and_once() {
    let source = source();
    let mut all = Diagnostics::new();
    all.push(Diagnostic::new("second").at(source.locate(11..12)));
    all.push(Diagnostic::new("first").at(source.locate(0..1)));
    all.push(Diagnostic::new("second").at(source.locate(11..12)));
    let error = all.or_ok(()).unwrap_err();
    let messages: Vec<_> = error.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(messages, ["first", "second"]);
    assert!(error.to_string().contains("^\n\nerror: second"));
    assert_eq!(Diagnostics::new().or_ok(7), Ok(7));
}

#[test]
fn suggests_only_what_is_near() {
    let known = ["source", "files", "environment", "key_value_stores"];
    for (typed, expected) in [
        ("sorce", Some("source")),
        ("suorce", Some("source")),
        ("key_value_store", Some("key_value_stores")),
        ("enviroment", Some("environment")),
        ("banana", None),
        ("", None),
    ] {
        assert_eq!(nearest(typed, known), expected, "{typed}");
    }
}
