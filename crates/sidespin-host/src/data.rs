//! What every instance's store holds: one field per capability, and the table of resources that they share.

use sidespin_capability::{Capability, Lend};
use sidespin_capability_jobs::Jobs;
use sidespin_capability_kafka::Kafka;
use sidespin_capability_key_value::KeyValue;
use sidespin_capability_outbound_http::OutboundHttp;
use sidespin_capability_postgres::Postgres;
use sidespin_capability_redis::Redis;
use sidespin_capability_sqlite::Sqlite;
use sidespin_capability_variables::Variables;
use sidespin_capability_wasi::Wasi;
use sidespin_engine::InstanceLimits;
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

/// The state of one instance.
pub(crate) struct InstanceData {
    pub(crate) limits: InstanceLimits,
    pub(crate) table: ResourceTable,
    pub(crate) wasi: <Wasi as Capability>::InstanceState,
    pub(crate) outbound_http: <OutboundHttp as Capability>::InstanceState,
    pub(crate) variables: <Variables as Capability>::InstanceState,
    pub(crate) key_value: <KeyValue as Capability>::InstanceState,
    pub(crate) redis: <Redis as Capability>::InstanceState,
    pub(crate) sqlite: <Sqlite as Capability>::InstanceState,
    pub(crate) postgres: <Postgres as Capability>::InstanceState,
    pub(crate) kafka: <Kafka as Capability>::InstanceState,
    pub(crate) jobs: <Jobs as Capability>::InstanceState,
}

/// Lends each capability its own field, and the table.
macro_rules! lend {
    ($($capability:ty => $field:ident),+ $(,)?) => {$(
        impl Lend<$capability> for InstanceData {
            fn lend(&mut self) -> (&mut <$capability as Capability>::InstanceState, &mut ResourceTable) {
                (&mut self.$field, &mut self.table)
            }
        }
    )+};
}

lend! {
    Wasi => wasi,
    OutboundHttp => outbound_http,
    Variables => variables,
    KeyValue => key_value,
    Redis => redis,
    Sqlite => sqlite,
    Postgres => postgres,
    Kafka => kafka,
    Jobs => jobs,
}

/// Incoming requests are converted with the same state as outgoing ones.
impl WasiHttpView for InstanceData {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.outbound_http.view(&mut self.table)
    }
}
