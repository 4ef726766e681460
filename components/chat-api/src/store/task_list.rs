//! Lists of tasks: their order and pages as SQL. Which tasks they show is in [`super::task_filter`].

use serde::{Deserialize, Serialize};
use todo_domain::query::{SortField, SortKey, TaskQuery};
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_service::database::{Connection, DatabaseError, Row, Value};

use crate::store::task_filter::{Condition, DUE_AT, HAS_NO_DUE_DATE, conditions};
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
    let mut condition = conditions(connection, user_id, query, now).await?;
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
    let (from, mut values) = condition.from(user_id);
    let statement = format!(
        "SELECT {}, {places} FROM {from} WHERE {} ORDER BY {} LIMIT ? OFFSET ?",
        tasks::COLUMNS,
        condition.text,
        order.join(", ")
    );
    let rank_parameter = ranked
        .as_ref()
        .and_then(|matching| matching.rank_parameter.clone());
    values.append(&mut condition.values);
    values.extend(rank_parameter);
    // One more than wanted tells whether there is a next page.
    let wanted = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let limits = [wanted.saturating_add(1).into(), shown.into()];
    values.extend(limits);
    let mut rows = connection.execute(&statement, &values).await?;
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
    let mut condition = conditions(connection, user_id, query, now).await?;
    let (from, mut values) = condition.from(user_id);
    let statement = format!("SELECT count(*) FROM {from} WHERE {}", condition.text);
    values.append(&mut condition.values);
    let rows = connection.execute(&statement, &values).await?;
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
                    expression: HAS_NO_DUE_DATE,
                    is_descending: false,
                });
                DUE_AT
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
