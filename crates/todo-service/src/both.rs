//! Both databases, for tests of what must be the same on them.

use crate::database::testing::TestDatabase;

/// Runs a test on an empty SQLite database, and on one of Postgres where the machine has it.
pub(crate) fn on_both(test: impl Fn(TestDatabase)) {
    test(TestDatabase::new().unwrap());
    if let Some(server) = servers::Postgres::shared().unwrap() {
        test(TestDatabase::postgres(server.database().unwrap()));
    }
}
