//! InitProducerId: an identity for an idempotent producer.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use crate::node::Node;
use crate::refusal::Refusal;

pub(crate) fn init(node: &Node, request: &InitProducerIdRequest) -> InitProducerIdResponse {
    let id = if request.transactional_id.is_some() {
        // The code that makes clients give up at once.
        Err(Refusal::new(
            ResponseError::UnsupportedVersion,
            "the embedded broker has no transactions",
        ))
    } else {
        node.catalog.next_producer_id()
    };
    match id {
        Ok(id) => InitProducerIdResponse::default()
            .with_producer_id(ProducerId(id))
            .with_producer_epoch(0),
        Err(refusal) => InitProducerIdResponse::default()
            .with_error_code(refusal.code())
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1),
    }
}
