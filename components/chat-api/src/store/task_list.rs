//! Lists of tasks: filters, order and pages as SQL. Whatever a client sends becomes a parameter; the text of a statement is
//! made of constants alone.

use chrono::Days;
use serde::{Deserialize, Serialize};
use todo_domain::due::Due;
use todo_domain::query::{DueFilter, ParentFilter, Search, SortField, SortKey, TagMode, TaskQuery};
use todo_domain::task::Task;
use todo_domain::text::fold;
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;
use todo_service::database::{Connection, DatabaseError, Dialect, Row, Value};

use crate::store::search::{Matching, matching};
use crate::store::tasks;

/// The place of a task in a list: what it is sorted by, and its number. In a list of the best hits it is how many were shown,
/// because how well a task fits depends on all the others, and changes with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position(Vec<Place>);

/// One value of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Place {
    Number(i64),
    Text(String),
}

impl From<&Place> for Value {
    fn from(place: &Place) -> Self {
        match place {
            Place::Number(number) => (*number).into(),
            Place::Text(text) => text.as_str().into(),
        }
    }
}

/// A part of the order.
#[derive(Clone, Copy, Debug)]
struct Column {
    expression: &'static str,
    is_descending: bool,
}

/// A condition under construction.
#[derive(Clone, Debug, Default)]
struct Condition {
    text: String,
    values: Vec<Value>,
    /// How words are found, if any are looked for.
    matching: Option<Matching>,
}

impl Condition {
    fn and(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        self.text.push_str(text);
        self.values.extend(values);
    }

    fn from(&self) -> &'static str {
        self.matching
            .as_ref()
            .map_or("chat_tasks", |matching| matching.from)
    }
}

/// A page: the tasks, and where each of them stands.
pub(crate) struct Found {
    pub(crate) tasks: Vec<Task>,
    /// The place of the last of them, if there are more behind it.
    pub(crate) next: Option<Position>,
}

/// One page of a user's tasks, after a place. Nothing if the place is none of this list.
pub(crate) async fn page(
    connection: &impl Connection,
    user_id: &str,
    query: &TaskQuery,
    now: Timestamp,
    after: Option<&Position>,
) -> Result<Option<Found>, DatabaseError> {
    let columns = order(&query.sort);
    let mut condition = conditions(connection.dialect(), user_id, query, now);
    let ranked = condition
        .matching
        .clone()
        .filter(|_matching| query.sort.first() == Some(&SortKey::RELEVANCE));
    let mut shown = 0;
    match (after, &ranked) {
        (None, _) => {}
        (Some(Position(places)), Some(_)) => match places.as_slice() {
            [Place::Number(number)] => shown = (*number).max(0),
            _ => return Ok(None),
        },
        (Some(Position(places)), None) if places.len() == columns.len() => {
            add_after(&mut condition, &columns, places);
        }
        (Some(_), None) => return Ok(None),
    }
    let places = columns
        .iter()
        .map(|column| column.expression)
        .collect::<Vec<_>>()
        .join(", ");
    let best_first = ranked.as_ref().map(|matching| format!("{} DESC", matching.rank));
    let order: Vec<String> = best_first
        .into_iter()
        .chain(columns.iter().map(Column::order))
        .collect();
    let statement = format!(
        "SELECT {}, {places} FROM {} WHERE {} ORDER BY {} LIMIT ? OFFSET ?",
        tasks::COLUMNS,
        condition.from(),
        condition.text,
        order.join(", ")
    );
    let rank_parameter = ranked
        .as_ref()
        .and_then(|matching| matching.rank_parameter.clone());
    condition.values.extend(rank_parameter);
    // One more than wanted tells whether there is a next page.
    let wanted = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let limits = [wanted.saturating_add(1).into(), shown.into()];
    condition.values.extend(limits);
    let mut rows = connection.execute(&statement, &condition.values).await?;
    let has_more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = match rows.last().filter(|_| has_more) {
        Some(_last) if ranked.is_some() => Some(Position(vec![Place::Number(shown.saturating_add(wanted))])),
        Some(last) => Some(position(last, columns.len())?),
        None => None,
    };
    let tasks = rows
        .iter()
        .map(|row| tasks::stored(row).map(|stored| stored.task))
        .collect::<Result<_, _>>()?;
    Ok(Some(Found { tasks, next }))
}

/// How many tasks all pages have together.
pub(crate) async fn count(
    connection: &impl Connection,
    user_id: &str,
    query: &TaskQuery,
    now: Timestamp,
) -> Result<i64, DatabaseError> {
    let condition = conditions(connection.dialect(), user_id, query, now);
    let statement = format!(
        "SELECT count(*) FROM {} WHERE {}",
        condition.from(),
        condition.text
    );
    let rows = connection.execute(&statement, &condition.values).await?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

fn position(row: &Row, length: usize) -> Result<Position, DatabaseError> {
    let places = row
        .0
        .iter()
        .enumerate()
        .skip(tasks::COLUMN_COUNT)
        .take(length)
        .map(|(column, value)| match value {
            Value::Integer(number) => Ok(Place::Number(*number)),
            Value::Text(text) => Ok(Place::Text(text.clone())),
            Value::Null => Err(DatabaseError::Content {
                column,
                expected: "a place",
            }),
        });
    Ok(Position(places.collect::<Result<_, _>>()?))
}

impl Column {
    fn order(&self) -> String {
        format!(
            "{}{}",
            self.expression,
            if self.is_descending { " DESC" } else { "" }
        )
    }
}

/// The order, made total by the number: ties keep the direction of the list. Tasks without a due date come last in either
/// direction. A floating day is sorted by its end in UTC, wherever the viewer is.
fn order(sort: &[SortKey]) -> Vec<Column> {
    let mut columns = Vec::new();
    for SortKey { field, descending } in sort {
        let expression = match field {
            SortField::CreatedAt => "created_at",
            SortField::UpdatedAt => "updated_at",
            SortField::Priority => "priority",
            SortField::Title => "title_key",
            // The index says it, see [`page`].
            SortField::Relevance => continue,
            SortField::DueDate => {
                columns.push(Column {
                    expression: "(CASE WHEN due_at IS NULL THEN 1 ELSE 0 END)",
                    is_descending: false,
                });
                "coalesce(due_at, 0)"
            }
        };
        columns.push(Column {
            expression,
            is_descending: *descending,
        });
    }
    let is_descending = sort.first().is_some_and(|key| key.descending);
    columns.push(Column {
        expression: "number",
        is_descending,
    });
    columns
}

/// Adds that a task comes after a place: in the first column in which it differs, it lies behind.
fn add_after(condition: &mut Condition, columns: &[Column], places: &[Place]) {
    let mut alternatives = Vec::new();
    let mut values = Vec::new();
    let mut equal = String::new();
    for (index, (column, place)) in columns.iter().zip(places).enumerate() {
        let sign = if column.is_descending { '<' } else { '>' };
        alternatives.push(format!("({equal}{} {sign} ?)", column.expression));
        values.extend(places.iter().take(index).map(Value::from));
        values.push(place.into());
        equal.push_str(column.expression);
        equal.push_str(" = ? AND ");
    }
    condition.and(&format!("({})", alternatives.join(" OR ")), values);
}

fn conditions(dialect: Dialect, user_id: &str, query: &TaskQuery, now: Timestamp) -> Condition {
    let mut condition = Condition::default();
    let zone = query.timezone.unwrap_or_default();
    let place = if query.deleted { "NOT NULL" } else { "NULL" };
    condition.and(
        &format!("user_id = ? AND deleted_at IS {place}"),
        [user_id.into()],
    );
    match &query.parent {
        None => {}
        Some(ParentFilter::None) => condition.and("parent_id IS NULL", []),
        Some(ParentFilter::Of(id)) => condition.and("parent_id = ?", [id.as_str().into()]),
    }
    if !query.status.is_empty() {
        let values = query.status.iter().map(|status| status.as_str().into());
        condition.and(&among("status", query.status.len()), values);
    }
    if !query.priority.is_empty() {
        let values = query
            .priority
            .iter()
            .map(|priority| i64::from(*priority as u8).into());
        condition.and(&among("priority", query.priority.len()), values);
    }
    if let Some(recurring) = query.recurring {
        condition.and("is_recurring = ?", [i64::from(recurring).into()]);
    }
    add_tags(&mut condition, user_id, query);
    if let Some(search) = &query.search {
        add_search(&mut condition, dialect, user_id, &Search::parse(search));
    }
    add_due(&mut condition, query, now, zone);
    condition
}

fn among(column: &str, values: usize) -> String {
    format!("{column} IN (?{})", ", ?".repeat(values.saturating_sub(1)))
}

fn add_search(condition: &mut Condition, dialect: Dialect, user_id: &str, search: &Search) {
    if search.is_empty() {
        condition.and("1 = 0", []);
    }
    for tag in &search.tags {
        // No LIKE: every letter stands for itself.
        condition.and(
            "EXISTS (SELECT 1 FROM chat_task_tags AS tag WHERE tag.task_id = chat_tasks.id
                AND substr(tag.tag_key, 1, length(?)) = ?)",
            [tag.as_str().into(), tag.as_str().into()],
        );
    }
    if let Some(matching) = matching(dialect, user_id, search) {
        condition.and(matching.condition, [matching.expression.clone()]);
        condition.matching = Some(matching);
    }
}

fn add_tags(condition: &mut Condition, user_id: &str, query: &TaskQuery) {
    let mut keys: Vec<String> = query.tags.iter().map(|tag| fold(tag)).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return;
    }
    let tagged = |keys: &[String]| {
        let text = format!(
            "id IN (SELECT task_id FROM chat_task_tags WHERE user_id = ? AND {})",
            among("tag_key", keys.len())
        );
        let values = std::iter::once(user_id.into()).chain(keys.iter().map(|key| key.as_str().into()));
        (text, values.collect::<Vec<Value>>())
    };
    match query.tag_mode {
        TagMode::Any => {
            let (text, values) = tagged(&keys);
            condition.and(&text, values);
        }
        TagMode::None => {
            let (text, values) = tagged(&keys);
            condition.and(&format!("NOT {text}"), values);
        }
        TagMode::All => {
            for key in &keys {
                let (text, values) = tagged(std::slice::from_ref(key));
                condition.and(&text, values);
            }
        }
    }
}

fn add_due(condition: &mut Condition, query: &TaskQuery, now: Timestamp, zone: Zone) {
    let instant = |due: Due| match due {
        Due::Time(time) => time,
        Due::Day(day) => zone.start_of_day(day).unwrap_or_else(|| due.deadline(zone)),
    };
    if let Some(limit) = query.due_before {
        add_deadline(condition, "<", instant(limit), zone);
    }
    if let Some(limit) = query.due_after {
        add_deadline(condition, ">=", instant(limit), zone);
    }
    match query.due {
        None => {}
        Some(DueFilter::None) => condition.and("due_at IS NULL", []),
        Some(DueFilter::Overdue) => {
            condition.and("status IN ('pending', 'in_progress')", []);
            add_deadline(condition, "<", now, zone);
        }
        Some(DueFilter::Today) => add_days(condition, 1, now, zone),
        Some(DueFilter::Week) => add_days(condition, 7, now, zone),
    }
}

/// Adds that the deadline lies before (or not before) an instant. A floating day ends at the viewer's midnight: it lies before
/// an instant if it is a day before the one that the viewer then has.
fn add_deadline(condition: &mut Condition, sign: &str, limit: Timestamp, zone: Zone) {
    let day = zone.local(limit).date().format("%Y-%m-%d").to_string();
    condition.and(
        &format!("CASE WHEN is_floating = 1 THEN due_day {sign} ? ELSE due_at {sign} ? END"),
        [day.into(), limit.millis().into()],
    );
}

/// Adds that it is due on one of so many days, beginning with the viewer's today.
fn add_days(condition: &mut Condition, days: u64, now: Timestamp, zone: Zone) {
    let first = zone.local(now).date();
    let end = first.checked_add_days(Days::new(days)).unwrap_or(first);
    let start_of = |day| zone.start_of_day(day).map_or(i64::MAX, Timestamp::millis);
    condition.and(
        "CASE WHEN due_day IS NULL THEN due_at >= ? AND due_at < ? ELSE due_day >= ? AND due_day < ? END",
        [
            start_of(first).into(),
            start_of(end).into(),
            first.format("%Y-%m-%d").to_string().into(),
            end.format("%Y-%m-%d").to_string().into(),
        ],
    );
}
