//! The examples of the guide.
