//! A Postgres server by tokio-postgres.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::runtime::Runtime;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls};

use super::super::dialect::{for_postgres, text_for_postgres};
use super::super::{DatabaseError, Row, Value};

/// A connection; its bytes are moved by a runtime of their own, so that a test may wait for it on any executor.
#[derive(Debug)]
pub(super) struct PostgresConnection {
    client: Client,
    _runtime: Arc<Runtime>,
}

/// The URL of a new schema in a database.
pub(super) fn fresh_schema(url: &str) -> Result<String, DatabaseError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let create = async {
        let connection = PostgresConnection::open(url).await?;
        connection.execute(&format!("CREATE SCHEMA {name}"), &[]).await
    };
    // A test's own executor may wait for this one, so it is not one of the same kind.
    let made = runtime()?.handle().block_on(create);
    made.map(|_rows| format!("{url}?options=-csearch_path%3D{name}"))
}

/// The runtime of all connections of this process.
fn runtime() -> Result<Arc<Runtime>, DatabaseError> {
    static SHARED: Mutex<Weak<Runtime>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = shared.upgrade() {
        return Ok(runtime);
    }
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).enable_all().build();
    let runtime = Arc::new(runtime.map_err(|error| DatabaseError::Failed {
        reason: error.to_string(),
    })?);
    *shared = Arc::downgrade(&runtime);
    Ok(runtime)
}

impl PostgresConnection {
    pub(super) async fn open(url: &str) -> Result<Self, DatabaseError> {
        let (runtime, url) = (runtime()?, url.to_owned());
        let connecting = runtime.spawn(async move {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
            tokio::spawn(connection);
            Ok::<_, tokio_postgres::Error>(client)
        });
        let connected = connecting.await.map_err(|error| DatabaseError::Failed {
            reason: error.to_string(),
        })?;
        Ok(Self {
            client: connected.map_err(failed)?,
            _runtime: runtime,
        })
    }

    pub(super) async fn execute(
        &self,
        statement: &str,
        parameters: &[Value],
    ) -> Result<Vec<Row>, DatabaseError> {
        let statement = for_postgres(statement, parameters);
        let parameters: Vec<_> = parameters
            .iter()
            .map(|value| value as &(dyn ToSql + Sync))
            .collect();
        let rows = self.client.query(&statement, &parameters).await.map_err(failed)?;
        rows.iter().map(row).collect()
    }
}

fn row(row: &tokio_postgres::Row) -> Result<Row, DatabaseError> {
    (0..row.len())
        .map(|column| row.try_get(column).map_err(failed))
        .collect::<Result<_, _>>()
        .map(Row)
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        buffer: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(integer) if *kind == Type::INT8 => integer.to_sql(kind, buffer),
            Self::Text(text) if *kind == Type::TEXT => text_for_postgres(text).to_sql(kind, buffer),
            // As the host does: no value is bent.
            other => Err(format!("{other:?} is given for `{kind}`").into()),
        }
    }

    fn accepts(_any: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Self::Integer(bool::from_sql(kind, raw)?.into()),
            Type::INT2 => Self::Integer(i16::from_sql(kind, raw)?.into()),
            Type::INT4 => Self::Integer(i32::from_sql(kind, raw)?.into()),
            Type::INT8 => Self::Integer(i64::from_sql(kind, raw)?),
            Type::TEXT => Self::Text(String::from_sql(kind, raw)?),
            _ => return Err(format!("a result of type `{kind}`: cast it to bigint or text").into()),
        })
    }

    fn from_sql_null(_kind: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_any: &Type) -> bool {
        true
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failed(error: tokio_postgres::Error) -> DatabaseError {
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    DatabaseError::Failed {
        reason: cause.unwrap_or_else(|| error.to_string()),
    }
}
