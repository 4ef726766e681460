//! One change of many tasks: reading what is asked for, and what it does to one of them.

use serde_json::{Map, Value};

use crate::due::Due;
use crate::task::Task;
use crate::text::fold;
use crate::validation::{Change, FieldError, TAGS_LIMIT, TaskPatch, shown, tags};

/// Most tasks of one request.
pub const IDS_LIMIT: usize = 100;

/// Longest id, in characters: a UUID with braces and a prefix has fewer.
pub const ID_LIMIT: usize = 64;

/// What is to be done with which tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRequest {
    /// What.
    pub action: BulkAction,
    /// The ids or numbers of the tasks, as they were sent.
    pub ids: Vec<String>,
}

/// What is to be done with each task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkAction {
    /// Completes it.
    Complete,
    /// Makes it pending again.
    Reopen,
    /// Deletes it, so that it can be restored.
    Delete,
    /// Brings it back.
    Restore,
    /// Adds tags.
    Tag(Vec<String>),
    /// Takes tags away.
    Untag(Vec<String>),
    /// Gives it another due date, or none.
    Move(Option<Due>),
}

impl BulkRequest {
    /// Reads a body, collecting every mistake.
    pub fn parse(body: &Value) -> Result<Self, Vec<FieldError>> {
        let Some(object) = body.as_object() else {
            return Err(vec![FieldError::new("", "the body must be a JSON object")]);
        };
        let mut errors = Vec::new();
        for name in object.keys() {
            if !["action", "ids", "tags", "due_date"].contains(&name.as_str()) {
                errors.push(FieldError::new(shown(name), "is not a field of this request"));
            }
        }
        let ids = ids(object.get("ids")).map_err(|found| errors.extend(found));
        let action = BulkAction::parse(object).map_err(|found| errors.extend(found));
        match (action, ids) {
            (Ok(action), Ok(ids)) if errors.is_empty() => Ok(Self { action, ids }),
            _ => Err(errors),
        }
    }
}

impl BulkAction {
    fn parse(object: &Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let name = object.get("action").and_then(Value::as_str).unwrap_or_default();
        let action = match name {
            "complete" => Self::Complete,
            "reopen" => Self::Reopen,
            "delete" => Self::Delete,
            "restore" => Self::Restore,
            "tag" => Self::Tag(some_tags(object)?),
            "untag" => Self::Untag(some_tags(object)?),
            "move" => Self::Move(due_date(object)?),
            _ => {
                let message = "must be `complete`, `reopen`, `delete`, `restore`, `tag`, `untag` or `move`";
                return Err(vec![FieldError::new("action", message)]);
            }
        };
        let is_taken = |field: &str| match action {
            Self::Tag(_) | Self::Untag(_) => field == "tags",
            Self::Move(_) => field == "due_date",
            _ => false,
        };
        let errors: Vec<FieldError> = ["tags", "due_date"]
            .into_iter()
            .filter(|field| object.contains_key(*field) && !is_taken(field))
            .map(|field| FieldError::new(field, format!("means nothing to `{name}`")))
            .collect();
        if errors.is_empty() {
            Ok(action)
        } else {
            Err(errors)
        }
    }

    /// The name in the API.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Reopen => "reopen",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Tag(_) => "tag",
            Self::Untag(_) => "untag",
            Self::Move(_) => "move",
        }
    }

    /// What the action changes in the fields of a task; nothing for those that are no change of fields.
    pub fn patch(&self, task: &Task) -> Result<Option<TaskPatch>, FieldError> {
        let is_among = |tags: &[String], tag: &String| tags.iter().any(|known| fold(known) == fold(tag));
        let mut patch = TaskPatch::default();
        match self {
            Self::Complete | Self::Reopen | Self::Delete | Self::Restore => return Ok(None),
            Self::Tag(tags) => {
                let mut all = task.tags.clone();
                all.extend(tags.iter().filter(|tag| !is_among(&task.tags, tag)).cloned());
                if all.len() > TAGS_LIMIT {
                    let message = format!("would have more than {TAGS_LIMIT} tags");
                    return Err(FieldError::new("tags", message));
                }
                patch.tags = Change::Set(all);
            }
            Self::Untag(tags) => {
                let kept = task.tags.iter().filter(|tag| !is_among(tags, tag));
                patch.tags = Change::Set(kept.cloned().collect());
            }
            Self::Move(due_date) => patch.due_date = (*due_date).into(),
        }
        Ok(Some(patch))
    }
}

fn ids(value: Option<&Value>) -> Result<Vec<String>, Vec<FieldError>> {
    let list = value.and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| {
        vec![FieldError::new(
            "ids",
            "must be a list of ids or numbers of tasks",
        )]
    })?;
    if list.len() > IDS_LIMIT {
        return Err(vec![FieldError::new(
            "ids",
            format!("must be at most {IDS_LIMIT}"),
        )]);
    }
    let (mut ids, mut errors) = (Vec::new(), Vec::new());
    for (place, value) in list.iter().enumerate() {
        let id = match value {
            Value::String(id) if (1..=ID_LIMIT).contains(&id.chars().count()) => Some(id.clone()),
            Value::Number(number) => number.as_u64().map(|number| number.to_string()),
            _ => None,
        };
        match id {
            Some(id) => ids.push(id),
            None => errors.push(FieldError::new(
                format!("ids[{place}]"),
                "must be the id or the number of a task",
            )),
        }
    }
    if errors.is_empty() { Ok(ids) } else { Err(errors) }
}

fn some_tags(object: &Map<String, Value>) -> Result<Vec<String>, Vec<FieldError>> {
    let tags = tags(object.get("tags").unwrap_or(&Value::Null))?;
    if tags.is_empty() {
        return Err(vec![FieldError::new("tags", "must name at least one tag")]);
    }
    Ok(tags)
}

fn due_date(object: &Map<String, Value>) -> Result<Option<Due>, Vec<FieldError>> {
    let wrong = |message: String| vec![FieldError::new("due_date", message)];
    match object.get("due_date") {
        None => Err(wrong("is required; null takes the date away".to_owned())),
        Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Due::parse(text)
            .map(Some)
            .map_err(|error| wrong(error.to_string())),
        Some(_) => Err(wrong("must be a string or null".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::task::tests::sample;

    #[test]
    fn ids_are_strings_or_numbers() {
        let request = BulkRequest::parse(&json!({"action": "complete", "ids": [1, "2", "x"]})).unwrap();
        assert_eq!(request.ids, ["1", "2", "x"]);
        assert_eq!(request.action, BulkAction::Complete);
    }

    #[test]
    fn every_mistake_is_named() {
        let fields = |body: &Value| {
            let errors = BulkRequest::parse(body).unwrap_err();
            errors.into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        let many: Vec<usize> = (0..101).collect();
        for (body, expected) in [
            (json!([]), &[""][..]),
            (json!({}), &["ids", "action"]),
            (
                json!({"action": "explode", "ids": [-1, 1.5, 1e300, "", null, "x".repeat(65)]}),
                &[
                    "ids[0]", "ids[1]", "ids[2]", "ids[3]", "ids[4]", "ids[5]", "action",
                ],
            ),
            (json!({"action": "complete", "ids": many}), &["ids"]),
            (json!({"action": "complete", "ids": []}), &["ids"]),
            (
                json!({"action": "complete", "ids": [1], "tags": ["a"], "colour": 1}),
                &["colour", "tags"],
            ),
            (json!({"action": "tag", "ids": [1]}), &["tags"]),
            (json!({"action": "tag", "ids": [1], "tags": []}), &["tags"]),
            (
                json!({"action": "tag", "ids": [1], "tags": ["a", "b,c", 7]}),
                &["tags[1]", "tags[2]"],
            ),
            (json!({"action": "move", "ids": [1]}), &["due_date"]),
            (
                json!({"action": "move", "ids": [1], "due_date": "soon"}),
                &["due_date"],
            ),
            (
                json!({"action": "move", "ids": [1], "due_date": 7}),
                &["due_date"],
            ),
        ] {
            assert_eq!(fields(&body), expected, "{body}");
        }
    }

    #[test]
    fn tags_are_added_and_taken_away_without_regard_to_case() {
        let mut task = sample(1, "a");
        task.tags = vec!["Home".to_owned()];
        let tags = |action: BulkAction| match action.patch(&task) {
            Ok(Some(patch)) => patch.tags.into_option(),
            _ => None,
        };
        let both = vec!["home".to_owned(), "work".to_owned()];
        assert_eq!(
            tags(BulkAction::Tag(both.clone())),
            Some(vec!["Home".to_owned(), "work".to_owned()])
        );
        assert_eq!(tags(BulkAction::Untag(both)), Some(Vec::new()));
        let many = (0..20).map(|number| number.to_string()).collect();
        assert_eq!(BulkAction::Tag(many).patch(&task).unwrap_err().field, "tags");
    }
}
