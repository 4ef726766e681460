//! Each server starts, stops and starts again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use servers::{Postgres, Redis};

#[test]
fn redis_answers_until_it_is_stopped() {
    let Some(mut redis) = Redis::start().unwrap() else {
        return;
    };
    let ping = |address| {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    assert_eq!(ping(redis.address()).unwrap(), *b"+PONG\r\n");
    redis.stop().unwrap();
    ping(redis.address()).unwrap_err();
    redis.restart().unwrap();
    ping(redis.address()).unwrap();
}

#[test]
fn postgres_keeps_what_was_committed_through_a_crash() {
    let Some(postgres) = Postgres::shared().unwrap() else {
        return;
    };
    let url = postgres.database().unwrap();
    let database = url.rsplit('/').next().unwrap();
    postgres
        .sql(database, "CREATE TABLE t (n int); INSERT INTO t VALUES (7)")
        .unwrap();
    postgres.stop().unwrap();
    postgres.sql(database, "SELECT n FROM t").unwrap_err();
    postgres.restart().unwrap();
    assert_eq!(postgres.sql(database, "SELECT n FROM t").unwrap(), "7");
}
