//! Which requests there are, and who answers them.

use bytes::Bytes;
use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::{Decodable, Encodable};

use crate::api::{
    cluster, configs, fetch, fetch_response, group_admin, groups, list_offsets, metadata, offsets, produce,
    producers, topics, versions,
};
use crate::node::{Caller, Node};
use crate::wire::guard::{self, Malformed, Shape};
use crate::wire::request::RequestHead;
use crate::wire::response::{Response, Unencodable};
use crate::wire::shapes;

/// A request that this broker takes, and in which versions. Nothing is listed that is not implemented.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) key: ApiKey,
    pub(crate) min_version: i16,
    pub(crate) max_version: i16,
    pub(crate) shape: &'static Shape,
}

/// Every request that this broker takes.
pub(crate) const APIS: &[Api] = &[
    api(ApiKey::Produce, 3, 10, &shapes::PRODUCE),
    api(ApiKey::Fetch, 4, 16, &shapes::FETCH),
    api(ApiKey::ListOffsets, 1, 7, &shapes::LIST_OFFSETS),
    api(ApiKey::Metadata, 0, 12, &shapes::METADATA),
    api(ApiKey::OffsetCommit, 2, 9, &shapes::OFFSET_COMMIT),
    api(ApiKey::OffsetFetch, 1, 9, &shapes::OFFSET_FETCH),
    api(ApiKey::FindCoordinator, 0, 4, &shapes::FIND_COORDINATOR),
    api(ApiKey::JoinGroup, 0, 9, &shapes::JOIN_GROUP),
    api(ApiKey::Heartbeat, 0, 4, &shapes::HEARTBEAT),
    api(ApiKey::LeaveGroup, 0, 5, &shapes::LEAVE_GROUP),
    api(ApiKey::SyncGroup, 0, 5, &shapes::SYNC_GROUP),
    api(ApiKey::DescribeGroups, 0, 5, &shapes::DESCRIBE_GROUPS),
    api(ApiKey::ListGroups, 0, 5, &shapes::LIST_GROUPS),
    api(ApiKey::ApiVersions, 0, 4, &shapes::API_VERSIONS),
    api(ApiKey::CreateTopics, 2, 7, &shapes::CREATE_TOPICS),
    api(ApiKey::DeleteTopics, 1, 6, &shapes::DELETE_TOPICS),
    api(ApiKey::InitProducerId, 0, 4, &shapes::INIT_PRODUCER_ID),
    api(ApiKey::DescribeConfigs, 1, 4, &shapes::DESCRIBE_CONFIGS),
    api(ApiKey::CreatePartitions, 0, 3, &shapes::CREATE_PARTITIONS),
    api(ApiKey::DeleteGroups, 0, 2, &shapes::DELETE_GROUPS),
    api(ApiKey::OffsetDelete, 0, 0, &shapes::OFFSET_DELETE),
    api(ApiKey::DescribeCluster, 0, 1, &shapes::DESCRIBE_CLUSTER),
];

/// Why a connection is closed instead of answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The client sent something that is not the request it says it is.
    #[error("a request was malformed: {0}")]
    Malformed(#[from] Malformed),
    /// The codec found what the check before it had let through.
    #[error("a request could not be decoded: {0}")]
    Undecodable(String),
    /// The client did not ask which requests there are, or did not listen.
    #[error("there is no request {api_key} in version {version}")]
    Unsupported { api_key: i16, version: i16 },
    /// Closing is the only way to tell a producer that wants no answers.
    #[error("a producer that wants no acknowledgement sent what cannot be appended")]
    UnacknowledgedLost,
    /// A fault of this broker.
    #[error(transparent)]
    Unencodable(#[from] Unencodable),
}

/// A request whose header has been read.
struct Request<'frame> {
    head: &'frame RequestHead,
    api: ApiKey,
    body: Bytes,
}

const fn api(key: ApiKey, min_version: i16, max_version: i16, shape: &'static Shape) -> Api {
    Api {
        key,
        min_version,
        max_version,
        shape,
    }
}

/// Answers one request; with nothing, where the client wants no answer.
pub(crate) async fn answer(
    node: &Node,
    caller: &mut Caller,
    mut frame: Bytes,
) -> Result<Option<Response>, Fault> {
    let head = RequestHead::take(&mut frame)?;
    let api = APIS.iter().find(|api| api.key as i16 == head.api_key);
    let Some(api) = api.filter(|api| (api.min_version..=api.max_version).contains(&head.version)) else {
        if head.api_key == ApiKey::ApiVersions as i16 {
            let response = versions::unsupported();
            return Ok(Some(Response::encode(
                ApiKey::ApiVersions,
                0,
                head.correlation_id,
                &response,
            )?));
        }
        return Err(Fault::Unsupported {
            api_key: head.api_key,
            version: head.version,
        });
    };
    caller.client_id = head.take_client_id(api.key, &mut frame)?;
    guard::check(api.shape, head.version, &frame)?;
    let request = Request {
        head: &head,
        api: api.key,
        body: frame,
    };
    match api.key {
        ApiKey::Produce => answer_produce(node, request),
        ApiKey::Fetch => {
            let fetched = fetch::handle(node, request.decode()?, head.version).await;
            Ok(Some(fetch_response::encode(&head, fetched)?))
        }
        ApiKey::JoinGroup
        | ApiKey::SyncGroup
        | ApiKey::Heartbeat
        | ApiKey::LeaveGroup
        | ApiKey::OffsetCommit
        | ApiKey::OffsetFetch
        | ApiKey::OffsetDelete
        | ApiKey::DescribeGroups
        | ApiKey::ListGroups
        | ApiKey::DeleteGroups => answer_group(node, caller, request).await.map(Some),
        _ => answer_cluster(node, caller, &request).map(Some),
    }
}

fn answer_produce(node: &Node, request: Request<'_>) -> Result<Option<Response>, Fault> {
    let produced = produce::handle(node, request.decode()?);
    match (produced.unacknowledged, produced.all_appended) {
        (true, true) => Ok(None),
        (true, false) => Err(Fault::UnacknowledgedLost),
        (false, _) => request.respond(&produced.response).map(Some),
    }
}

async fn answer_group(node: &Node, caller: &Caller, request: Request<'_>) -> Result<Response, Fault> {
    let version = request.head.version;
    match request.api {
        ApiKey::JoinGroup => {
            let join = request.decode()?;
            request.respond(&groups::join(node, caller, join, version).await)
        }
        ApiKey::SyncGroup => {
            let sync = request.decode()?;
            request.respond(&groups::sync(node, sync).await)
        }
        ApiKey::Heartbeat => request.respond(&groups::heartbeat(node, &request.decode()?)),
        ApiKey::LeaveGroup => request.respond(&groups::leave(node, request.decode()?, version)),
        ApiKey::OffsetCommit => request.respond(&offsets::commit(node, request.decode()?)),
        ApiKey::OffsetFetch => request.respond(&offsets::fetch(node, request.decode()?, version)),
        ApiKey::OffsetDelete => request.respond(&offsets::delete(node, request.decode()?)),
        ApiKey::DescribeGroups => request.respond(&group_admin::describe(node, request.decode()?)),
        ApiKey::ListGroups => request.respond(&group_admin::list(node, &request.decode()?)),
        ApiKey::DeleteGroups => request.respond(&group_admin::delete(node, request.decode()?)),
        _ => request.unsupported(),
    }
}

fn answer_cluster(node: &Node, caller: &Caller, request: &Request<'_>) -> Result<Response, Fault> {
    let version = request.head.version;
    match request.api {
        ApiKey::ApiVersions => request.respond(&versions::handle()),
        ApiKey::Metadata => request.respond(&metadata::handle(node, caller, request.decode()?, version)),
        ApiKey::ListOffsets => request.respond(&list_offsets::handle(node, request.decode()?, version)),
        ApiKey::InitProducerId => request.respond(&producers::init(node, &request.decode()?)),
        ApiKey::FindCoordinator => {
            request.respond(&cluster::find_coordinator(caller, request.decode()?, version))
        }
        ApiKey::DescribeCluster => request.respond(&cluster::describe(node, caller, &request.decode()?)),
        ApiKey::CreateTopics => request.respond(&topics::create(node, request.decode()?)),
        ApiKey::DeleteTopics => request.respond(&topics::delete(node, request.decode()?, version)),
        ApiKey::CreatePartitions => request.respond(&topics::create_partitions(node, request.decode()?)),
        ApiKey::DescribeConfigs => request.respond(&configs::describe(node, request.decode()?)),
        _ => request.unsupported(),
    }
}

impl Request<'_> {
    fn decode<Body: Decodable>(&self) -> Result<Body, Fault> {
        // The codec takes slices of the frame, it does not copy.
        let mut body = self.body.clone();
        Body::decode(&mut body, self.head.version).map_err(|error| Fault::Undecodable(error.to_string()))
    }

    fn respond(&self, body: &impl Encodable) -> Result<Response, Fault> {
        Ok(Response::encode(
            self.api,
            self.head.version,
            self.head.correlation_id,
            body,
        )?)
    }

    fn unsupported(&self) -> Result<Response, Fault> {
        Err(Fault::Unsupported {
            api_key: self.head.api_key,
            version: self.head.version,
        })
    }
}
