//! What `sidespin up` is told on the command line.

use end_to_end::{PATIENCE, Server, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Application, get, guest};

fn probe() -> Application {
    Application::new(&format!(
        r#"
[[trigger.http]]
route = "/..."
component = "probe"

[component.probe]
source = "{}"
sqlite_databases = ["default"]
key_value_stores = ["default"]
"#,
        guest("probe")
    ))
}

#[tokio::test]
async fn state_can_be_prepared_before_the_first_request() {
    let application = probe();
    let migration = application.directory().join("migration.sql");
    std::fs::write(
        &migration,
        "CREATE TABLE IF NOT EXISTS counts (n INTEGER);\nINSERT INTO counts VALUES (40);",
    )
    .unwrap();
    let migration = format!("@{}", migration.display());
    // The component counts with one byte, and `A` is 65.
    let prepared = [
        "--sqlite",
        &migration,
        "--sqlite",
        "INSERT INTO counts VALUES (1)",
    ];
    let server = application
        .start(&[&prepared[..], &["--key-value", "count=A"]].concat())
        .await;
    assert_eq!(get(&server, "/sqlite?default").await.1, "42");
    assert_eq!(get(&server, "/key-value?default").await.1, "66");
}

#[tokio::test]
async fn what_a_component_prints_is_kept_in_files() {
    let application = probe();
    let logs = application.directory().join("logs");
    let server = application
        .start(&["--log-dir", &logs.display().to_string()])
        .await;
    assert_eq!(get(&server, "/trap").await.0, 500);
    let printed = std::fs::read_to_string(logs.join("probe_stderr.txt")).unwrap();
    assert!(printed.contains("as requested"), "{printed}");
    assert_eq!(
        std::fs::read_to_string(logs.join("probe_stdout.txt")).unwrap(),
        ""
    );
}

#[tokio::test]
async fn with_a_certificate_it_serves_https() {
    let application = probe();
    let identity = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (
        application.directory().join("tls.crt"),
        application.directory().join("tls.key"),
    );
    std::fs::write(&certificate, identity.cert.pem()).unwrap();
    std::fs::write(&key, identity.signing_key.serialize_pem()).unwrap();
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    let server = application
        .start(&["--tls-cert", &certificate, "--tls-key", &key])
        .await;
    let root = reqwest::Certificate::from_pem(identity.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .tls_built_in_root_certs(false)
        .add_root_certificate(root)
        .build()
        .unwrap();
    let base = format!("https://localhost:{}", server.http.port());
    let response = client
        .get(format!("{base}/header?spin-full-url"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.text().await.unwrap(),
        format!("{base}/header?spin-full-url")
    );
    // A client that does not speak TLS gets nothing, and holds nobody up.
    assert!(reqwest::get(server.url("/calls")).await.is_err());
    let response = client.get(format!("{base}/calls")).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_shell_s_low_limit_of_open_files_does_not_limit_connections() {
    let application = probe();
    let server = Server::start_with(ServerOptions {
        manifest: Some(application.manifest()),
        wrapper: ["bash", "-c", "ulimit -Sn 200; exec \"$@\"", "few-files"]
            .map(str::to_owned)
            .to_vec(),
        ..ServerOptions::default()
    })
    .await
    .unwrap();
    let mut connections = Vec::new();
    for _ in 0..400 {
        let mut connection = TcpStream::connect(server.http).await.unwrap();
        let request = format!("GET /calls HTTP/1.1\r\nhost: {}\r\n\r\n", server.http);
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        let answered = tokio::time::timeout(PATIENCE, connection.read_exact(&mut head)).await;
        answered.expect("a connection is not served").unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        // It stays open.
        connections.push(connection);
    }
}
