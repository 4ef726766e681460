//! What one instance may use.

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

/// Bounds on one instance's memory. Lives in the store's data.
#[derive(Debug)]
pub struct InstanceLimits {
    inner: StoreLimits,
}

impl InstanceLimits {
    pub(crate) fn new(max_memory: usize) -> Self {
        Self {
            inner: StoreLimitsBuilder::new().memory_size(max_memory).build(),
        }
    }

    pub(crate) fn as_limiter(&mut self) -> &mut dyn ResourceLimiter {
        &mut self.inner
    }
}
