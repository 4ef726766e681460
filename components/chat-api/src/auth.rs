//! Passwords and tokens. It knows no table and no request.

pub(crate) mod password;
pub(crate) mod token;
