//! Rust bindings of every WIT interface that the host itself serves or calls, generated once, here.
//!
//! Of `wasi:*` only `wasi:keyvalue` and the run of a command are here: wasmtime's own crates bind and implement the rest. What the interfaces mean stands in
//! `wit/`.

/// What components import: `spin:*`, `sidespin:*` and `wasi:keyvalue`.
mod imports {
    wasmtime::component::bindgen!({
        path: [
            "../../wit/deps/spin-variables@3.0.0",
            "../../wit/deps/spin-key-value@3.0.0",
            "../../wit/deps/spin-sqlite@3.1.0",
            "../../wit/deps/spin-postgres@4.2.0",
            "../../wit/deps/spin-redis@3.0.0",
            "../../wit/deps/wasi-keyvalue@0.2.0-draft2",
            "../../wit/sidespin-kafka",
            "../../wit/sidespin-jobs",
        ],
        inline: "
            package sidespin:host;
            world imports {
                import spin:variables/variables@3.0.0;
                import spin:key-value/key-value@3.0.0;
                import spin:sqlite/sqlite@3.1.0;
                import spin:postgres/postgres@4.2.0;
                import spin:redis/redis@3.0.0;
                import wasi:keyvalue/store@0.2.0-draft2;
                import wasi:keyvalue/atomics@0.2.0-draft2;
                import wasi:keyvalue/batch@0.2.0-draft2;
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
            "spin:postgres/postgres.[method]connection-builder.build": async | trappable,
            "spin:postgres/postgres.[static]connection.open": async | trappable,
            "spin:postgres/postgres.[method]connection.query": async | trappable,
            "spin:postgres/postgres.[method]connection.execute": async | trappable,
            "wasi:keyvalue/store.[method]bucket.get": async | trappable,
            "wasi:keyvalue/store.[method]bucket.set": async | trappable,
            "wasi:keyvalue/store.[method]bucket.delete": async | trappable,
            "wasi:keyvalue/store.[method]bucket.exists": async | trappable,
            "wasi:keyvalue/store.[method]bucket.list-keys": async | trappable,
            "wasi:keyvalue/atomics.[static]cas.new": async | trappable,
            "wasi:keyvalue/atomics.increment": async | trappable,
            "wasi:keyvalue/atomics.swap": async | trappable,
            "wasi:keyvalue/batch.get-many": async | trappable,
            "wasi:keyvalue/batch.set-many": async | trappable,
            "wasi:keyvalue/batch.delete-many": async | trappable,
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

/// What a command exports that waits for many things at once; of wasmtime's own bindings, that part cannot be called yet.
pub mod command {
    wasmtime::component::bindgen!({
        path: "../../wit/deps/wasi-cli@0.3.0",
        inline: "
            package sidespin:command-trigger;
            world command {
                export wasi:cli/run@0.3.0;
            }
        ",
        world: "sidespin:command-trigger/command",
        exports: { default: async | store },
    });
}

/// What a component with a Redis trigger exports.
pub mod redis_subscriber {
    wasmtime::component::bindgen!({
        path: "../../wit/deps/spin-redis@3.0.0",
        inline: "
            package sidespin:redis-trigger;
            world redis-subscriber {
                export spin:redis/inbound-redis@3.0.0;
            }
        ",
        world: "sidespin:redis-trigger/redis-subscriber",
        exports: { default: async | store },
        with: { "spin:redis/redis": crate::redis::redis },
    });
}

pub use imports::sidespin::{jobs, kafka};
pub use imports::spin::{key_value, postgres, redis, sqlite, variables};
pub use imports::wasi::keyvalue;
