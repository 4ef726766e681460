//! Postgres, at the address in the variable `database`.

use spin_sdk::pg::{Certificate, Connection, Error, OpenOptions, ParameterValue};
use spin_sdk::variables;

async fn address() -> String {
    variables::get("database").await.unwrap_or_default()
}

fn decoded(argument: &str) -> String {
    let decoded = form_urlencoded::parse(argument.as_bytes());
    decoded.map(|(name, _value)| name).collect()
}

/// Runs statements with semicolons between them on one connection, and tells what each is answered with, a line each.
pub(crate) async fn statements(argument: &str) -> String {
    let connection = match Connection::open(address().await).await {
        Ok(connection) => connection,
        Err(error) => return format!("{error:?}"),
    };
    let mut lines = Vec::new();
    for statement in decoded(argument).split(';') {
        let told = async { connection.query(statement, []).await?.collect().await };
        lines.push(match told.await {
            Ok(rows) => {
                let first = rows.iter().map(|row| format!("{:?}", &row[0]));
                first.collect::<Vec<_>>().join(", ")
            }
            Err(error) => format!("{error:?}"),
        });
    }
    lines.join("\n")
}

/// Sends one value of many kinds and tells what is read.
pub(crate) async fn values() -> String {
    let told = async {
        let connection = Connection::open(address().await).await?;
        connection
            .execute("CREATE TEMP TABLE kinds (b bool, i int8, f float8, t text, x bytea, d date, u uuid, j jsonb, n numeric, a int4[], s int8)", [])
            .await?;
        let parameters = [
            ParameterValue::Boolean(true),
            ParameterValue::Int64(i64::MIN),
            ParameterValue::Floating64(0.1),
            ParameterValue::Str("Grüße, 'quoted'".to_owned()),
            ParameterValue::Binary(vec![0, 255]),
            ParameterValue::Date((2024, 2, 29)),
            ParameterValue::Uuid("01900000-0000-7000-8000-0000000000aa".to_owned()),
            ParameterValue::Jsonb(br#"{"a": 1}"#.to_vec()),
            ParameterValue::Decimal("-12.50".to_owned()),
            ParameterValue::ArrayInt32(vec![Some(1), None]),
            ParameterValue::DbNull,
        ];
        let written = connection
            .execute(
                "INSERT INTO kinds VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                parameters,
            )
            .await?;
        let mut read = connection.query("SELECT * FROM kinds", []).await?;
        let columns: Vec<_> = read.columns().iter().map(|column| column.name.clone()).collect();
        let row = read.rows().next().await;
        read.result().await?;
        Ok::<_, Error>(format!("{written} {columns:?} {row:?}"))
    };
    told.await.unwrap_or_else(|error| format!("{error:?}"))
}

/// Opens a connection that trusts one authority alone.
pub(crate) async fn builder(authority: &str) -> String {
    let options = OpenOptions {
        ca_root: Some(Certificate::Text(decoded(authority))),
    };
    match Connection::open_with_options(address().await, options).await {
        Ok(_connection) => "connected".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}
