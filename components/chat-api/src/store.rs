//! The tables of the service, and every statement on them. No decision is made here: what may be done is for the callers.

pub(crate) mod accounts;
pub(crate) mod bin;
pub(crate) mod changes;
pub(crate) mod conversations;
pub(crate) mod counters;
pub(crate) mod exchange;
pub(crate) mod idempotency;
pub(crate) mod identities;
pub(crate) mod knowledge;
pub(crate) mod migrations;
pub(crate) mod overview;
pub(crate) mod reminders;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod task_filter;
pub(crate) mod task_list;
pub(crate) mod tasks;
pub(crate) mod token_budgets;
pub(crate) mod tokens;
pub(crate) mod updates;
pub(crate) mod users;
