//! Whether a run is the one of a command.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use sidespin_app::{App, Diagnostic};

/// The trigger's type.
pub(crate) const TYPE: &str = "command";

/// Finds out whether the application, as it is to be run, is one command, and takes out of it what does not run: of an
/// application that has other triggers, its commands. Answers whether a command is left.
///
/// # Errors
/// Several commands are left, and it is not said which.
pub fn select(app: &mut App) -> Result<bool, Diagnostic> {
    let is_command = |kind: &str| kind == TYPE;
    let mut commands = app.triggers_of(TYPE);
    let Some(first) = commands.next() else {
        return Ok(false);
    };
    if app.triggers.iter().all(|entry| is_command(&entry.trigger_type)) {
        let Some(second) = commands.find(|entry| entry.component != first.component) else {
            return Ok(true);
        };
        return Err(Diagnostic::new(format!(
            "the application has more than one command: `{}` and `{}`",
            first.component, second.component
        ))
        .at(second.location.clone())
        .hint(format!(
            "say which to run with `--component-id {}`",
            first.component
        )));
    }
    drop(commands);
    let of_commands: Vec<_> = app
        .triggers_of(TYPE)
        .map(|entry| entry.component.clone())
        .collect();
    app.triggers.retain(|entry| !is_command(&entry.trigger_type));
    // Nothing starts them, so they need not be compiled either.
    for component in of_commands {
        if !app.triggers.iter().any(|entry| entry.component == component) {
            app.components.remove(&component);
        }
    }
    Ok(false)
}

/// What the work comes to; nothing if the other future ends before it.
pub(crate) async fn first<T>(work: impl Future<Output = T>, end: impl Future<Output = ()>) -> Option<T> {
    let (mut work, mut end) = (pin!(work), pin!(end));
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        end.as_mut().poll(context).map(|()| None)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use serde_json::json;
    use sidespin_app::TriggerEntry;

    use super::*;

    fn app(triggers: &[(&str, &str)]) -> App {
        let entry = |(kind, component): &(&str, &str)| TriggerEntry {
            id: format!("{component}-{kind}"),
            trigger_type: (*kind).to_owned(),
            component: (*component).into(),
            config: json!({}),
            location: None,
            key_locations: BTreeMap::new(),
        };
        App {
            name: "app".to_owned(),
            version: String::new(),
            description: String::new(),
            variables: BTreeMap::new(),
            triggers: triggers.iter().map(entry).collect(),
            trigger_settings: BTreeMap::new(),
            components: BTreeMap::new(),
            manifest_path: PathBuf::new(),
        }
    }

    fn check(triggers: &[(&str, &str)], expected: Result<bool, &str>, left: usize) {
        let mut app = app(triggers);
        match (select(&mut app), expected) {
            (Ok(is_command), Ok(expected)) => assert_eq!(is_command, expected, "{triggers:?}"),
            (Err(error), Err(expected)) => {
                assert!(error.to_string().contains(expected), "{error}");
            }
            (result, _) => panic!("{triggers:?}: {result:?}"),
        }
        assert_eq!(app.triggers.len(), left, "{triggers:?}");
    }

    #[test]
    fn a_command_runs_alone_or_not_at_all() {
        check(&[], Ok(false), 0);
        check(&[("http", "web")], Ok(false), 1);
        check(&[("command", "migrate")], Ok(true), 1);
        check(&[("http", "web"), ("command", "migrate")], Ok(false), 1);
        check(
            &[("command", "migrate"), ("command", "seed")],
            Err("`--component-id migrate`"),
            2,
        );
    }
}
