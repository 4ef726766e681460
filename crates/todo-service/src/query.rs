//! The query part of a request, and what lists have in common there.

use todo_domain::problem::Code;
use todo_domain::query::{DEFAULT_LIMIT, InvalidCursor, MAXIMUM_LIMIT};
use todo_domain::validation::FieldError;

use crate::answer::Failure;
use crate::cursor::CursorKey;

/// The parameters of a query, decoded. Those that a service does not know are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// From a request's target.
    #[must_use]
    pub fn of(uri: &http::Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// A parameter's value; of several the first. An empty one counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that is `true` or `false`.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, FieldError> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(FieldError::new(name, "must be true or false")),
        }
    }

    /// How many items are wanted.
    ///
    /// # Errors
    /// It is no number from 1 to 100.
    pub fn limit(&self) -> Result<usize, FieldError> {
        let Some(text) = self.get("limit") else {
            return Ok(DEFAULT_LIMIT);
        };
        let limit = text
            .parse()
            .ok()
            .filter(|limit| (1..=MAXIMUM_LIMIT).contains(limit));
        limit.ok_or_else(|| FieldError::new("limit", format!("must be a number from 1 to {MAXIMUM_LIMIT}")))
    }

    /// After which number the page begins; nothing for the first page.
    ///
    /// # Errors
    /// The cursor was not made for this question.
    pub fn position(&self, key: &CursorKey, question: &str) -> Result<Option<i64>, Failure> {
        let Some(cursor) = self.get("cursor") else {
            return Ok(None);
        };
        let invalid = || Failure::new(Code::InvalidCursor, InvalidCursor.to_string());
        key.open(question, cursor).map(Some).ok_or_else(invalid)
    }
}

/// How many rows to read for a page of so many items: one more shows whether another page follows.
#[must_use]
pub fn one_more(limit: usize) -> i64 {
    i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::of(&format!("/list?{text}").parse().unwrap())
    }

    #[test]
    fn parameters_are_decoded() {
        let query = query("type=task.created&q=a%20b+c&empty=&q=second");
        assert_eq!(query.get("type"), Some("task.created"));
        assert_eq!(query.get("q"), Some("a b c"));
        assert_eq!((query.get("empty"), query.get("missing")), (None, None));
    }

    #[test]
    fn limits_have_bounds() {
        assert_eq!(query("").limit(), Ok(20));
        assert_eq!(query("limit=1").limit(), Ok(1));
        assert_eq!(query("limit=100").limit(), Ok(100));
        for wrong in ["0", "101", "-1", "x", "1.5", "99999999999999999999"] {
            assert!(query(&format!("limit={wrong}")).limit().is_err(), "{wrong}");
        }
    }

    #[test]
    fn flags_are_true_or_false() {
        assert_eq!(query("unread=true").flag("unread"), Ok(Some(true)));
        assert_eq!(query("unread=false").flag("unread"), Ok(Some(false)));
        assert_eq!(query("").flag("unread"), Ok(None));
        assert!(query("unread=1").flag("unread").is_err());
    }

    #[test]
    fn a_foreign_cursor_is_named_in_the_answer() {
        let key = CursorKey::new("secret");
        let cursor = key.seal("mine", 7);
        assert_eq!(
            query(&format!("cursor={cursor}")).position(&key, "mine").unwrap(),
            Some(7)
        );
        assert!(
            query(&format!("cursor={cursor}"))
                .position(&key, "other")
                .is_err()
        );
        assert_eq!(query("").position(&key, "mine").unwrap(), None);
    }
}
