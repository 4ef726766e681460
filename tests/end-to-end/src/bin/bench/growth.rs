//! What a large database costs: the same requests of a user who has 100 tasks and of one who has 100,000, in turns, so that
//! whatever else the machine does falls upon both.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON answers null for what is not there"
)]

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use end_to_end::{Server, ServerOptions, User};
use reqwest::StatusCode;
use serde_json::{Value, json};
use servers::Postgres;

use crate::application::metric;
use crate::{line, percentile};

const FEW: usize = 100;
const MANY: usize = 100_000;
/// As many as one import takes.
const AT_ONCE: usize = 2_000;
const WARM_UP: usize = 20;
const ROUNDS: usize = 300;
/// For the events of the imports to have been handled, which would otherwise be measured too.
const PATIENCE: Duration = Duration::from_secs(900);

/// A request that is measured.
struct Request {
    what: &'static str,
    path: &'static str,
    /// What is posted; nothing for a GET.
    body: fn(usize) -> Option<Value>,
}

const REQUESTS: [Request; 7] = [
    Request {
        what: "create",
        path: "/api/v1/tasks",
        body: |round| {
            Some(json!({ "title": format!("Call number {round}"), "tags": ["phone"], "priority": "high" }))
        },
    },
    Request {
        what: "list",
        path: "/api/v1/tasks",
        body: |_round| None,
    },
    Request {
        what: "list, filtered and sorted",
        path: "/api/v1/tasks?status=pending&priority=high&tags=home&sort=due_date",
        body: |_round| None,
    },
    Request {
        what: "list, searched",
        path: "/api/v1/tasks?search=water%20roses",
        body: |_round| None,
    },
    Request {
        what: "chat, \"What is due today?\"",
        path: "/api/v1/chat",
        body: |_round| Some(json!({ "message": "What is due today?" })),
    },
    Request {
        what: "chat, \"Mark task … as done\"",
        path: "/api/v1/chat",
        body: |round| Some(json!({ "message": format!("Mark task {} as done", round % FEW + 1) })),
    },
    Request {
        what: "chat, \"Add a task to …\"",
        path: "/api/v1/chat",
        body: |round| {
            Some(json!({ "message": format!("Add a task to read chapter {round} tomorrow at 9am") }))
        },
    },
];

pub(crate) async fn measure() -> Result<()> {
    compare("SQLite", &[], &[]).await?;
    let Some(postgres) = Postgres::shared()? else {
        line("Postgres", "not measured: there is none on this machine");
        return Ok(());
    };
    let host = format!("postgres://{}", postgres.address());
    let variables = |url: String| vec![("database_url", url), ("database_host", host.clone())];
    let (few, many) = (variables(postgres.database()?), variables(postgres.database()?));
    compare("Postgres", &few, &many).await
}

/// A host with a user who has so many tasks, none of whose events is still under way.
async fn filled(variables: &[(&str, String)], count: usize) -> Result<(Server, User)> {
    let variables = variables.iter().map(|(name, value)| (name, value));
    let server = Server::start_with(ServerOptions::without_limits().with(variables)).await?;
    let user = User::sign_up(&server).await?;
    let tasks: Vec<Value> = (0..count).map(task).collect();
    for tasks in tasks.chunks(AT_ONCE) {
        let answer = user.post("/api/v1/import?format=json", &json!(tasks)).await?;
        ensure!(
            answer.status == StatusCode::OK,
            "importing answered {}: {}",
            answer.status,
            answer.body
        );
    }
    let begun = Instant::now();
    // Of each task the outbox has an event for the audit and one for the browsers.
    let told = || metric(&server, "kafka_produced_total", "component=\"chat-api\"");
    let handled = || metric(&server, "kafka_messages_total", "component=\"audit\"");
    let count = u64::try_from(count)?;
    while handled().await? < count || told().await? < 2 * count {
        ensure!(
            begun.elapsed() < PATIENCE,
            "the events of {count} tasks are not handled"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok((server, user))
}

/// One of many tasks, as different from the others as people's are.
fn task(index: usize) -> Value {
    const VERBS: [&str; 8] = [
        "Buy", "Call", "Write to", "Water", "Clean", "Repair", "Pay", "Read",
    ];
    const THINGS: [&str; 11] = [
        "the roses",
        "the landlord",
        "the insurance",
        "the bicycle",
        "the report",
        "grandmother",
        "the kitchen",
        "the newspaper",
        "the dentist",
        "the garden fence",
        "the library",
    ];
    const TAGS: [&str; 5] = ["home", "work", "garden", "errand", "family"];
    const PRIORITIES: [&str; 4] = ["low", "medium", "high", "urgent"];
    // Some other number for each feature, so that none follows from another one.
    let draw = |feature: usize| (index * 7 + feature).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let pick =
        |list: &[&'static str], feature| list.get(draw(feature) % list.len()).copied().unwrap_or_default();
    let mut task = json!({
        "title": format!("{} {} {index}", pick(&VERBS, 1), pick(&THINGS, 2)),
        "priority": pick(&PRIORITIES, 3),
        "tags": [pick(&TAGS, 4)],
    });
    if draw(5) % 3 != 0 {
        let day = draw(6) % (15 * 12 * 28);
        let (year, month) = (2020 + day / (12 * 28), 1 + day / 28 % 12);
        task["due_date"] = format!("{year}-{month:02}-{:02}", 1 + day % 28).into();
    }
    if draw(0) % 4 == 1 {
        task["status"] = "completed".into();
    }
    task
}

async fn compare(database: &str, few: &[(&str, String)], many: &[(&str, String)]) -> Result<()> {
    let (few_server, few_user) = filled(few, FEW).await?;
    let (many_server, many_user) = filled(many, MANY).await?;
    for request in REQUESTS {
        let (mut few_times, mut many_times) = (Vec::new(), Vec::new());
        for round in 0..WARM_UP + ROUNDS {
            // Whoever comes second finds the processor warm: they take turns in that too.
            let (few_time, many_time) = if round % 2 == 0 {
                let few_time = send(&few_user, &request, round).await?;
                (few_time, send(&many_user, &request, round).await?)
            } else {
                let many_time = send(&many_user, &request, round).await?;
                (send(&few_user, &request, round).await?, many_time)
            };
            if round >= WARM_UP {
                few_times.push(few_time);
                many_times.push(many_time);
            }
        }
        few_times.sort_unstable();
        many_times.sort_unstable();
        let ratio =
            |part| percentile(&many_times, part).as_secs_f64() / percentile(&few_times, part).as_secs_f64();
        line(
            &format!("{database}, {}, {MANY} tasks against {FEW}", request.what),
            &format!(
                "p50 {:.1?} / {:.1?} = {:.2}, p99 {:.1?} / {:.1?} = {:.2}",
                percentile(&many_times, 0.5),
                percentile(&few_times, 0.5),
                ratio(0.5),
                percentile(&many_times, 0.99),
                percentile(&few_times, 0.99),
                ratio(0.99)
            ),
        );
    }
    drop((few_server, many_server));
    Ok(())
}

async fn send(user: &User, request: &Request, round: usize) -> Result<Duration> {
    let begun = Instant::now();
    let answer = match (request.body)(round) {
        Some(body) => user.post(request.path, &body).await?,
        None => user.get(request.path).await?,
    };
    let took = begun.elapsed();
    ensure!(
        answer.status.is_success(),
        "{} answered {}: {}",
        request.what,
        answer.status,
        answer.body
    );
    Ok(took)
}
