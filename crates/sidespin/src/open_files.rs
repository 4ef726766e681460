//! How many files, and so connections, the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit that a shell gives, often 1,024, to the highest that this user may have: each stream of events that a browser
/// listens to is a connection, and there are thousands. The low default is for programs that use `select`, which this one does not.
pub(crate) fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return;
    }
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => tracing::debug!(?current, ?maximum, "the limit of open files was raised"),
        Err(error) => tracing::warn!(
            ?current,
            ?maximum,
            %error,
            "the limit of open files could not be raised: more connections than it allows will wait"
        ),
    }
}
