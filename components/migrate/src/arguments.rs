//! What the command is told.

use crate::CommandError;

/// The arguments, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    pub(crate) action: Action,
    /// All if there are none.
    pub(crate) services: Vec<String>,
    pub(crate) is_dry_run: bool,
    pub(crate) is_json: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Status,
    Up,
    Back(Back),
    Roles { apply: bool },
}

/// How far back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Back {
    Steps(i64),
    To(i64),
}

impl Arguments {
    /// Reads the arguments behind the command's name.
    ///
    /// # Errors
    /// They make no sense; the error says why, and how it is meant.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, CommandError> {
        let mut arguments = arguments.into_iter();
        let word = arguments.next().unwrap_or_else(|| "status".to_owned());
        let (mut back, mut apply) = (None, false);
        let mut parsed = Self {
            action: Action::Status,
            services: Vec::new(),
            is_dry_run: false,
            is_json: false,
        };
        let usage = |text: String| Err(CommandError::Usage(text));
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--dry-run" => parsed.is_dry_run = true,
                "--apply" => apply = true,
                "--service" => parsed.services.push(service(arguments.next())?),
                "--output" => match arguments.next().as_deref() {
                    Some("json") => parsed.is_json = true,
                    Some("table") => parsed.is_json = false,
                    _ => return usage("`--output` is json or table".to_owned()),
                },
                "--steps" | "--to" if back.is_some() => {
                    return usage("`--steps` and `--to` are said once, one of them".to_owned());
                }
                "--steps" => back = Some(Back::Steps(number("--steps", arguments.next(), 1)?)),
                "--to" => back = Some(Back::To(number("--to", arguments.next(), 0)?)),
                other => return usage(format!("`{other}` is not known")),
            }
        }
        parsed.action = match word.as_str() {
            "status" => Action::Status,
            "up" => Action::Up,
            // Numbers of one service mean nothing to another.
            "rollback" if parsed.services.is_empty() => {
                return usage("say whose changes to take back, with `--service`".to_owned());
            }
            "rollback" => Action::Back(back.take().unwrap_or(Back::Steps(1))),
            "roles" => Action::Roles {
                apply: std::mem::take(&mut apply),
            },
            other => return usage(format!("`{other}` is no command")),
        };
        if back.is_some() || apply {
            return usage(format!("`{word}` takes no `--steps`, `--to` or `--apply`"));
        }
        Ok(parsed)
    }

    pub(crate) fn is_of(&self, service: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|wanted| wanted == service)
    }
}

fn service(given: Option<String>) -> Result<String, CommandError> {
    let known = || todo_schema::ALL.iter().map(|schema| schema.service);
    match given {
        Some(name) if known().any(|service| service == name) => Ok(name),
        _ => {
            let known: Vec<_> = known().collect();
            Err(CommandError::Usage(format!(
                "`--service` is one of {}",
                known.join(", ")
            )))
        }
    }
}

fn number(option: &str, given: Option<String>, least: i64) -> Result<i64, CommandError> {
    let number = given.and_then(|text| text.parse().ok());
    number
        .filter(|number| *number >= least)
        .ok_or_else(|| CommandError::Usage(format!("`{option}` takes a number of at least {least}")))
}
