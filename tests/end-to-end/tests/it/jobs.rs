//! Jobs and cron from outside: what fires, what a kill does to it, what operators do to it, and two hosts on one Postgres.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use end_to_end::{Server, eventually, program};
use serde_json::Value;
use servers::Postgres;
use tokio::process::Command;

use crate::support::{Application, get, guest};

/// `triggers` beside the HTTP trigger.
fn application(triggers: &str) -> Application {
    Application::new(&format!(
        r#"
[variables]
db_password = {{ default = "unused", secret = true }}

[[trigger.http]]
route = "/..."
component = "job-echo"
{triggers}
[component.job-echo]
source = "{}"
sqlite_databases = ["default"]
"#,
        guest("job-echo")
    ))
}

const JOBS: &str = "\n[[trigger.jobs]]\ncomponent = \"job-echo\"\n";
const CRON: &str = "\n[[trigger.cron]]\ncomponent = \"job-echo\"\ncron_expression = \"* * * * * *\"\n";

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    since.as_millis().try_into().unwrap()
}

/// Lines of one kind: name, due time, attempt.
async fn fired(server: &Server, kind: &str) -> Vec<(String, u64, u32)> {
    let (status, text) = get(server, "/fired").await;
    assert_eq!(status, 200, "{text}");
    let line = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        (words[0] == kind).then(|| {
            (
                words[1].to_owned(),
                words[2].parse().unwrap(),
                words[3].parse().unwrap(),
            )
        })
    };
    text.lines().filter_map(line).collect()
}

async fn fired_times(server: &Server, name: &str, count: usize) {
    eventually(&format!("{name} to have fired {count} times"), || async {
        let fired = fired(server, "job").await;
        let fired = fired.iter().filter(|(fired, ..)| fired == name).count();
        assert!(fired <= count, "{name} fired {fired} times");
        Ok((fired == count).then_some(()))
    })
    .await
    .unwrap();
}

async fn put(server: &Server, query: &str) -> String {
    get(server, &format!("/put?{query}")).await.1
}

/// Runs `sidespin jobs` and answers with exit code, output and what was said about a failure.
async fn jobs(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(program())
        .arg("jobs")
        .args(arguments)
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn a_firing_that_a_kill_interrupts_comes_again_and_one_that_came_due_meanwhile_fires() {
    let application = application(JOBS);
    let mut server = application.start(&[]).await;
    assert_eq!(put(&server, "name=stuck&due=1").await, "kept");
    fired_times(&server, "stuck", 1).await;
    let due = now() + 400;
    assert_eq!(put(&server, &format!("name=meanwhile&due={due}")).await, "kept");
    server.kill().await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.restart().await.unwrap();
    fired_times(&server, "stuck", 2).await;
    fired_times(&server, "meanwhile", 1).await;
    get(&server, "/release").await;
    // Settled, it is gone; nothing fires again.
    let state = server.state().display().to_string();
    eventually("no job to be left", || async {
        let (code, listed, said) = jobs(&["list", "--state-dir", &state, "--output", "json"]).await;
        assert_eq!(code, Some(0), "{said}");
        Ok((listed.trim() == "[]").then_some(()))
    })
    .await
    .unwrap();
    let all = fired(&server, "job").await;
    let attempts: Vec<_> = all
        .iter()
        .map(|(name, due, attempt)| (name.as_str(), *due, *attempt))
        .collect();
    assert_eq!(attempts.len(), 3);
    assert!(attempts.contains(&("meanwhile", due, 1)), "{attempts:?}");
    assert_eq!(
        attempts.iter().filter(|fired| **fired == ("stuck", 1, 1)).count(),
        2
    );
    assert_eq!(server.stop().await.unwrap(), Some(0));
}

#[tokio::test]
async fn operators_list_show_cancel_and_run_the_jobs_of_a_running_host() {
    let application = application(&format!(
        "{JOBS}\n[[trigger.cron]]\ncomponent = \"job-echo\"\ncron_expression = \"0 0 1 1 *\"\n"
    ));
    let server = application.start(&[]).await;
    let state = server.state().display().to_string();
    let run = async |arguments: &[&str]| jobs(&[arguments, &["--state-dir", &state]].concat()).await;
    let tomorrow = now() + 86_400_000;
    put(&server, &format!("name=once&due={tomorrow}")).await;
    put(&server, &format!("name=doomed&due={tomorrow}")).await;
    put(
        &server,
        &format!("name=weekly&due={tomorrow}&rule=FREQ%3DWEEKLY&timezone=Europe%2FBerlin"),
    )
    .await;
    let refused = put(
        &server,
        "name=never&due=0&rule=FREQ%3DDAILY%3BUNTIL%3D19690101&timezone=UTC",
    )
    .await;
    assert!(refused.contains("never fires"), "{refused}");

    let (code, listed, _) = run(&["list", "--output", "json"]).await;
    assert_eq!(code, Some(0));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["0 0 1 1 * UTC", "doomed", "once", "weekly"]);
    assert_eq!(listed[3]["timezone"], "Europe/Berlin");
    let (_, table, _) = run(&["list", "--component", "job-echo"]).await;
    assert!(
        table.starts_with("COMPONENT ") && table.lines().count() == 4 && !table.contains('\x1b'),
        "{table}"
    );
    let (_, shown, _) = run(&["show", "job-echo", "weekly"]).await;
    assert!(
        shown.contains("FREQ=WEEKLY") && shown.contains(r#"{"from":"job-echo"}"#),
        "{shown}"
    );

    assert_eq!(run(&["cancel", "job-echo", "doomed"]).await.0, Some(0));
    let (code, _, said) = run(&["cancel", "job-echo", "doomed"]).await;
    assert!(code == Some(1) && said.contains("has no job `doomed`"), "{said}");
    let (code, _, said) = run(&["cancel", "cron/job-echo", "0 0 1 1 * UTC"]).await;
    assert!(code == Some(2) && said.contains("[[trigger.cron]]"), "{said}");
    assert_eq!(run(&["show", "job-echo"]).await.0, Some(2));

    // The sleeping host is woken: what is run fires now, though its time is tomorrow.
    for name in ["once", "weekly"] {
        assert_eq!(run(&["run", "job-echo", name]).await.0, Some(0));
        fired_times(&server, name, 1).await;
    }
    assert_eq!(run(&["run", "cron/job-echo", "0 0 1 1 * UTC"]).await.0, Some(0));
    eventually("the tick to be called", || async {
        Ok((fired(&server, "cron").await.len() == 1).then_some(()))
    })
    .await
    .unwrap();
    eventually("the planned tick to be left", || async {
        let (_, shown, _) = run(&["show", "cron/job-echo", "0 0 1 1 * UTC", "--output", "json"]).await;
        let shown: Value = serde_json::from_str(&shown)?;
        Ok((shown["fire_at"] == listed[0]["fire_at"]).then_some(()))
    })
    .await
    .unwrap();
    eventually("what repeats to be left", || async {
        let (_, listed, _) = run(&["list", "--component", "job-echo", "--output", "json"]).await;
        let listed: Value = serde_json::from_str(&listed)?;
        let left: Vec<_> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|job| (job["name"].clone(), job["fire_at"].clone()))
            .collect();
        Ok((left.len() == 1 && left[0].0 == "weekly" && left[0].1 == listed[0]["due"]).then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn an_application_without_jobs_has_no_file_for_them() {
    let application = application("");
    let server = application.start(&[]).await;
    assert!(put(&server, "name=job&due=1").await.contains("[[trigger.jobs]]"));
    assert!(!server.state().join("jobs.db").exists());
    let (code, _, said) = jobs(&["list", "--state-dir", &server.state().display().to_string()]).await;
    assert!(
        code == Some(1) && said.contains("jobs.db") && said.contains("--from"),
        "{said}"
    );
    assert!(!server.state().join("jobs.db").exists());
}

#[tokio::test]
async fn two_hosts_on_one_postgres_fire_each_tick_and_each_job_once() {
    let Some(postgres) = Postgres::shared().unwrap() else {
        return;
    };
    let url = postgres.database().unwrap();
    let application = application(&format!("{JOBS}{CRON}"));
    let config = application.directory().join("runtime-config.toml");
    std::fs::write(
        &config,
        format!("[jobs]\npostgres = \"{url}\"\npassword = \"{{{{ db_password }}}}\"\n"),
    )
    .unwrap();
    let config = config.display().to_string();
    let arguments = ["--runtime-config-file", config.as_str()];
    let (first, mut second) = (
        application.start(&arguments).await,
        application.start(&arguments).await,
    );
    assert!(!first.state().join("jobs.db").exists());
    for number in 0..50 {
        let server = if number % 2 == 0 { &first } else { &second };
        let query = format!("name=job-{number}&due={}", now() + 1000 + number * 10);
        assert_eq!(put(server, &query).await, "kept");
    }
    let manifest = application.manifest().display().to_string();
    let (code, listed, said) = jobs(&[
        "list",
        "--from",
        &manifest,
        "--runtime-config-file",
        &config,
        "--component",
        "job-echo",
    ])
    .await;
    assert!(code == Some(0) && listed.contains("job-49"), "{said}");
    // Both fire for four seconds; then one of them is stopped, and the other goes on alone.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let of_second = (fired(&second, "cron").await, fired(&second, "job").await);
    assert_eq!(second.stop().await.unwrap(), Some(0));
    let stopped = now() / 1000;
    let ticks = eventually("the other host to go on", || async {
        let ticks = fired(&first, "cron").await;
        let later = ticks.iter().filter(|(_, tick, _)| *tick > stopped + 1).count();
        Ok((later >= 2).then_some(ticks))
    })
    .await
    .unwrap();
    let mut by_tick = BTreeMap::<u64, usize>::new();
    for (_, tick, _) in ticks.into_iter().chain(of_second.0.clone()) {
        *by_tick.entry(tick).or_default() += 1;
    }
    assert!(by_tick.len() >= 5, "{by_tick:?}");
    assert!(
        by_tick.values().all(|count| *count == 1),
        "a tick was called twice: {by_tick:?}"
    );
    let mut by_job = BTreeMap::<String, usize>::new();
    for (name, ..) in fired(&first, "job").await.into_iter().chain(of_second.1.clone()) {
        *by_job.entry(name).or_default() += 1;
    }
    assert_eq!(by_job.len(), 50);
    assert!(by_job.values().all(|count| *count == 1), "{by_job:?}");
    println!(
        "ticks {}, of which the second host had {}; jobs 50, of which it had {}",
        by_tick.len(),
        of_second.0.len(),
        of_second.1.len()
    );
}
