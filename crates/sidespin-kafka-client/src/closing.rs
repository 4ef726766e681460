//! Taking clients of the library apart, which waits for its threads: nobody else has to, but for a process that ends.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How many clients are being taken apart, or will be without anybody's doing.
static OPEN: Mutex<usize> = Mutex::new(0);
static CLOSED: Condvar = Condvar::new();

/// Something that ends by itself.
#[derive(Debug)]
pub(crate) struct Closing(());

impl Closing {
    pub(crate) fn new() -> Self {
        *OPEN.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(())
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        *OPEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        CLOSED.notify_all();
    }
}

/// Takes a client apart on a thread of its own.
pub(crate) fn take_apart(client: impl Send + 'static) {
    let closing = Closing::new();
    // Detached on purpose; whoever ends the process may wait for it.
    drop(std::thread::spawn(move || {
        drop(client);
        drop(closing);
    }));
}

/// Waits until every producer, inspector and scan that was dropped has closed its connections, or until time is up. To be called
/// by a program that ends: the library's threads must not be at work while the process is taken apart around them.
pub fn wait_until_closed(patience: Duration) {
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    // Whether time was up changes nothing: the program ends.
    drop(CLOSED.wait_timeout_while(open, patience, |open| *open > 0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn what_is_being_closed_is_waited_for() {
        struct Slow(std::sync::mpsc::Receiver<()>, std::sync::mpsc::Sender<()>);
        impl Drop for Slow {
            fn drop(&mut self) {
                self.0.recv().unwrap();
                self.1.send(()).unwrap();
            }
        }
        let (go, wait) = channel();
        let (done, is_done) = channel();
        take_apart(Slow(wait, done));
        wait_until_closed(Duration::from_millis(1));
        assert!(is_done.try_recv().is_err());
        go.send(()).unwrap();
        wait_until_closed(Duration::from_secs(60));
        is_done.try_recv().unwrap();
    }
}
