//! Does next to nothing, so that what is measured is the host: takes messages and jobs, and calls other components.
//!
//! A message whose value is a time (nanoseconds since the Unix epoch) is printed with the time that it took to get here.

#[cfg(target_arch = "wasm32")]
mod component;
