//! Asking before something is done to many messages at once.

use std::io::{self, BufRead, IsTerminal, Write};

use sidespin_app::Diagnostic;

use super::Stop;
use crate::failure::Failure;

/// Goes on if the person at the terminal says so, or if the command line did.
pub(crate) fn confirm(question: &str, is_confirmed: bool) -> Result<(), Stop> {
    if is_confirmed {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() {
        let mistake = Diagnostic::new("there is nobody to confirm it, so nothing was changed");
        return Err(Failure::from(mistake.hint("give `--yes` to go on without being asked")).into());
    }
    if ask(question, input.lock(), io::stderr().lock())? {
        return Ok(());
    }
    Err(Failure::Runtime(Diagnostic::new("nothing was changed, as you said")).into())
}

/// Anything but a yes is a no.
fn ask(question: &str, mut input: impl BufRead, mut output: impl Write) -> io::Result<bool> {
    write!(output, "{question} [y/N] ")?;
    output.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    let answer = answer.trim();
    Ok(answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        let mut output = Vec::new();
        for (answer, expected) in [
            ("y\n", true),
            ("YES\n", true),
            ("\n", false),
            ("", false),
            ("yup\n", false),
        ] {
            assert_eq!(
                ask("Sure?", answer.as_bytes(), &mut output).unwrap(),
                expected,
                "{answer:?}"
            );
        }
        assert!(output.starts_with(b"Sure? [y/N] "));
    }
}
