//! What the statements of a connection left behind, judged by their first words: the server tells its transaction's state, but
//! the client library keeps that to itself. In doubt something was left behind.

/// The traces on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    /// A transaction may be open.
    pub(crate) has_transaction: bool,
    /// Something that cannot be undone by a statement.
    pub(crate) is_spoiled: bool,
}

impl Traces {
    /// Notes a statement before it is sent.
    pub(crate) fn before(&mut self, statement: &str) {
        let words = Words::of(statement);
        match words.first.as_str() {
            // Nothing else opens a transaction that outlives its statement.
            "begin" | "start" => self.has_transaction = true,
            // A statement of the component's own name, which the next instance would stumble over.
            "prepare" if words.second != "transaction" => self.is_spoiled = true,
            // Who knows what stands behind a comment.
            "" => self.has_transaction = true,
            _ => {}
        }
    }

    /// Notes a statement that succeeded.
    pub(crate) fn after(&mut self, statement: &str) {
        let words = Words::of(statement);
        let ends = matches!(words.first.as_str(), "commit" | "end" | "rollback" | "abort");
        if ends && matches!(words.second.as_str(), "" | "work" | "transaction") && words.is_all {
            self.has_transaction = false;
        }
    }
}

/// The beginning of a statement, in lower case.
struct Words {
    first: String,
    second: String,
    /// There is nothing behind the two.
    is_all: bool,
}

impl Words {
    fn of(statement: &str) -> Self {
        let mut words = statement
            .split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase);
        // A comment, or anything else that is no word, comes first.
        let is_word = statement
            .trim_start()
            .starts_with(|character: char| character.is_ascii_alphabetic());
        let first = if is_word { words.next() } else { None };
        Self {
            first: first.unwrap_or_default(),
            second: words.next().unwrap_or_default(),
            is_all: words.next().is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(statements: &[&str]) -> (bool, bool) {
        let mut traces = Traces::default();
        for statement in statements {
            traces.before(statement);
            traces.after(statement);
        }
        (traces.has_transaction, traces.is_spoiled)
    }

    #[test]
    fn an_open_transaction_is_noticed_and_its_end_too() {
        for (statements, expected) in [
            (&["SELECT 1"][..], false),
            (&["BEGIN"], true),
            (&["  begin isolation level serializable"], true),
            (&["START TRANSACTION"], true),
            (&["BEGIN", "INSERT INTO a VALUES (1)"], true),
            (&["BEGIN", "COMMIT"], false),
            (&["BEGIN;", "commit work;"], false),
            (&["BEGIN", "ROLLBACK"], false),
            (&["BEGIN", "END TRANSACTION"], false),
            (&["BEGIN", "ROLLBACK TO a"], true),
            (&["BEGIN", "ROLLBACK WORK TO a"], true),
            (&["BEGIN", "COMMIT AND CHAIN"], true),
            (&["-- hello\nBEGIN"], true),
            (&["/* hello */ SELECT 1"], true),
        ] {
            assert_eq!(left(statements).0, expected, "{statements:?}");
        }
    }

    #[test]
    fn a_prepared_statement_spoils_a_connection() {
        assert!(left(&["PREPARE a AS SELECT 1"]).1);
        assert!(!left(&["PREPARE TRANSACTION 'a'"]).1);
    }
}
