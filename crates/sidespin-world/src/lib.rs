//! Rust bindings of every WIT interface that the host itself serves or calls, generated once, here.
//!
//! `wasi:*` is not here: wasmtime's own crates bind and implement it. What the interfaces mean stands in `wit/`.

/// What components import: `spin:*` and `sidespin:*`.
mod imports {
    wasmtime::component::bindgen!({
        path: [
            "../../wit/deps/spin-variables@3.0.0",
            "../../wit/deps/spin-key-value@3.0.0",
            "../../wit/deps/spin-sqlite@3.1.0",
            "../../wit/sidespin-kafka",
            "../../wit/sidespin-jobs",
        ],
        inline: "
            package sidespin:host;
            world imports {
                import spin:variables/variables@3.0.0;
                import spin:key-value/key-value@3.0.0;
                import spin:sqlite/sqlite@3.1.0;
                import sidespin:kafka/outbound-kafka@0.1.0;
                import sidespin:kafka/subscription@0.1.0;
                import sidespin:jobs/scheduler@0.1.0;
            }
        ",
        world: "sidespin:host/imports",
        imports: {
            "spin:sqlite/sqlite.[static]connection.open": async | trappable,
            "spin:sqlite/sqlite.[method]connection.execute": async | trappable,
            "spin:sqlite/sqlite.[method]connection.last-insert-rowid": async | trappable,
            "spin:sqlite/sqlite.[method]connection.changes": async | trappable,
            default: trappable,
        },
    });
}

/// What a component with a Kafka trigger exports.
pub mod kafka_consumer {
    wasmtime::component::bindgen!({
        path: "../../wit/sidespin-kafka",
        world: "sidespin:kafka/kafka-consumer",
        exports: { default: async | store },
        with: { "sidespin:kafka/types": crate::kafka::types },
    });
}

/// What a component with a jobs trigger exports.
pub mod job_worker {
    wasmtime::component::bindgen!({
        path: "../../wit/sidespin-jobs",
        world: "sidespin:jobs/job-worker",
        exports: { default: async | store },
    });
}

/// What a component with a cron trigger exports.
pub mod cron_worker {
    wasmtime::component::bindgen!({
        path: "../../wit/deps/fermyon-spin-cron@2.0.0",
        world: "fermyon:spin-cron/spin-cron",
        exports: { default: async | store },
    });
}

pub use imports::sidespin::{jobs, kafka};
pub use imports::spin::{key_value, sqlite, variables};
