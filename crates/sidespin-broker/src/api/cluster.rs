//! DescribeCluster, and FindCoordinator: both answer that there is this one broker.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{
    BrokerId, DescribeClusterRequest, DescribeClusterResponse, FindCoordinatorRequest,
    FindCoordinatorResponse,
};
use kafka_protocol::protocol::StrBytes;

use crate::node::{Caller, NODE_ID, Node, OPERATIONS_NOT_ASKED_FOR};
use crate::refusal::Refusal;

const BROKERS: i8 = 1;
const GROUP: i8 = 0;

pub(crate) fn describe(
    node: &Node,
    caller: &Caller,
    request: &DescribeClusterRequest,
) -> DescribeClusterResponse {
    let response = DescribeClusterResponse::default()
        .with_endpoint_type(request.endpoint_type)
        .with_cluster_authorized_operations(OPERATIONS_NOT_ASKED_FOR);
    if request.endpoint_type != BROKERS {
        let reason = "the embedded broker has no separate controllers";
        return response
            .with_error_code(ResponseError::UnsupportedEndpointType.code())
            .with_error_message(Some(StrBytes::from_static_str(reason)));
    }
    let broker = DescribeClusterBroker::default()
        .with_broker_id(NODE_ID)
        .with_host(caller.advertised_host())
        .with_port(caller.advertised_port());
    response
        .with_cluster_id(StrBytes::from_string(node.catalog.cluster_id().to_owned()))
        .with_controller_id(NODE_ID)
        .with_brokers(vec![broker])
}

pub(crate) fn find_coordinator(
    caller: &Caller,
    request: FindCoordinatorRequest,
    version: i16,
) -> FindCoordinatorResponse {
    let refusal = (request.key_type != GROUP).then(|| {
        Refusal::new(
            ResponseError::InvalidRequest,
            "the embedded broker coordinates consumer groups only",
        )
    });
    let (code, message) = refusal.map_or((0, None), |refusal| (refusal.code(), refusal.message()));
    let (node_id, host, port) = if code == 0 {
        (NODE_ID, caller.advertised_host(), caller.advertised_port())
    } else {
        (BrokerId(-1), StrBytes::new(), -1)
    };
    if version < 4 {
        return FindCoordinatorResponse::default()
            .with_error_code(code)
            .with_error_message(message)
            .with_node_id(node_id)
            .with_host(host)
            .with_port(port);
    }
    let coordinators = request.coordinator_keys.into_iter().map(|key| {
        Coordinator::default()
            .with_key(key)
            .with_node_id(node_id)
            .with_host(host.clone())
            .with_port(port)
            .with_error_code(code)
            .with_error_message(message.clone())
    });
    FindCoordinatorResponse::default().with_coordinators(coordinators.collect())
}
