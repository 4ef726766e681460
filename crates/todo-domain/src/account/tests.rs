//! What is read of a body, and what is said of a wrong one.

use serde_json::json;

use super::*;

#[test]
fn addresses_are_compared_without_case_and_blanks() {
    assert_eq!(
        normalise_email("  Ann.Lee+todo@Example.COM ").as_deref(),
        Some("ann.lee+todo@example.com")
    );
    for wrong in [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@localhost",
        "a b@example.com",
        "ann@exam ple.com",
        "ann@@example.com",
        "ann@example..com",
        "ann@-example.com",
        "ann\n@example.com",
        "a,b@example.com",
    ] {
        assert_eq!(normalise_email(wrong), None, "{wrong}");
    }
    assert_eq!(normalise_email(&format!("{}@example.com", "a".repeat(65))), None);
}

#[test]
fn every_mistake_of_a_signup_is_named() {
    let errors = Signup::parse(&json!({"email": "x", "password": "short", "admin": true})).unwrap_err();
    let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["admin", "email", "password"]);
    assert_eq!(Signup::parse(&json!([])).unwrap_err().len(), 1);
}

#[test]
fn the_name_may_be_left_out() {
    let signup = Signup::parse(&json!({"email": "Ann@example.com", "password": "correct horse"})).unwrap();
    assert_eq!(signup.name, "ann");
    assert!(!format!("{signup:?}").contains("horse"));
}

#[test]
fn a_change_of_the_password_says_both_and_names_every_mistake() {
    let fields = |body: Value| {
        let errors = PasswordChange::parse(&body).unwrap_err();
        errors.into_iter().map(|error| error.field).collect::<Vec<_>>()
    };
    let change = PasswordChange::parse(&json!({"current_password": "x", "new_password": "correct horse"}));
    let change = change.unwrap();
    assert_eq!(
        (change.current.as_str(), change.new.as_str()),
        ("x", "correct horse")
    );
    assert!(!format!("{change:?}").contains("horse"));
    assert_eq!(fields(json!({})), ["current_password", "new_password"]);
    assert_eq!(
        fields(json!({"current_password": 7, "new_password": "short", "email": "a"})),
        ["email", "current_password", "new_password"]
    );
    assert_eq!(
        fields(json!({"current_password": "correct horse", "new_password": "correct horse"})),
        ["new_password"]
    );
}

#[test]
fn an_account_is_deleted_with_its_password_and_nothing_else() {
    assert_eq!(
        AccountDeletion::parse(&json!({"password": "x"}))
            .unwrap()
            .password,
        "x"
    );
    for wrong in [
        json!({}),
        json!({"password": ""}),
        json!({"password": "x", "sure": true}),
        json!(null),
    ] {
        assert_eq!(AccountDeletion::parse(&wrong).unwrap_err().len(), 1, "{wrong}");
    }
}

#[test]
fn passwords_are_counted_in_characters() {
    let signup = |password: &str| Signup::parse(&json!({"email": "ann@example.com", "password": password}));
    assert!(signup("ääääääää").is_ok());
    assert!(signup(&"x".repeat(128)).is_ok());
    assert!(signup(&"x".repeat(129)).is_err());
    assert!(signup("        ").is_err());
    assert!(Login::parse(&json!({"email": "ann@example.com", "password": "x"})).is_ok());
}
