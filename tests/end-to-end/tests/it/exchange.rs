//! Files of tasks out of one account and into another, and a calendar that a program subscribes to.

use end_to_end::{Server, User};
use reqwest::{Client, StatusCode};
use serde_json::Value;

#[tokio::test]
async fn tasks_leave_as_a_long_file_come_in_elsewhere_and_show_in_a_calendar() {
    let server = Server::start().await.unwrap();
    let (ann, bob) = (
        User::sign_up(&server).await.unwrap(),
        User::sign_up(&server).await.unwrap(),
    );
    let client = Client::new();
    let import = async |user: &User, kind: &str, file: String| {
        let request = client.post(server.url("/api/v1/import")).bearer_auth(&user.token);
        let answer = request
            .header("content-type", kind)
            .body(file)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let rows: String = (1..=500)
        .map(|number| format!("task {number},2030-03-{:02}\n", number % 28 + 1))
        .collect();
    let (status, done) = import(&ann, "text/csv", format!("title,due_date\n{rows}")).await;
    assert_eq!(
        (status, &done["imported"]),
        (StatusCode::OK, &500.into()),
        "{done}"
    );
    let (status, refused) = import(&ann, "text/csv", "title\na\n\u{1}\n".to_owned()).await;
    assert_eq!(
        (status, &refused["errors"][0]["line"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &3.into())
    );

    for (format, kind) in [("json", "application/json"), ("ics", "text/calendar")] {
        let url = server.url(&format!("/api/v1/export?format={format}"));
        let file = client.get(url).bearer_auth(&ann.token).send().await.unwrap();
        assert_eq!(file.status(), StatusCode::OK);
        let file = file.text().await.unwrap();
        let (status, done) = import(&bob, kind, file).await;
        assert_eq!(status, StatusCode::OK, "{done}");
        // What came as JSON is known when it comes as a calendar.
        let expected = if format == "json" { [500, 0] } else { [0, 500] };
        assert_eq!(
            [&done["imported"], &done["skipped"]].map(|count| count.as_u64()),
            expected.map(Some)
        );
    }

    let feed = bob.post("/api/v1/calendar-feed", &Value::Null).await.unwrap();
    assert_eq!(feed.status, StatusCode::CREATED);
    let url = feed.body["url"].as_str().unwrap();
    assert!(url.starts_with(&server.url("/calendar/")), "{url}");
    let calendar = client.get(url).send().await.unwrap();
    let tag = calendar.headers()["etag"].clone();
    assert_eq!(calendar.text().await.unwrap().matches("BEGIN:VTODO").count(), 500);
    let again = client.get(url).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}
