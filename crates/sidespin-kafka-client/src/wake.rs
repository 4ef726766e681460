//! How a consumer's thread sleeps: until a command comes or the client library has something, without polling.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// The client library has timers that want serving even if nothing happens.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Where commands for a consumer's thread come in.
#[derive(Debug)]
pub(crate) struct Inbox<C> {
    receiver: Receiver<Option<C>>,
    is_woken: Arc<AtomicBool>,
}

/// Sends commands to a consumer's thread.
#[derive(Debug)]
pub(crate) struct Commands<C> {
    sender: Sender<Option<C>>,
}

impl<C> Clone for Commands<C> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
        }
    }
}

/// What woke the thread.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Woken<C> {
    /// Something to do.
    Command(C),
    /// The client library has something, or it is time to look.
    Look,
    /// Nobody will send a command any more.
    Abandoned,
}

impl<C> Commands<C> {
    /// Returns whether the thread is still there to take it.
    pub(crate) fn send(&self, command: C) -> bool {
        self.sender.send(Some(command)).is_ok()
    }
}

/// A way in for commands and the place where they arrive.
pub(crate) fn inbox<C>() -> (Commands<C>, Inbox<C>) {
    let (sender, receiver) = channel();
    (
        Commands { sender },
        Inbox {
            receiver,
            is_woken: Arc::default(),
        },
    )
}

impl<C: Send + 'static> Inbox<C> {
    /// What the client library calls when it has something. It holds a way into the inbox itself, so a thread whose library
    /// has it must be told to end by a command.
    pub(crate) fn waker(&self, commands: &Commands<C>) -> impl Fn() + Send + Sync + use<C> {
        let (commands, is_woken) = (commands.clone(), Arc::clone(&self.is_woken));
        move || {
            // One look serves any number of calls that came before it.
            if !is_woken.swap(true, Ordering::AcqRel) {
                drop(commands.sender.send(None));
            }
        }
    }

    /// Sleeps until there is something to do. After [`Woken::Look`] everything that the library has must be taken.
    pub(crate) fn sleep(&self) -> Woken<C> {
        let woken = match self.receiver.recv_timeout(LONGEST_SLEEP) {
            Ok(Some(command)) => return Woken::Command(command),
            Ok(None) | Err(RecvTimeoutError::Timeout) => Woken::Look,
            Err(RecvTimeoutError::Disconnected) => Woken::Abandoned,
        };
        self.is_woken.store(false, Ordering::Release);
        woken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_between_two_looks_count_as_one() {
        let (commands, inbox) = inbox::<u8>();
        let wake = inbox.waker(&commands);
        wake();
        wake();
        assert!(commands.send(7));
        assert_eq!(inbox.sleep(), Woken::Look);
        assert_eq!(inbox.sleep(), Woken::Command(7));
        wake();
        assert_eq!(inbox.sleep(), Woken::Look);
    }
}
