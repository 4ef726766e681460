//! Many browsers that listen: memory of the host with their streams open, and how soon a change is at all of them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use end_to_end::{Server, User};
use futures::stream::{FuturesUnordered, StreamExt as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::line;

const STREAMS: usize = 10_000;
/// Users, each with an equal part of the streams.
const USERS: usize = 100;
/// Streams that are being opened at once.
const AT_ONCE: usize = 100;
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn measure() -> Result<()> {
    let server = Server::start().await?;
    let mut users = Vec::new();
    for _ in 0..USERS {
        users.push(User::sign_up(&server).await?);
    }
    let before = resident(&server)?;
    let begun = Instant::now();
    let mut waiting = (0..STREAMS).map(|number| open(server.http, users.get(number % USERS)));
    let mut opening: FuturesUnordered<_> = waiting.by_ref().take(AT_ONCE).collect();
    let mut streams = Vec::with_capacity(STREAMS);
    while let Some(opened) = opening.next().await {
        streams.push(opened?);
        opening.extend(waiting.next());
    }
    line(
        &format!("{STREAMS} event streams opened"),
        &format!("{:.1?}", begun.elapsed()),
    );
    let megabytes = |kilobytes: u64| kilobytes >> 10;
    line(
        &format!("memory with {STREAMS} event streams"),
        &format!(
            "{} MB resident, {} MB without",
            megabytes(resident(&server)?),
            megabytes(before)
        ),
    );
    // Each user changes something; everyone's streams hear of it.
    let begun = Instant::now();
    let hearing = tokio::spawn(async move {
        let mut hearing: FuturesUnordered<_> = streams.into_iter().map(hear).collect();
        let mut count = 0;
        while let Some(heard) = hearing.next().await {
            heard?;
            count += 1;
        }
        anyhow::Ok((count, begun.elapsed()))
    });
    for user in &users {
        user.create(&json!({ "title": "Heard by all" })).await?;
    }
    let (count, took) = tokio::time::timeout(PATIENCE, hearing)
        .await
        .context("not all streams hear")???;
    ensure!(count == STREAMS, "{count} streams heard");
    line(
        &format!("{USERS} changes at all {STREAMS} streams"),
        &format!("{took:.1?} after the first request"),
    );
    Ok(())
}

/// Kilobytes.
fn resident(server: &Server) -> Result<u64> {
    let id = server.process_id().context("the host has ended")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).context("no size")?.parse()?)
}

/// Opens a stream; returns when it has begun.
async fn open(address: SocketAddr, user: Option<&User>) -> Result<TcpStream> {
    let token = &user.context("no user")?.token;
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /api/v1/updates HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    let reading = async {
        while !head.windows(4).any(|window| window == b"\r\n\r\n") {
            ensure!(stream.read_buf(&mut head).await? > 0, "closed");
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .context("a stream does not begin")??;
    ensure!(
        head.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&head)
    );
    Ok(stream)
}

/// Waits for a change.
async fn hear(mut stream: TcpStream) -> Result<()> {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).contains("Heard by all") {
        ensure!(
            stream.read_buf(&mut text).await? > 0,
            "closed after {}",
            String::from_utf8_lossy(&text)
        );
    }
    Ok(())
}
