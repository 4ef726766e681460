//! One user's subscription.

use crate::bindings::exports::todo::platform::feed::{Error, GuestSubscription};
use crate::bindings::sidespin::kafka::subscription;
use crate::convert;

/// A reader of `task-updates` that sees one key. Dropping it ends the subscription.
#[derive(Debug)]
pub(crate) struct Reader(subscription::Reader);

impl Reader {
    pub(crate) fn new(reader: subscription::Reader) -> Self {
        Self(reader)
    }
}

impl GuestSubscription for Reader {
    async fn next(&self) -> Result<Vec<Vec<u8>>, Error> {
        loop {
            let messages = self.0.next().await.map_err(convert::feed_error)?;
            let bodies = convert::bodies(messages);
            // A batch of tombstones is no event, and the answer must hold at least one.
            if !bodies.is_empty() {
                return Ok(bodies);
            }
        }
    }
}
