//! The command that changes the tables: a component that runs once, with arguments and an exit code.

use std::process::Stdio;

use end_to_end::{Server, ServerOptions, User, program, root};
use serde_json::{Value, json};
use servers::Postgres;
use tempfile::TempDir;
use tokio::process::Command;

use crate::postgres::{database, host, on};
use crate::support::get;
use crate::terminal::text;

/// What a run of the command came to.
struct Ran {
    code: Option<i32>,
    output: String,
    errors: String,
}

/// Runs the command on the application in the checkout.
async fn migrate(state: &TempDir, variables: &[(&str, &str)], arguments: &str) -> Ran {
    let mut command = Command::new(program());
    command
        .args(["up", "--component-id", "migrate", "--quiet", "--from"])
        .arg(root().join("spin.toml"))
        .arg("--state-dir")
        .arg(state.path());
    for (name, value) in variables {
        command.args(["--variable", &format!("{name}={value}")]);
    }
    let output = command
        .arg("--")
        .args(arguments.split(' '))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    Ran {
        code: output.status.code(),
        output: text(&output.stdout),
        errors: text(&output.stderr),
    }
}

async fn json_of(state: &TempDir, variables: &[(&str, &str)], arguments: &str) -> Value {
    let ran = migrate(state, variables, &format!("{arguments} --output json")).await;
    assert_eq!(ran.code, Some(0), "{}", ran.errors);
    serde_json::from_str(&ran.output).unwrap_or_else(|error| panic!("{error}: {}", ran.output))
}

#[tokio::test]
async fn the_command_runs_alone_on_sqlite_and_passes_its_exit_code_on() {
    let state = tempfile::tempdir().unwrap();
    let ran = migrate(&state, &[], "status").await;
    assert_eq!((ran.code, ran.errors.as_str()), (Some(0), ""));
    assert!(ran.output.starts_with("SERVICE "), "{}", ran.output);
    let made = json_of(&state, &[], "up").await;
    let chat = &made["services"][0];
    assert_eq!((&chat["service"], &chat["at"]), (&json!("chat"), &chat["latest"]));
    let back = migrate(&state, &[], "rollback --service notification --steps 3").await;
    assert!(
        back.output.starts_with("took back notification ") && back.output.contains("lost: "),
        "{}",
        back.output
    );
    let wrong = migrate(&state, &[], "rollback").await;
    assert_eq!((wrong.code, wrong.output.as_str()), (Some(1), ""));
    assert!(wrong.errors.contains("say whose changes"), "{}", wrong.errors);
    // Only what the application keeps is there: no broker, no jobs.
    let kept: Vec<_> = std::fs::read_dir(state.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !kept
            .iter()
            .any(|name| name.contains("kafka") || name.contains("jobs")),
        "{kept:?}"
    );
}

#[tokio::test]
async fn arguments_without_a_command_are_bad_usage() {
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new(program());
    command
        .args(["up", "--component-id", "audit", "--from"])
        .arg(root().join("spin.toml"))
        .arg("--state-dir")
        .arg(state.path())
        .args(["--", "status"]);
    let output = command.kill_on_drop(true).output().await.unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`--component-id`"), "{said}");
}

#[tokio::test]
async fn services_wait_for_the_command_where_it_is_its_affair() {
    let Some((postgres, url)) = database() else { return };
    let by_command = [("database_migrate", "by-command")];
    let server = Server::start_with(on(&postgres, &url, &by_command))
        .await
        .unwrap();
    let (status, told) = get(&server, "/health/ready").await;
    assert_eq!(status, 503, "{told}");
    assert!(told.contains("cargo xtask migrate up"), "{told}");
    let state = tempfile::tempdir().unwrap();
    let host = host(&postgres);
    let variables = [("database_url", url.as_str()), ("database_host", &host)];
    // Two at once, beside the host that runs.
    let (first, second) = tokio::join!(
        json_of(&state, &variables, "up"),
        json_of(&state, &variables, "up"),
    );
    let count = |ran: &Value| ran["done"].as_array().unwrap().len();
    let all: u64 = first["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|service| service["latest"].as_u64().unwrap())
        .sum();
    assert_eq!(count(&first) + count(&second), usize::try_from(all).unwrap());
    let (status, told) = get(&server, "/health/ready").await;
    assert_eq!(status, 200, "{told}");
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Kept" })).await.unwrap();
    user.wait_for("the entry", "/api/v1/audit", |entry| {
        entry["type"] == "task.created"
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn each_service_works_with_a_role_and_a_schema_of_its_own() {
    // Roles are the server's, not a database's.
    let Some(postgres) = Postgres::start().unwrap() else {
        return;
    };
    let url = postgres.database().unwrap();
    let host = host(&postgres);
    let state = tempfile::tempdir().unwrap();
    let owner = [("database_url", url.as_str()), ("database_host", &host)];
    let ran = migrate(&state, &owner, "roles --apply").await;
    assert_eq!(ran.code, Some(0), "{}", ran.errors);
    let of = |role: &str| url.replace("postgres@", &format!("{role}@"));
    let urls = ["chat", "notification", "audit"].map(|service| of(&format!("todo_{service}")));
    let variables = [
        ("chat_database_url", urls[0].as_str()),
        ("notification_database_url", &urls[1]),
        ("audit_database_url", &urls[2]),
        ("database_host", &host),
    ];
    let made = json_of(&state, &variables, "up").await;
    assert_eq!(made["services"][2]["at"], made["services"][2]["latest"]);
    let mut further = variables.to_vec();
    further.push(("database_migrate", "by-command"));
    // The owner's address leads nowhere: nobody needs it.
    let nowhere = url.replace("postgres@", "nobody@");
    let options: ServerOptions = on(&postgres, &nowhere, &further);
    let server = Server::start_with(options).await.unwrap();
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Kept", "due_date": "2030-05-01T09:00:00Z" }))
        .await
        .unwrap();
    user.wait_for("the entry", "/api/v1/audit", |entry| {
        entry["type"] == "task.created"
    })
    .await
    .unwrap();
    assert_eq!(user.get("/api/v1/notifications").await.unwrap().status, 200);
    let database = url.rsplit('/').next().unwrap();
    let count = |table: &str| {
        postgres
            .sql(database, &format!("SELECT count(*) FROM {table}"))
            .unwrap()
    };
    assert_eq!(
        (count("chat.chat_tasks"), count("audit.audit_entries")),
        ("1".to_owned(), "1".to_owned())
    );
}
