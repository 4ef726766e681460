//! The clock that lets the engine take the processor back from a guest that does not yield by itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// How often the epoch advances. Finer costs wake-ups on an idle machine, coarser lets one guest delay the others.
const TICK: Duration = Duration::from_millis(5);

/// A guest runs for one to two ticks before it yields to the other tasks of its worker thread.
pub(crate) const TICKS_PER_SLICE: u64 = 1;

/// The running clock thread; dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Ticker {
    stopped: Arc<AtomicBool>,
    wake: mpsc::Sender<()>,
}

impl Ticker {
    pub(crate) fn start(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let stopped = Arc::new(AtomicBool::new(false));
        let (wake, sleep) = mpsc::channel();
        // Weak, so that the thread does not keep the engine's pools alive.
        let engine = engine.weak();
        let flag = Arc::clone(&stopped);
        std::thread::Builder::new()
            .name("sidespin-epoch".to_owned())
            .spawn(move || {
                while let Err(mpsc::RecvTimeoutError::Timeout) = sleep.recv_timeout(TICK) {
                    let Some(engine) = engine.upgrade() else { return };
                    if flag.load(Ordering::Relaxed) {
                        return;
                    }
                    engine.increment_epoch();
                }
            })?;
        Ok(Self { stopped, wake })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if self.wake.send(()).is_err() {
            tracing::trace!("the engine's clock had stopped already");
        }
    }
}
