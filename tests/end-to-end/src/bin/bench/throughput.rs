//! Requests per second of the smallest component, beside hyper without any.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
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

use crate::{line, load, percentile};

/// The argument that makes this program the server to compare with.
pub(crate) const BARE_HYPER: &str = "bare-hyper";

/// How long each server is under load at a time.
const ROUND: Duration = Duration::from_secs(3);

/// How often each has its turn. A machine's speed changes from second to second when it shares its processors with others;
/// servers that take turns see the same of it.
const ROUNDS: usize = 5;

pub(crate) async fn measure() -> Result<()> {
    let (mut bare, address) = start_bare_hyper().await?;
    let directory = tempfile::tempdir()?;
    let reusing = start_component(directory.path(), &[]).await?;
    let fresh = start_component(directory.path(), &["--max-instance-reuse-count", "1"]).await?;
    let servers = [
        ("bare hyper", address),
        ("the smallest component, instance reused", reusing.http),
        ("the smallest component, fresh instance each", fresh.http),
    ];
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let mut figures = Vec::new();
        for (_what, address) in servers {
            figures.push(load::requests_per_second(address, ROUND).await?);
        }
        rounds.push(figures);
    }
    for (place, (what, _address)) in servers.into_iter().enumerate() {
        let of_round = |figures: &Vec<u64>| -> Option<(u64, u64)> {
            Some((*figures.get(place)?, figures.first()?.saturating_mul(1000)))
        };
        let (mut figures, mut ratios): (Vec<_>, Vec<_>) = rounds
            .iter()
            .filter_map(of_round)
            .map(|(figure, baseline)| (figure, figure.saturating_mul(1_000_000) / baseline.max(1)))
            .unzip();
        figures.sort_unstable();
        ratios.sort_unstable();
        let (figure, thousandths) = (percentile(&figures, 0.5), percentile(&ratios, 0.5));
        line(
            what,
            &format!(
                "{figure} requests/s, {}.{:02}",
                thousandths / 1000,
                thousandths % 1000 / 10
            ),
        );
    }
    bare.kill().await?;
    Ok(())
}

async fn start_component(directory: &Path, arguments: &[&str]) -> Result<Server> {
    let manifest = directory.join("spin.toml");
    let source = root().join("target/components/http-hello.wasm");
    std::fs::write(
        &manifest,
        format!(
            "spin_manifest_version = 2\n[application]\nname = \"hello\"\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"hello\"\n[component.hello]\nsource = \"{}\"\n",
            source.display()
        ),
    )?;
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Server::start_with(ServerOptions {
        manifest: Some(manifest),
        arguments,
        ..ServerOptions::default()
    })
    .await
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
