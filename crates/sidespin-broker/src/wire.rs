//! The bytes on the wire: requests are checked before the codec sees them, responses are put together so that messages
//! are not copied.

pub(crate) mod guard;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod shapes;
