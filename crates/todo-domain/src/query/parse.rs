//! Reading a query string.

use super::{
    DEFAULT_LIMIT, DueFilter, MAXIMUM_LIMIT, ParentFilter, Search, SortField, SortKey, TagMode, TaskQuery,
};
use crate::due::Due;
use crate::task::{Priority, Status};
use crate::validation::{FieldError, TAGS_LIMIT, tag, without_control_characters};
use crate::zone::Zone;

/// Longest search, in characters.
pub const SEARCH_LIMIT: usize = 200;
/// Longest cursor, in bytes.
pub const CURSOR_LIMIT: usize = 2_000;
/// Most fields that a list is sorted by.
pub const SORT_LIMIT: usize = 5;

impl Default for TaskQuery {
    fn default() -> Self {
        Self {
            status: Vec::new(),
            priority: Vec::new(),
            tags: Vec::new(),
            tag_mode: TagMode::Any,
            search: None,
            due_before: None,
            due_after: None,
            due: None,
            recurring: None,
            parent: None,
            deleted: false,
            sort: vec![SortKey {
                field: SortField::CreatedAt,
                descending: true,
            }],
            limit: DEFAULT_LIMIT,
            cursor: None,
            count: false,
            timezone: None,
        }
    }
}

impl TaskQuery {
    /// Reads decoded name-value pairs, collecting every mistake. An empty value is as if it were not there; a
    /// name that is not known is a mistake, because a filter that is silently ignored shows the wrong tasks.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader {
            query: Self::default(),
            sort: Vec::new(),
            descending: None,
            errors: Vec::new(),
        };
        for (name, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            if let Err(message) = reader.read(name, value) {
                reader.errors.push(FieldError::new(
                    name.chars().take(60).collect::<String>(),
                    message,
                ));
            }
        }
        reader.finish()
    }
}

struct Reader {
    query: TaskQuery,
    sort: Vec<SortKey>,
    descending: Option<bool>,
    errors: Vec<FieldError>,
}

impl Reader {
    fn read(&mut self, name: &str, value: &str) -> Result<(), String> {
        let query = &mut self.query;
        match name {
            "status" => read_list(&mut query.status, value, |text| match text {
                "all" => Ok(None),
                text => text
                    .parse()
                    .map(Some)
                    .map_err(|error: crate::task::UnknownStatus| error.to_string()),
            })?,
            "completed" => {
                let open = [Status::Pending, Status::InProgress];
                query.status = if boolean(value)? {
                    vec![Status::Completed]
                } else {
                    open.to_vec()
                };
            }
            "priority" => read_list(&mut query.priority, value, |text| match text {
                "all" => Ok(None),
                text => text
                    .parse::<Priority>()
                    .map(Some)
                    .map_err(|error| error.to_string()),
            })?,
            "tags" | "tag" => {
                read_list(&mut query.tags, value, |text| Ok(Some(tag(text)?.to_owned())))?;
                if query.tags.len() > TAGS_LIMIT {
                    return Err(format!("must be at most {TAGS_LIMIT}"));
                }
            }
            "tag_mode" => query.tag_mode = tag_mode(value)?,
            "search" | "q" => query.search = Some(search(value)?),
            "due_before" | "due_date_end" | "due_date_to" => query.due_before = Some(due(value)?),
            "due_after" | "due_date_start" | "due_date_from" => query.due_after = Some(due(value)?),
            "due" => query.due = Some(DueFilter::parse(value)?),
            "overdue" => query.due = boolean(value)?.then_some(DueFilter::Overdue),
            "recurring" | "is_recurring" => query.recurring = Some(boolean(value)?),
            "parent" => query.parent = Some(parent(value)?),
            "deleted" => query.deleted = boolean(value)?,
            "sort" | "sort_by" => self.read_sort(value)?,
            "order" | "sort_order" => self.descending = Some(descending(value)?),
            "limit" => query.limit = limit(value)?,
            "cursor" if value.len() > CURSOR_LIMIT => return Err("is too long".to_owned()),
            "cursor" => query.cursor = Some(value.to_owned()),
            "count" => query.count = boolean(value)?,
            "timezone" => query.timezone = Some(Zone::parse(value).map_err(|error| error.to_string())?),
            _ => return Err("is not a parameter of this list".to_owned()),
        }
        Ok(())
    }

    fn read_sort(&mut self, value: &str) -> Result<(), String> {
        for text in value.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let key: SortKey = text.parse()?;
            if self.sort.iter().any(|known| known.field == key.field) {
                return Err("names a field twice".to_owned());
            }
            if self.sort.len() == SORT_LIMIT {
                return Err(format!("must have at most {SORT_LIMIT} fields"));
            }
            self.sort.push(key);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<TaskQuery, Vec<FieldError>> {
        let search = self.query.search.as_deref().map(Search::parse);
        if !self.sort.is_empty() {
            self.query.sort = self.sort;
        } else if search.as_ref().is_some_and(|search| !search.phrases.is_empty()) {
            self.query.sort = vec![SortKey::RELEVANCE];
        }
        let place = self.query.sort.iter().position(|key| *key == SortKey::RELEVANCE);
        let mistake = match place {
            Some(0) if search.is_none() => Some("`relevance` needs a `search`"),
            Some(1..) => Some("`relevance` can only come first"),
            _ => None,
        };
        self.errors
            .extend(mistake.map(|message| FieldError::new("sort", message)));
        // The order that some clients send apart from the field.
        if let (Some(descending), Some(first)) = (self.descending, self.query.sort.first_mut())
            && first.field != SortField::Relevance
        {
            first.descending = descending;
        }
        if self.errors.is_empty() {
            Ok(self.query)
        } else {
            Err(self.errors)
        }
    }
}

/// Reads a list whose values may be repeated or separated by commas; `None` from `parse` stands for "all".
fn read_list<T: PartialEq>(
    list: &mut Vec<T>,
    value: &str,
    parse: impl Fn(&str) -> Result<Option<T>, String>,
) -> Result<(), String> {
    for text in value.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        if let Some(item) = parse(text)?
            && !list.contains(&item)
        {
            list.push(item);
        }
    }
    Ok(())
}

fn boolean(value: &str) -> Result<bool, String> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be `true` or `false`".to_owned()),
    }
}

fn due(value: &str) -> Result<Due, String> {
    Due::parse(value).map_err(|error| error.to_string())
}

fn parent(value: &str) -> Result<ParentFilter, String> {
    let is_reference =
        |text: &str| text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    match value {
        "none" => Ok(ParentFilter::None),
        reference if is_reference(reference) => Ok(ParentFilter::Of(reference.to_owned())),
        _ => Err("must be `none`, or the id or the number of a task".to_owned()),
    }
}

fn tag_mode(value: &str) -> Result<TagMode, String> {
    match value {
        "any" => Ok(TagMode::Any),
        "all" => Ok(TagMode::All),
        "none" => Ok(TagMode::None),
        _ => Err("must be `any`, `all` or `none`".to_owned()),
    }
}

fn descending(value: &str) -> Result<bool, String> {
    match value {
        "asc" => Ok(false),
        "desc" => Ok(true),
        _ => Err("must be `asc` or `desc`".to_owned()),
    }
}

fn search(value: &str) -> Result<String, String> {
    if value.chars().count() > SEARCH_LIMIT {
        return Err(format!("must have at most {SEARCH_LIMIT} characters"));
    }
    if !without_control_characters(value) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(value.to_owned())
}

fn limit(value: &str) -> Result<usize, String> {
    let digits_only = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value
        .parse()
        .ok()
        .filter(|number| digits_only && (1..=MAXIMUM_LIMIT).contains(number));
    number.ok_or_else(|| format!("must be a number from 1 to {MAXIMUM_LIMIT}"))
}
