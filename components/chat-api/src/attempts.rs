//! Tries of a password: how often an account may be tried, from wherever it is.
//!
//! They are counted before they are verified, right or wrong, whether or not there is such an account, and nothing sets the
//! count back. So an answer tells nothing of the account, many addresses get no more tries than one, and whoever knows the
//! password of one account gains nothing for another. What strangers try does not count towards what somebody with a session
//! tries: nobody can keep a user from changing the password.

use sha2::{Digest as _, Sha256};
use todo_service::rate_limit::Standing;

use crate::app::{App, Caller};
use crate::failure::Failure;
use crate::limits::Class;
use crate::platform::Platform;
use crate::request::Call;

impl<P: Platform> App<P> {
    /// Counts a log-in to the account of an address.
    pub(crate) async fn count_attempt(&self, email: &str, now: i64) -> Result<(), Failure> {
        self.count_password("log-in", email, now).await
    }

    /// Counts a try by somebody who has a session, towards the client's address as well.
    pub(crate) async fn count_own_attempt(&self, call: &Call, caller: &Caller) -> Result<(), Failure> {
        self.count_address(Class::Auth, call, &mut None).await?;
        self.count_password("session", &caller.user_id, call.now).await
    }

    async fn count_password(&self, of: &str, whose: &str, now: i64) -> Result<(), Failure> {
        // The answer's headers say how the client's address stands; this one shows only when it is passed.
        let mut standing: Option<Standing> = None;
        let name = self.hidden(of, whose);
        self.count(Class::Account, &name, now, &mut standing).await
    }

    /// A name under which the table of counts does not show whose they are.
    fn hidden(&self, of: &str, whose: &str) -> String {
        let mut hash = Sha256::new();
        for part in [self.cursor_key.as_str(), of, whose] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        crate::hex::encode(&hash.finalize())
    }
}
