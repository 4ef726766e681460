//! A load generator: as many requests as connections can carry, one after the other on each.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Connections at once.
const CONNECTIONS: usize = 32;

/// Requests answered per second, over `duration` after a second of warming up.
pub(crate) async fn requests_per_second(server: SocketAddr, duration: Duration) -> Result<u64> {
    run(server, Duration::from_secs(1)).await?;
    let began = Instant::now();
    let answered = run(server, duration).await?;
    Ok(answered * 1000 / u64::try_from(began.elapsed().as_millis())?.max(1))
}

async fn run(server: SocketAddr, duration: Duration) -> Result<u64> {
    let until = Instant::now() + duration;
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(connection(server, until)))
        .collect();
    let mut answered = 0;
    for connection in connections {
        answered += connection.await??;
    }
    Ok(answered)
}

async fn connection(server: SocketAddr, until: Instant) -> Result<u64> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (mut sender, driving) = http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(driving);
    let mut answered = 0;
    while Instant::now() < until {
        let request = Request::get("/")
            .header("host", server.to_string())
            .body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        ensure!(
            response.status().is_success(),
            "the server answered {}",
            response.status()
        );
        response.into_body().collect().await?;
        answered += 1;
    }
    drop(sender);
    driving.await??;
    Ok(answered)
}
