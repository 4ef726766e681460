//! Messages of a real Redis, with a component that is a function.

use std::sync::atomic::{AtomicBool, Ordering};

use servers::Redis;
use sidespin_redis_client::{Address, Client, command};
use sidespin_telemetry::Metrics;
use sidespin_trigger::{Status, TriggerContext};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use super::*;

/// What a message is answered with.
type Component = Box<dyn Fn(&[u8]) -> BoxFuture<'static, Answer> + Send + Sync>;

struct Function {
    answer: Component,
    seen: mpsc::UnboundedSender<Vec<u8>>,
}

impl Calls for Function {
    fn call(&self, message: Vec<u8>) -> BoxFuture<'static, Answer> {
        let answer = (self.answer)(&message);
        self.seen.send(message).unwrap();
        answer
    }
}

struct Running {
    client: Client,
    metrics: Metrics,
    seen: mpsc::UnboundedReceiver<Vec<u8>>,
    status: watch::Receiver<Status>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts an entry, and comes back when it listens.
    async fn start(
        redis: &Redis,
        (concurrency, queue): (usize, usize),
        answer: impl Fn(&[u8]) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> Self {
        let address = Address::parse(&redis.url()).unwrap();
        let config = EntryConfig {
            component: "audit".into(),
            address: address.clone(),
            channel: "news".to_owned(),
            concurrency,
            queue,
        };
        let metrics = Metrics::default();
        let (sender, seen) = mpsc::unbounded_channel();
        let calls = Arc::new(Function {
            answer: Box::new(answer),
            seen: sender,
        });
        let entry = Entry::new(config, calls, RedisMetrics::register(&metrics));
        let shutdown = CancellationToken::new();
        let (context, status) = TriggerContext::new(shutdown.clone());
        let token = shutdown.clone();
        let task = tokio::spawn(async move {
            let listening = Listening::new(1, &context);
            entry.run(&token, &listening).await;
        });
        let mut running = Self {
            client: Client::new(Connector::new(address)),
            metrics,
            seen,
            status,
            shutdown,
            task,
        };
        running.becomes_ready(true).await;
        running
    }

    async fn becomes_ready(&mut self, ready: bool) {
        self.status
            .wait_for(|status| status.ready == ready)
            .await
            .unwrap();
    }

    async fn publish(&self, message: &[u8]) {
        let receivers: u32 = self
            .client
            .query(command("PUBLISH").arg("news").arg(message))
            .await
            .unwrap();
        assert_eq!(receivers, 1);
    }

    async fn next(&mut self) -> Vec<u8> {
        self.seen.recv().await.unwrap()
    }

    fn counted(&self, outcome: &str) -> u64 {
        let label = format!(r#"outcome="{outcome}"}} "#);
        let text = self.metrics.render();
        let line = text.lines().find_map(|line| {
            line.starts_with("redis_messages_total{")
                .then(|| line.split_once(&label))
                .flatten()
        });
        line.map_or(0, |(_labels, number)| number.parse().unwrap())
    }

    /// Comes back when so many have an outcome.
    async fn until_counted(&self, outcome: &str, number: u64) {
        while self.counted(outcome) < number {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.counted(outcome), number);
    }

    /// Stops it, and tells what it still gave to the component.
    async fn stop(mut self) -> Vec<Vec<u8>> {
        self.shutdown.cancel();
        self.task.await.unwrap();
        let mut rest = Vec::new();
        while let Ok(message) = self.seen.try_recv() {
            rest.push(message);
        }
        rest
    }
}

fn done(_message: &[u8]) -> BoxFuture<'static, Answer> {
    async { Answer::Done }.boxed()
}

/// A component that answers when it is let.
fn gated(gate: &Arc<Semaphore>) -> impl Fn(&[u8]) -> BoxFuture<'static, Answer> + Send + Sync + 'static {
    let gate = Arc::clone(gate);
    move |_message| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Answer::Done
        }
        .boxed()
    }
}

#[tokio::test]
async fn messages_arrive_in_their_order_whatever_is_in_them() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let mut running = Running::start(&redis, (1, 1000), done).await;
    let messages: Vec<Vec<u8>> = (0..=255_u8).map(|byte| vec![byte; usize::from(byte)]).collect();
    for message in &messages {
        running.publish(message).await;
    }
    for message in &messages {
        assert_eq!(&running.next().await, message);
    }
    running.until_counted("Done", 256).await;
    assert!(running.stop().await.is_empty());
}

#[tokio::test]
async fn a_message_that_fails_does_not_come_again_and_the_next_one_does() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let mut running = Running::start(&redis, (1, 10), |message| {
        let answer = if message == b"bad" {
            Answer::Failed {
                reason: "as asked".to_owned(),
            }
        } else {
            Answer::Done
        };
        async move { answer }.boxed()
    })
    .await;
    running.publish(b"bad").await;
    running.publish(b"good").await;
    assert_eq!(running.next().await, b"bad");
    assert_eq!(running.next().await, b"good");
    running.until_counted("Done", 1).await;
    assert_eq!(running.counted("Failed"), 1);
    assert!(running.stop().await.is_empty());
}

#[tokio::test]
async fn a_slow_component_gets_the_newest_and_the_rest_is_counted() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let gate = Arc::new(Semaphore::new(0));
    let mut running = Running::start(&redis, (2, 3), gated(&gate)).await;
    for number in 0..10_u8 {
        running.publish(&[number]).await;
        // Two are in the component's hands before there is a third.
        if number < 2 {
            assert_eq!(running.next().await, [number]);
        }
    }
    running.until_counted("Dropped", 5).await;
    gate.add_permits(5);
    for number in [7, 8, 9] {
        assert_eq!(running.next().await, [number]);
    }
    running.until_counted("Done", 5).await;
    assert!(running.stop().await.is_empty());
}

#[tokio::test]
async fn a_host_without_room_is_asked_again() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let is_refused = AtomicBool::new(false);
    let mut running = Running::start(&redis, (1, 10), move |_message| {
        let answer = if is_refused.swap(true, Ordering::SeqCst) {
            Answer::Done
        } else {
            Answer::NoRoom
        };
        async move { answer }.boxed()
    })
    .await;
    running.publish(b"one").await;
    running.publish(b"two").await;
    for message in [b"one", b"one", b"two"] {
        assert_eq!(running.next().await, message);
    }
    running.until_counted("Done", 2).await;
    assert_eq!(running.counted("Dropped"), 0);
    running.stop().await;
}

#[tokio::test]
async fn a_lost_connection_is_told_and_found_again() {
    let Some(mut redis) = Redis::start().unwrap() else {
        return;
    };
    let mut running = Running::start(&redis, (1, 10), done).await;
    assert!(running.status.borrow().problems.is_empty());
    redis.stop().unwrap();
    running.becomes_ready(false).await;
    let problems = running.status.borrow().problems.clone();
    assert!(
        problems["news of audit"].contains(&redis.address().to_string()),
        "{problems:?}"
    );
    redis.restart().unwrap();
    running.becomes_ready(true).await;
    assert!(running.status.borrow().problems.is_empty());
    running.publish(b"after").await;
    assert_eq!(running.next().await, b"after");
    assert!(running.metrics.render().contains("redis_connections_lost_total{"));
    running.stop().await;
}

#[tokio::test]
async fn a_stop_finishes_what_was_received_and_takes_nothing_more() {
    let Some(redis) = Redis::start().unwrap() else {
        return;
    };
    let gate = Arc::new(Semaphore::new(0));
    let mut running = Running::start(&redis, (1, 2), gated(&gate)).await;
    running.publish(b"in flight").await;
    assert_eq!(running.next().await, b"in flight");
    for message in [&b"dropped"[..], b"first", b"second"] {
        running.publish(message).await;
    }
    running.until_counted("Dropped", 1).await;
    running.shutdown.cancel();
    gate.add_permits(3);
    assert_eq!(running.stop().await, [&b"first"[..], b"second"]);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_server_that_is_away() {
    let Some(mut redis) = Redis::start().unwrap() else {
        return;
    };
    let mut running = Running::start(&redis, (1, 2), done).await;
    redis.stop().unwrap();
    running.becomes_ready(false).await;
    let stopped = tokio::time::timeout(Duration::from_secs(5), running.stop()).await;
    assert!(stopped.unwrap().is_empty());
}
