//! Requests per second of the smallest component, beside hyper without any.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use end_to_end::{Server, ServerOptions, root};
use http_body_util::Full;
use hyper::Response;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::{line, load};

/// The argument that makes this program the server to compare with.
pub(crate) const BARE_HYPER: &str = "bare-hyper";

const ROUND: Duration = Duration::from_secs(5);

pub(crate) async fn measure() -> Result<()> {
    let (mut bare, address) = start_bare_hyper().await?;
    let baseline = load::requests_per_second(address, ROUND).await?;
    bare.kill().await?;
    line("bare hyper", &format!("{baseline} requests/s, 1.00"));
    component("the smallest component, instance reused", &[], baseline).await?;
    component(
        "the smallest component, fresh instance each",
        &["--max-instance-reuse-count", "1"],
        baseline,
    )
    .await
}

async fn component(what: &str, arguments: &[&str], baseline: u64) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let manifest = directory.path().join("spin.toml");
    let source = root().join("target/components/http-hello.wasm");
    std::fs::write(
        &manifest,
        format!(
            "spin_manifest_version = 2\n[application]\nname = \"hello\"\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"hello\"\n[component.hello]\nsource = \"{}\"\n",
            source.display()
        ),
    )?;
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let server = Server::start_with(ServerOptions {
        manifest: Some(manifest),
        arguments,
    })
    .await?;
    let figure = load::requests_per_second(server.http, ROUND).await?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "far fewer requests than a float counts exactly"
    )]
    let ratio = figure as f64 / baseline as f64;
    line(what, &format!("{figure} requests/s, {ratio:.2}"));
    Ok(())
}

/// In a process of its own, as the host is.
async fn start_bare_hyper() -> Result<(Child, SocketAddr)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(BARE_HYPER)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().context("no standard output")?;
    let address = BufReader::new(stdout)
        .lines()
        .next_line()
        .await?
        .context("no address")?;
    Ok((child, address.parse()?))
}

/// Answers every request with the bytes that the component answers with.
pub(crate) async fn bare_hyper() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    loop {
        let (stream, _client) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service_fn(|_request| async {
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello"))))
        });
        let connection =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move { drop(connection.await) });
    }
}
