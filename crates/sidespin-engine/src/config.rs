//! How wasmtime is set up, and why.

use thiserror::Error;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// The most memory that one instance may use by default: enough for a service that parses and hashes, small enough
/// that a thousand of them are refused by address space rather than by the kernel's out-of-memory killer.
pub const DEFAULT_MAX_INSTANCE_MEMORY: usize = 256 << 20;

/// How many instances may live at once by default, over all components.
pub const DEFAULT_MAX_INSTANCES: u32 = 1000;

/// Core instances in one component: the service, its adapters, and what the toolchain adds to each.
const MAX_CORE_INSTANCES_PER_COMPONENT: u32 = 40;

/// Pages of an instance that is gone and stay mapped for the next one: re-using them saves page faults, and bounds what an
/// idle slot costs.
const KEEP_RESIDENT: usize = 128 << 10;

/// Slots that are given back to the system together: each time, all processors forget what they know of the address space.
const DECOMMIT_BATCH: usize = 16;

/// What an embedder may choose.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Bytes of linear memory that one instance may grow to.
    pub max_instance_memory: usize,
    /// Instances alive at once.
    pub max_instances: u32,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            max_instance_memory: DEFAULT_MAX_INSTANCE_MEMORY,
            max_instances: DEFAULT_MAX_INSTANCES,
        }
    }
}

/// Why there is no engine.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// wasmtime refused the configuration, mostly because the machine has too little address space.
    #[error("setting up the WebAssembly engine")]
    Configuration(#[source] wasmtime::Error),
    /// The thread that interrupts long-running guests could not be started.
    #[error("starting the engine's clock thread")]
    Ticker(#[source] std::io::Error),
}

impl EngineConfig {
    pub(crate) fn to_wasmtime(&self) -> Config {
        let mut config = Config::new();
        config.wasm_component_model(true);
        config.wasm_component_model_async(true);
        config.epoch_interruption(true);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(self.pooling()));
        config
    }

    fn pooling(&self) -> PoolingAllocationConfig {
        let core_instances = self.max_instances.saturating_mul(4);
        let mut pooling = PoolingAllocationConfig::default();
        pooling
            .total_component_instances(self.max_instances)
            .total_core_instances(core_instances)
            .total_memories(self.max_instances.saturating_mul(2))
            .total_tables(core_instances)
            .total_stacks(self.max_instances.saturating_mul(2))
            .max_core_instances_per_component(MAX_CORE_INSTANCES_PER_COMPONENT)
            .max_memories_per_component(MAX_CORE_INSTANCES_PER_COMPONENT)
            .max_tables_per_component(MAX_CORE_INSTANCES_PER_COMPONENT)
            .max_memory_size(self.max_instance_memory)
            .table_elements(100_000)
            .linear_memory_keep_resident(KEEP_RESIDENT)
            .table_keep_resident(KEEP_RESIDENT)
            // Where the kernel can tell which pages were written to, only those are reset.
            .pagemap_scan(Enabled::Auto)
            .decommit_batch_size(DECOMMIT_BATCH);
        pooling
    }
}
