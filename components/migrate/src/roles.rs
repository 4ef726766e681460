//! A schema and a role for each service on Postgres: the role owns its schema, and reaches no other.
//!
//! A role gets no password here, so that none is printed or logged: whoever runs the database gives it one.

use todo_service::database::DatabaseError;
use todo_service::database::{Connection as _, Database, Dialect, in_transaction};
use todo_service::migrate::Schema;

use crate::CommandError;

/// Prints the statements, or has them executed by the database of `database_url`, whose role must be allowed to.
pub(crate) async fn run<D: Database>(
    schemas: impl Iterator<Item = &'static Schema>,
    apply: bool,
    database: impl Fn(&'static str) -> D,
) -> Result<String, CommandError> {
    let schemas: Vec<_> = schemas.collect();
    let statements: Vec<String> = schemas.iter().flat_map(|schema| statements(schema)).collect();
    if !apply {
        return Ok(statements
            .iter()
            .map(|statement| format!("{statement};\n"))
            .collect());
    }
    let failed = |source| CommandError::Database {
        service: "roles",
        source,
    };
    // No service's own address: those roles are only being made.
    let connection = database("").connect().await.map_err(failed)?;
    if connection.dialect() == Dialect::Sqlite {
        return Err(failed(DatabaseError::Schema {
            reason: "SQLite has no roles; give a Postgres with `database_url`".to_owned(),
        }));
    }
    in_transaction(&connection, async |connection| {
        for statement in &statements {
            connection.execute(statement, &[]).await?;
        }
        Ok(())
    })
    .await
    .map_err(failed)?;
    let made = schemas.iter().map(|schema| {
        let (service, role) = (schema.service, role(schema));
        format!("role {role} owns schema {service}; give it a password: ALTER ROLE {role} PASSWORD '…'\n")
    });
    Ok(made.collect())
}

fn role(schema: &Schema) -> String {
    format!("todo_{}", schema.service)
}

/// What may be done twice. Tables that are in `public`, from when all services shared a role, move along.
fn statements(schema: &Schema) -> Vec<String> {
    let (service, role) = (schema.service, role(schema));
    vec![
        format!(
            "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') \
             THEN CREATE ROLE {role} LOGIN; END IF; END $$"
        ),
        format!("ALTER ROLE {role} SET search_path = {service}"),
        format!("CREATE SCHEMA IF NOT EXISTS {service}"),
        format!(
            "DO $$ DECLARE name text; BEGIN \
             FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE '{service}\\_%' \
             LOOP EXECUTE format('ALTER TABLE public.%I SET SCHEMA {service}', name); END LOOP; \
             FOR name IN SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
             AND proname LIKE '{service}\\_%' \
             LOOP EXECUTE format('ALTER FUNCTION public.%I() SET SCHEMA {service}', name); END LOOP; \
             FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = '{service}' \
             LOOP EXECUTE format('ALTER TABLE {service}.%I OWNER TO {role}', name); END LOOP; \
             FOR name IN SELECT proname FROM pg_proc WHERE pronamespace = '{service}'::regnamespace \
             LOOP EXECUTE format('ALTER FUNCTION {service}.%I() OWNER TO {role}', name); END LOOP; END $$"
        ),
        format!("ALTER SCHEMA {service} OWNER TO {role}"),
        format!("REVOKE ALL ON SCHEMA {service} FROM PUBLIC"),
    ]
}
