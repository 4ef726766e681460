//! Which tasks a list shows, as SQL. Whatever a client sends becomes a parameter; the text of a statement is made of constants
//! alone. Each filter says something that an index answers, even where the exact condition is more than an index knows.

use std::borrow::Cow;

use chrono::Days;
use todo_domain::due::Due;
use todo_domain::query::{DueFilter, ParentFilter, Search, TagMode, TaskQuery};
use todo_domain::text::fold;
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;
use todo_service::database::{Connection, DatabaseError, Dialect, Value};

use crate::store::search::{Matching, matching};

/// Whether a due date is missing, and the deadline: as `chat_tasks_by_due` has them.
pub(super) const HAS_NO_DUE_DATE: &str = "(CASE WHEN due_at IS NULL THEN 1 ELSE 0 END)";
pub(super) const DUE_AT: &str = "coalesce(due_at, 0)";

/// A tag is rare that no more tasks have.
const RARE: u32 = 500;

/// A day in milliseconds.
const DAY: i64 = 24 * 3600 * 1000;

/// A condition under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
    /// How words are found, if any are looked for.
    pub(super) matching: Option<Matching>,
    /// Tags that so few tasks have that the list begins with them.
    rare_tags: Vec<String>,
}

impl Condition {
    pub(super) fn and(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        self.text.push_str(text);
        self.values.extend(values);
    }

    /// The tables. What they take as parameters comes before the condition's.
    pub(super) fn from(&self, user_id: &str) -> (Cow<'static, str>, Vec<Value>) {
        if let Some(matching) = &self.matching {
            return (matching.from.into(), Vec::new());
        }
        if self.rare_tags.is_empty() {
            return ("chat_tasks".into(), Vec::new());
        }
        // The order of the joins is SQLite's order of work; Postgres knows by itself what is rare.
        let from = format!(
            "(SELECT DISTINCT task_id FROM chat_task_tags WHERE user_id = ? AND {}) AS tagged
            CROSS JOIN chat_tasks",
            among("tag_key", self.rare_tags.len())
        );
        (from.into(), tag_values(user_id, &self.rare_tags))
    }
}

/// The condition of a list.
pub(super) async fn conditions(
    connection: &impl Connection,
    user_id: &str,
    query: &TaskQuery,
    now: Timestamp,
) -> Result<Condition, DatabaseError> {
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
    if let Some(search) = &query.search {
        add_search(
            &mut condition,
            connection.dialect(),
            user_id,
            &Search::parse(search),
        );
    }
    add_tags(&mut condition, connection, user_id, query).await?;
    add_due(&mut condition, query, now, zone);
    Ok(condition)
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

/// Adds the tags. Where few tasks have them, the list is made of these; where many have, it is walked through in its order
/// until the page is full, and each task asked for its tags.
async fn add_tags(
    condition: &mut Condition,
    connection: &impl Connection,
    user_id: &str,
    query: &TaskQuery,
) -> Result<(), DatabaseError> {
    let mut keys: Vec<String> = query.tags.iter().map(|tag| fold(tag)).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Ok(());
    }
    let not = if query.tag_mode == TagMode::None {
        "NOT "
    } else {
        ""
    };
    let alternatives: Vec<&[String]> = match query.tag_mode {
        TagMode::Any | TagMode::None => vec![&keys],
        TagMode::All => keys.chunks(1).collect(),
    };
    for keys in alternatives {
        let may_begin = not.is_empty() && condition.matching.is_none() && condition.rare_tags.is_empty();
        if may_begin && are_rare(connection, user_id, keys).await? {
            condition.rare_tags = keys.to_vec();
            condition.and("chat_tasks.id = tagged.task_id", []);
            continue;
        }
        let text = format!(
            "{not}EXISTS (SELECT 1 FROM chat_task_tags AS tag
                WHERE tag.user_id = ? AND {} AND tag.task_id = chat_tasks.id)",
            among("tag.tag_key", keys.len())
        );
        condition.and(&text, tag_values(user_id, keys));
    }
    Ok(())
}

/// Whether so few tasks have one of the tags that reading them all costs next to nothing.
async fn are_rare(
    connection: &impl Connection,
    user_id: &str,
    keys: &[String],
) -> Result<bool, DatabaseError> {
    let statement = format!(
        "SELECT 1 FROM chat_task_tags WHERE user_id = ? AND {} LIMIT 1 OFFSET {RARE}",
        among("tag_key", keys.len())
    );
    let rows = connection.execute(&statement, &tag_values(user_id, keys)).await?;
    Ok(rows.is_empty())
}

fn tag_values(user_id: &str, keys: &[String]) -> Vec<Value> {
    let keys = keys.iter().map(|key| key.as_str().into());
    std::iter::once(user_id.into()).chain(keys).collect()
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
///
/// The first condition says nothing that the exact one behind it does not say too, but an index answers it. The deadline of a
/// floating day is kept as its end in UTC, which is less than two days from anybody's.
fn add_deadline(condition: &mut Condition, sign: &str, limit: Timestamp, zone: Zone) {
    let day = zone.local(limit).date().format("%Y-%m-%d").to_string();
    let slack = if sign == "<" { 2 * DAY } else { -2 * DAY };
    condition.and(
        &format!("{HAS_NO_DUE_DATE} = 0 AND {DUE_AT} {sign} ?"),
        [limit.millis().saturating_add(slack).into()],
    );
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
    // As in [`add_deadline`].
    condition.and(
        &format!("{HAS_NO_DUE_DATE} = 0 AND {DUE_AT} >= ? AND {DUE_AT} < ?"),
        [
            start_of(first).saturating_sub(2 * DAY).into(),
            start_of(end).saturating_add(2 * DAY).into(),
        ],
    );
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
