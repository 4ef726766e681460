//! Parsing templates and names.

use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: &str) {
    let actual = match Template::parse(text) {
        Ok(template) => format!("{:?}", template.parts()),
        Err(error) => error.to_string(),
    };
    assert_eq!(actual, expected, "{text:?}");
}

#[test]
fn parses() {
    check("", "[]");
    check("plain { } }} text", r#"[Literal("plain { } }} text")]"#);
    check("{{a}}", r#"[Variable("a")]"#);
    check(
        "a-{{ one_2 }}-b",
        r#"[Literal("a-"), Variable("one_2"), Literal("-b")]"#,
    );
    check("{{ a }}{{\tb\t}}", r#"[Variable("a"), Variable("b")]"#);
}

#[test]
fn refuses_with_the_place() {
    check("ä{{ a }} {{ b", "`{{` at offset 10 is not closed by `}}`");
    check(
        "x{{ }}",
        "`` at offset 1 is not a variable name: it must not be empty",
    );
    check(
        "{{ A }}",
        "`A` at offset 0 is not a variable name: it may contain only lower-case letters, digits and underscores, not `A`",
    );
    check(
        "{{ 1a }}",
        "`1a` at offset 0 is not a variable name: it must start with a lower-case letter",
    );
    check(
        "{{ a__b }}",
        "`a__b` at offset 0 is not a variable name: underscores must stand alone between letters or digits",
    );
    check(
        "{{ {{ a }} }}",
        "`{{ a` at offset 0 is not a variable name: it may contain only lower-case letters, digits and underscores, not `{`",
    );
}

#[test]
fn tells_what_it_uses() {
    let template = Template::parse("{{ b }}{{ a }}{{ b }}").unwrap();
    assert_eq!(template.variables().collect::<Vec<_>>(), ["b", "a", "b"]);
    assert!(!template.is_literal());
    assert!(Template::parse("}} plain").unwrap().is_literal());
}

proptest! {
    #[test]
    fn never_panics_and_keeps_plain_text(text in "\\PC*") {
        if let Ok(template) = Template::parse(&text) && template.is_literal() {
            prop_assert_eq!(template.to_string(), text);
        }
    }

    #[test]
    fn the_normal_form_parses_to_the_same(text in "([a-z{} ä]|\\{\\{ ?[a-z]{1,3}(_[a-z0-9]{1,2})? ?\\}\\}){0,12}") {
        if let Ok(template) = Template::parse(&text) {
            prop_assert_eq!(Template::parse(&template.to_string()).unwrap(), template);
        }
    }

    #[test]
    fn names_of_words_are_valid(name in "[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,5}){0,3}") {
        prop_assert_eq!(validate_name(&name), Ok(()));
    }
}
