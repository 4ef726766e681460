//! Consumer groups, by the classic protocol: `state` is one group as a state machine, with `rebalance` and `rules` as parts
//! of it, `member` one member, `coordinator` all groups with their timers, `describe` what tools see of them,
//! `offsets_store` what they have committed.

pub(crate) mod coordinator;
pub(crate) mod describe;
pub(crate) mod member;
pub(crate) mod offsets_store;
mod rebalance;
mod rules;
pub(crate) mod state;
