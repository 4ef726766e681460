//! The running broker: its own thread with its own runtime, the listener, the background work, the shutdown.
//!
//! The broker does not run on its caller's runtime, because the clients in the same process do: a client library call that
//! blocks a worker until the broker answers would wait for ever if the broker's task sat in that worker's queue.

use std::fs::{File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::BrokerConfig;
use crate::connection::Connections;
use crate::error::BrokerError;
use crate::node::Node;

/// One worker can wait for the disk while the other serves.
const WORKERS: usize = 2;
/// Clients that connect at the same moment.
const BACKLOG: u32 = 128;
/// How often old segments are looked for.
const RETENTION_INTERVAL: Duration = Duration::from_secs(60);
/// After a failed accept, most likely for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const LOCK_FILE: &str = "lock";

/// A running broker. Dropping it stops it too, without waiting for it.
#[derive(Debug)]
pub struct Broker {
    address: SocketAddr,
    stop: CancellationToken,
    stopped: Option<oneshot::Receiver<()>>,
}

/// Everything that the broker's thread needs once it listens.
struct Running {
    node: Arc<Node>,
    listener: TcpListener,
    config: BrokerConfig,
    stop: CancellationToken,
    /// Held for as long as the data is open.
    _lock: File,
}

impl Broker {
    /// Opens the data directory, recovers what a crash left, creates the configured topics, listens, and returns when
    /// clients can connect.
    ///
    /// # Errors
    /// When the data directory is in use, unusable or not understood, or the address cannot be listened on.
    pub async fn start(config: BrokerConfig) -> Result<Self, BrokerError> {
        let stop = CancellationToken::new();
        let (started_sender, started) = oneshot::channel();
        let (stopped_sender, stopped) = oneshot::channel();
        let thread_stop = stop.clone();
        let thread = std::thread::Builder::new().name("sidespin-broker".to_owned());
        let spawned = thread.spawn(move || {
            run(config, thread_stop, started_sender);
            // The receiver is gone when the broker was dropped: then nobody waits.
            stopped_sender.send(()).ok();
        });
        spawned.map_err(|source| BrokerError::Thread { source })?;
        let ended = |_dropped| BrokerError::Thread {
            source: io::Error::other("the thread ended at once"),
        };
        let address = started.await.map_err(ended)??;
        Ok(Self {
            address,
            stop,
            stopped: Some(stopped),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections, forces everything to the disk and gives the data directory free.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(stopped) = self.stopped.take() {
            // An error means that the thread has ended already.
            stopped.await.ok();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn run(
    config: BrokerConfig,
    stop: CancellationToken,
    started: oneshot::Sender<Result<SocketAddr, BrokerError>>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("sidespin-broker-worker")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(source) => {
            started.send(Err(BrokerError::Thread { source })).ok();
            return;
        }
    };
    runtime.block_on(async {
        match open(config, stop) {
            Err(error) => drop(started.send(Err(error))),
            Ok((running, address)) => {
                if started.send(Ok(address)).is_ok() {
                    running.serve().await;
                }
            }
        }
    });
}

fn open(config: BrokerConfig, stop: CancellationToken) -> Result<(Running, SocketAddr), BrokerError> {
    std::fs::create_dir_all(&config.data_dir).map_err(BrokerError::storage("create", &config.data_dir))?;
    let lock = lock(&config.data_dir)?;
    // Listening comes first: it is the likelier mistake, and costs nothing to find.
    let listener = listen(config.listen)?;
    let address = listener.local_addr().map_err(|source| BrokerError::Listen {
        address: config.listen,
        source,
    })?;
    let node = Node::open(&config)?;
    Ok((
        Running {
            node,
            listener,
            config,
            stop,
            _lock: lock,
        },
        address,
    ))
}

fn lock(data_dir: &Path) -> Result<File, BrokerError> {
    let path = data_dir.join(LOCK_FILE);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(BrokerError::storage("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BrokerError::DataInUse {
            path: data_dir.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(BrokerError::storage("lock", path)(source)),
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, BrokerError> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    };
    let listener = socket.and_then(|socket| {
        // A broker that is started again must not wait for its old connections to time out.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    });
    listener.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BrokerError::AddressInUse { address },
        _ => BrokerError::Listen { address, source },
    })
}

impl Running {
    async fn serve(self) {
        let tasks = TaskTracker::new();
        let until_stopped = self.stop.clone();
        tasks.spawn(until_stopped.clone().run_until_cancelled_owned(sync_regularly(
            Arc::clone(&self.node),
            self.config.limits.sync_interval,
        )));
        tasks.spawn(
            until_stopped
                .clone()
                .run_until_cancelled_owned(retain_regularly(Arc::clone(&self.node))),
        );
        let node = Arc::clone(&self.node);
        tasks.spawn(
            until_stopped
                .clone()
                .run_until_cancelled_owned(async move { node.coordinator.watch_deadlines().await }),
        );
        until_stopped.run_until_cancelled(self.accept(&tasks)).await;
        tasks.close();
        tasks.wait().await;
        sync(&self.node);
    }

    async fn accept(&self, tasks: &TaskTracker) {
        let limits = &self.config.limits;
        let connections = Arc::new(Connections::new(Arc::clone(&self.node), limits.max_frame_bytes));
        let places = Arc::new(Semaphore::new(limits.max_connections));
        loop {
            let (socket, remote) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "the embedded Kafka broker could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                tracing::warn!(%remote, limit = limits.max_connections, "refused a Kafka client: too many connections");
                continue;
            };
            let connections = Arc::clone(&connections);
            tasks.spawn(self.stop.clone().run_until_cancelled_owned(async move {
                connections.serve(socket, remote).await;
                drop(place);
            }));
        }
    }
}

async fn sync_regularly(node: Arc<Node>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        let node = Arc::clone(&node);
        // Waiting for the disk must not hold up a worker. A panic in there would have been printed.
        tokio::task::spawn_blocking(move || sync(&node)).await.ok();
    }
}

fn sync(node: &Node) {
    for topic in node.catalog.all() {
        for partition in &topic.partitions {
            if let Err(error) = partition.sync() {
                tracing::error!(topic = %topic.name, %error, "could not force Kafka messages to the disk");
            }
        }
    }
    if let Err(error) = node.coordinator.sync_to_disk() {
        tracing::error!(%error, "could not force committed Kafka offsets to the disk");
    }
}

async fn retain_regularly(node: Arc<Node>) {
    loop {
        let node = Arc::clone(&node);
        tokio::task::spawn_blocking(move || retain(&node)).await.ok();
        tokio::time::sleep(RETENTION_INTERVAL).await;
    }
}

fn retain(node: &Node) {
    let now = SystemTime::now();
    for topic in node.catalog.all() {
        for (index, partition) in topic.partitions.iter().enumerate() {
            match partition.enforce_retention(now) {
                Ok(0) => {}
                Ok(segments) => {
                    tracing::info!(topic = %topic.name, partition = index, segments, "deleted old Kafka messages")
                }
                Err(error) => {
                    tracing::error!(topic = %topic.name, %error, "could not delete old Kafka messages")
                }
            }
        }
    }
}
