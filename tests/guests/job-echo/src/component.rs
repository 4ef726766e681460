//! The component's exports: HTTP, jobs and cron.

use spin_sdk::http::{BoxBody, FullBody, Request, Response, StatusCode, box_body};
use spin_sdk::sqlite::{Connection, Value};

use bindings::exports::sidespin::jobs::job_handler::{self, Job};
use bindings::fermyon::spin_cron::cron_types::{Error as CronError, Metadata};
use bindings::sidespin::jobs::scheduler;

mod bindings {
    spin_sdk::wit_bindgen::generate!({
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        path: ["../../../wit/sidespin-jobs", "../../../wit/deps/fermyon-spin-cron@2.0.0"],
        inline: "
            package tests:job-echo;

            world component {
                import sidespin:jobs/scheduler@0.1.0;
                export sidespin:jobs/job-handler@0.1.0;
                include fermyon:spin-cron/spin-cron@2.0.0;
            }
        ",
        world: "tests:job-echo/component",
        generate_all,
    });
}

mod exports {
    #![expect(
        unsafe_code,
        reason = "the canonical ABI's exported functions are generated as unsafe"
    )]

    use super::{Handlers, bindings};

    bindings::export!(Handlers with_types_in super::bindings);
}

#[spin_sdk::http_service]
async fn handle(request: Request) -> anyhow::Result<Response<BoxBody>> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let text = match request.uri().path() {
        "/put" => put(&query).await?,
        "/fired" => fired().await?,
        "/release" => {
            write("released", "", 0, 0).await?;
            String::new()
        }
        _ => {
            let response = Response::builder().status(StatusCode::NOT_FOUND);
            return Ok(response.body(box_body(FullBody::new(bytes::Bytes::new())))?);
        }
    };
    Ok(Response::new(box_body(FullBody::new(bytes::Bytes::from(text)))))
}

/// Keeps a job: `name`, `due`, and perhaps `every` or `rule` with `timezone`.
async fn put(query: &str) -> anyhow::Result<String> {
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _value)| key == name)
            .map(|(_key, value)| value.into_owned())
    };
    let repeat = match (value("every"), value("rule")) {
        (Some(every), _) => Some(scheduler::Repeat::Every(every.parse()?)),
        (None, Some(rule)) => Some(scheduler::Repeat::Rrule(scheduler::Recurrence {
            rule,
            timezone: value("timezone").unwrap_or_default(),
        })),
        (None, None) => None,
    };
    let schedule = scheduler::Schedule {
        name: value("name").unwrap_or_default(),
        due: value("due").unwrap_or_default().parse()?,
        repeat,
        payload: b"{\"from\":\"job-echo\"}".to_vec(),
    };
    Ok(match scheduler::put(schedule).await {
        Ok(()) => "kept".to_owned(),
        Err(error) => format!("{error:?}"),
    })
}

/// A line for each firing: its kind, name, due time and attempt.
async fn fired() -> anyhow::Result<String> {
    let connection = open().await?;
    let rows = connection
        .execute(
            "SELECT kind || ' ' || name || ' ' || due || ' ' || attempt FROM fired ORDER BY rowid",
            [],
        )
        .await?
        .collect()
        .await?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get::<&str>(0))
        .collect::<Vec<_>>()
        .join("\n"))
}

async fn open() -> anyhow::Result<Connection> {
    let connection = Connection::open_default().await?;
    connection
        .execute(
            "CREATE TABLE IF NOT EXISTS fired (kind TEXT, name TEXT, due INTEGER, attempt INTEGER)",
            [],
        )
        .await?
        .result()
        .await?;
    Ok(connection)
}

async fn write(kind: &str, name: &str, due: u64, attempt: u32) -> anyhow::Result<()> {
    let values = [
        Value::Text(kind.to_owned()),
        Value::Text(name.to_owned()),
        Value::Integer(i64::try_from(due)?),
        Value::Integer(i64::from(attempt)),
    ];
    open()
        .await?
        .execute("INSERT INTO fired VALUES (?, ?, ?, ?)", values)
        .await?
        .result()
        .await?;
    Ok(())
}

async fn is_released() -> anyhow::Result<bool> {
    let released = open()
        .await?
        .execute("SELECT 1 FROM fired WHERE kind = 'released'", [])
        .await?;
    Ok(!released.collect().await?.is_empty())
}

struct Handlers;

impl job_handler::Guest for Handlers {
    async fn handle_job(job: Job) -> Result<(), job_handler::Failure> {
        let work = async {
            write("job", &job.name, job.due, job.attempt).await?;
            while job.name == "stuck" && !is_released().await? {}
            anyhow::Ok(())
        };
        work.await
            .map_err(|error| job_handler::Failure::Retry(format!("{error:#}")))
    }
}

impl bindings::Guest for Handlers {
    async fn handle_cron_event(metadata: Metadata) -> Result<(), CronError> {
        let written = write("cron", "tick", metadata.timestamp, 1).await;
        written.map_err(|error| CronError::Other(format!("{error:#}")))
    }
}
