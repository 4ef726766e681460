//! A program on the Rust client that was made from the API's description: it signs up, makes tasks, reads them page by page,
//! completes one, and is told of mistakes in types. It ends with an error where anything is otherwise.
//!
//! Environment: `SIDESPIN_BASE_URL`, where the application runs, and `EMAIL`, an address that nobody has.

use std::error::Error;
use std::fmt::Debug;

use todo_client::apis::accounts_api::{SignUpSuccess, log_in, sign_up};
use todo_client::apis::configuration::Configuration;
use todo_client::apis::tasks_api::{
    CompleteTaskSuccess, CreateTaskSuccess, ListTasksSuccess, complete_task, create_task, list_tasks,
};
use todo_client::apis::{self, ResponseContent};
use todo_client::models::{Login, Priority, Problem, ProblemCode, Signup, Status, Task, TaskDraft, TaskPage};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let email = std::env::var("EMAIL")?;
    let mut configuration = Configuration {
        base_path: std::env::var("SIDESPIN_BASE_URL")?,
        ..Configuration::default()
    };
    let password = "correct horse".to_owned();
    let session = match sign_up(&configuration, Signup::new(email.clone(), password))
        .await?
        .entity
    {
        Some(SignUpSuccess::Status201(session)) => session,
        other => return Err(format!("signing up answered {other:?}").into()),
    };
    assert_eq!(session.user.email, email);
    configuration.bearer_access_token = Some(session.access_token);

    for title in ["Pay rent", "Buy milk", "Call Ann"] {
        let task = create(&configuration, title).await?;
        assert_eq!((task.status, task.priority), (Status::Pending, Priority::High));
    }
    let mut titles = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = page(&configuration, cursor.as_deref()).await?;
        assert!(page.items.len() <= 2);
        titles.extend(page.items.into_iter().map(|task| task.title));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(titles, ["Buy milk", "Call Ann", "Pay rent"]);

    match complete_task(&configuration, "1", None, None).await?.entity {
        Some(CompleteTaskSuccess::Status200(done)) => assert_eq!(done.task.status, Status::Completed),
        other => return Err(format!("completing answered {other:?}").into()),
    }
    mistakes(&configuration, email).await?;
    println!("the Rust client did what it should");
    Ok(())
}

async fn create(configuration: &Configuration, title: &str) -> Outcome<Task> {
    let draft = TaskDraft {
        priority: Some(Some(Priority::High)),
        ..TaskDraft::new(title.to_owned())
    };
    match create_task(configuration, draft, Some(title.replace(' ', "-").as_str()))
        .await?
        .entity
    {
        Some(CreateTaskSuccess::Status201(task)) => Ok(task),
        other => Err(format!("making a task answered {other:?}").into()),
    }
}

async fn page(configuration: &Configuration, cursor: Option<&str>) -> Outcome<TaskPage> {
    let sort = Some(vec!["title".to_owned()]);
    let answer = list_tasks(
        configuration,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        sort,
        None,
        Some(2),
        cursor,
        None,
        None,
    );
    match answer.await?.entity {
        Some(ListTasksSuccess::Status200(page)) => Ok(page),
        other => Err(format!("the list answered {other:?}").into()),
    }
}

/// What goes wrong has a type as well.
async fn mistakes(configuration: &Configuration, email: String) -> Outcome<()> {
    let problem = problem(
        create_task(configuration, TaskDraft::new(String::new()), None).await,
        422,
    )?;
    assert_eq!(problem.code, ProblemCode::ValidationFailed);
    let fields: Vec<String> = problem
        .errors
        .into_iter()
        .flatten()
        .map(|error| error.field)
        .collect();
    assert_eq!(fields, ["title"]);
    let problem = self::problem(
        log_in(configuration, Login::new(email, "wrong".to_owned())).await,
        401,
    )?;
    assert_eq!(problem.code, ProblemCode::InvalidCredentials);
    Ok(())
}

/// The problem that was answered. The generator's own enumeration of them does not look at the status.
fn problem<T: Debug, E: Debug>(
    answer: Result<ResponseContent<T>, apis::Error<E>>,
    status: u16,
) -> Outcome<Problem> {
    match answer {
        Err(apis::Error::ResponseError(answer)) if answer.status.as_u16() == status => {
            Ok(serde_json::from_str(&answer.content)?)
        }
        other => Err(format!("there should be a problem of status {status}, not {other:?}").into()),
    }
}
