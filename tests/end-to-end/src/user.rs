//! A person with an account, at an HTTP client.

use anyhow::{Context, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::stream::EventStream;
use crate::{Server, eventually, pair};

/// An account that is logged in.
#[derive(Debug, Clone)]
pub struct User {
    client: reqwest::Client,
    base: String,
    /// The account's e-mail address.
    pub email: String,
    /// The account's id.
    pub id: String,
    /// The access token.
    pub token: String,
    /// The refresh token.
    pub refresh_token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as JSON, null if it is none.
    pub body: Value,
}

/// The password of every account in the tests.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

impl User {
    /// Signs up with a fresh address.
    ///
    /// # Errors
    /// The account is not created.
    pub async fn sign_up(server: &Server) -> anyhow::Result<Self> {
        let email = format!("{}@example.com", uuid::Uuid::new_v4().simple());
        let client = client()?;
        let response = client
            .post(server.url("/api/v1/auth/signup"))
            .json(&json!({ "email": email, "password": PASSWORD, "name": "Test" }))
            .send()
            .await?;
        let status = response.status();
        let body: Value = response.json().await?;
        ensure!(status == StatusCode::CREATED, "sign-up answered {status}: {body}");
        Self::from_session(client, format!("http://{}", server.http), email, &body)
    }

    fn from_session(
        client: reqwest::Client,
        base: String,
        email: String,
        body: &Value,
    ) -> anyhow::Result<Self> {
        let text = |pointer: &str| {
            let value = body.pointer(pointer).and_then(Value::as_str);
            value
                .map(str::to_owned)
                .with_context(|| format!("no `{pointer}` in {body}"))
        };
        Ok(Self {
            client,
            base,
            email,
            id: text("/user/id")?,
            token: text("/access_token")?,
            refresh_token: text("/refresh_token")?,
        })
    }

    /// The same account at a server that was started again.
    #[must_use]
    pub fn at(&self, server: &Server) -> Self {
        Self {
            client: client().unwrap_or_default(),
            base: format!("http://{}", server.http),
            ..self.clone()
        }
    }

    /// Sends any request with this account's token.
    ///
    /// # Errors
    /// No answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", content_type(headers))
                .body(body.to_string());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// GET.
    ///
    /// # Errors
    /// No answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, &[], None).await
    }

    /// POST.
    ///
    /// # Errors
    /// No answer.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// Creates a task and answers with it.
    ///
    /// # Errors
    /// It is not created.
    pub async fn create(&self, task: &Value) -> anyhow::Result<Value> {
        let answer = self.post("/api/v1/tasks", task).await?;
        ensure!(
            answer.status == StatusCode::CREATED,
            "creating {task} answered {}: {}",
            answer.status,
            answer.body
        );
        Ok(answer.body)
    }

    /// Says something to the assistant.
    ///
    /// # Errors
    /// The answer is no 200.
    pub async fn say(&self, message: &str) -> anyhow::Result<Value> {
        let answer = self.post("/api/v1/chat", &json!({ "message": message })).await?;
        ensure!(
            answer.status == StatusCode::OK,
            "`{message}` answered {}: {}",
            answer.status,
            answer.body
        );
        Ok(answer.body)
    }

    /// All items of a list, page by page.
    ///
    /// # Errors
    /// A page is no 200.
    pub async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = self.get(&format!("{path}{separator}limit=100{cursor}")).await?;
            ensure!(
                answer.status == StatusCode::OK,
                "{path} answered {}: {}",
                answer.status,
                answer.body
            );
            items.extend(
                answer.body["items"]
                    .as_array()
                    .context("no `items`")?
                    .iter()
                    .cloned(),
            );
            match answer.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }

    /// Waits for an item of a list.
    ///
    /// # Errors
    /// It does not come.
    pub async fn wait_for(
        &self,
        what: &str,
        path: &str,
        matches: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        eventually(what, || async {
            Ok(self.list(path).await?.into_iter().find(&matches))
        })
        .await
    }

    /// Opens the live updates.
    ///
    /// # Errors
    /// They are refused.
    pub async fn updates(&self, last_event_id: Option<&str>) -> anyhow::Result<EventStream> {
        let mut request = self
            .client
            .get(format!("{}/api/v1/updates", self.base))
            .bearer_auth(&self.token);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        EventStream::open(request).await
    }
}

/// Where there are two hosts, each request goes by a connection of its own, so to the other one.
fn client() -> anyhow::Result<reqwest::Client> {
    let builder = reqwest::Client::builder();
    let builder = if pair::is_wanted()? {
        builder.pool_max_idle_per_host(0)
    } else {
        builder
    };
    Ok(builder.build()?)
}

fn content_type<'a>(headers: &[(&'a str, &'a str)]) -> &'a str {
    let given = headers
        .iter()
        .find(|(name, _value)| name.eq_ignore_ascii_case("x-content-type"));
    given.map_or("application/json", |(_name, value)| value)
}
