//! The product from outside: what its users do, and what they do wrong.

mod bad_input;
mod platform;
mod support;
