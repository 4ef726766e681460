//! wasmtime, set up for many small components: one configuration, a compile cache, and the clock that bounds how long
//! a guest may run between two yields.
//!
//! Knows nothing of Spin, of manifests or of interfaces; no other crate configures wasmtime.

mod cache;
mod config;
mod limits;
mod ticker;

pub use cache::CompileError;
pub use config::{DEFAULT_MAX_INSTANCE_MEMORY, DEFAULT_MAX_INSTANCES, EngineConfig, EngineError};
pub use limits::InstanceLimits;

use std::path::Path;
use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use crate::ticker::Ticker;

/// Compiles components and makes stores. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    cache: Option<Arc<Path>>,
    config: EngineConfig,
    /// Keeps the epoch thread alive as long as an engine exists.
    _ticker: Arc<Ticker>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine as `config` says. Compiled components are kept in `cache_directory`, where one is given.
    ///
    /// # Errors
    /// wasmtime refuses the configuration, or the clock thread cannot start.
    pub fn new(config: EngineConfig, cache_directory: Option<&Path>) -> Result<Self, EngineError> {
        let inner = wasmtime::Engine::new(&config.to_wasmtime()).map_err(EngineError::Configuration)?;
        let ticker = Arc::new(Ticker::start(&inner).map_err(EngineError::Ticker)?);
        Ok(Self {
            inner,
            cache: cache_directory.map(Arc::from),
            config,
            _ticker: ticker,
        })
    }

    /// The compiled form of the component with this content hash, from the cache where it holds one; only otherwise are
    /// its bytes read. Takes seconds for a large component that is not cached, and about a millisecond for one that is:
    /// call it off the async workers.
    ///
    /// # Errors
    /// The bytes cannot be read, or are not a component that this engine can run.
    pub fn component<E>(
        &self,
        content_hash: &[u8; 32],
        read: impl FnOnce() -> Result<Arc<[u8]>, E>,
    ) -> Result<Component, CompileError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let read = || read().map_err(|error| CompileError::Read(Box::new(error)));
        cache::component(&self.inner, self.cache.as_deref(), content_hash, read)
    }

    /// An empty linker for stores of this engine.
    pub fn linker<T: 'static>(&self) -> Linker<T> {
        Linker::new(&self.inner)
    }

    /// A store for one instance, with its memory bounded and its running time sliced, so that a guest in a loop cannot
    /// keep a worker thread from its other tasks. `limits` finds the bounds in the store's data.
    pub fn store<T: Send + 'static>(
        &self,
        data: T,
        limits: impl FnMut(&mut T) -> &mut InstanceLimits + Send + Sync + 'static,
    ) -> Store<T> {
        let mut limits = limits;
        let mut store = Store::new(&self.inner, data);
        store.limiter(move |data| limits(data).as_limiter());
        store.epoch_deadline_async_yield_and_update(ticker::TICKS_PER_SLICE);
        store.set_epoch_deadline(ticker::TICKS_PER_SLICE);
        store
    }

    /// The bounds that a new instance starts with.
    pub fn instance_limits(&self) -> InstanceLimits {
        InstanceLimits::new(self.config.max_instance_memory)
    }
}
