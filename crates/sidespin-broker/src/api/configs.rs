//! The configuration of topics and of the broker, as clients set and see it (CreateTopics, DescribeConfigs).

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopicConfig;
use kafka_protocol::messages::create_topics_response::CreatableTopicConfigs;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use kafka_protocol::protocol::StrBytes;

use crate::config::Limits;
use crate::node::{NODE_ID, Node};
use crate::refusal::Refusal;
use crate::topic::TopicSettings;

const TOPIC: i8 = 2;
const BROKER: i8 = 4;

/// Kafka's smallest segment, more or less: below it files would outnumber messages.
const MIN_SEGMENT_BYTES: u32 = 1024;

#[derive(Debug, Clone, Copy)]
#[repr(i8)]
enum Source {
    Topic = 1,
    Default = 5,
}

#[derive(Debug, Clone, Copy)]
#[repr(i8)]
enum Type {
    Boolean = 1,
    Int = 3,
    Long = 5,
    List = 7,
}

/// One entry of a configuration.
struct Entry {
    name: &'static str,
    value: String,
    source: Source,
    kind: Type,
}

/// Understands what a client configures a new topic with. What this broker cannot keep to is refused, not ignored.
pub(crate) fn parse(limits: &Limits, configs: &[CreatableTopicConfig]) -> Result<TopicSettings, Refusal> {
    let mut settings = TopicSettings::default();
    for config in configs {
        let name = config.name.as_str();
        let Some(value) = config.value.as_deref() else {
            continue;
        };
        match name {
            "retention.ms" => settings.retention_ms = Some(number(name, value, -1)?),
            "retention.bytes" => settings.retention_bytes = Some(number(name, value, -1)?),
            "segment.bytes" => {
                let bytes = number(name, value, i64::from(MIN_SEGMENT_BYTES))?;
                settings.segment_bytes = Some(u32::try_from(bytes).unwrap_or(u32::MAX));
            }
            _ => check_fixed(limits, name, value)?,
        }
    }
    Ok(settings)
}

fn number(name: &str, value: &str, minimum: i64) -> Result<i64, Refusal> {
    let parsed = value.trim().parse().ok().filter(|number| *number >= minimum);
    parsed.ok_or_else(|| {
        let reason = format!("`{name}` must be a whole number of at least {minimum}, not `{value}`");
        Refusal::new(ResponseError::InvalidConfig, reason)
    })
}

/// What cannot be changed may still be asked for as it is.
fn check_fixed(limits: &Limits, name: &str, value: &str) -> Result<(), Refusal> {
    let entries = topic_entries(limits, &TopicSettings::default());
    let reason = match entries.iter().find(|entry| entry.name == name) {
        Some(entry) if entry.value == value => return Ok(()),
        Some(entry) => format!("`{name}` is always `{}` in the embedded broker", entry.value),
        None => format!(
            "the embedded broker does not know `{name}`; it knows {}",
            entries
                .iter()
                .map(|entry| entry.name)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    Err(Refusal::new(ResponseError::InvalidConfig, reason))
}

/// The configuration of a topic that was just created.
pub(crate) fn of_created(limits: &Limits, settings: &TopicSettings) -> Vec<CreatableTopicConfigs> {
    let entries = topic_entries(limits, settings).into_iter().map(|entry| {
        CreatableTopicConfigs::default()
            .with_name(StrBytes::from_static_str(entry.name))
            .with_value(Some(StrBytes::from_string(entry.value)))
            .with_config_source(entry.source as i8)
            .with_read_only(true)
    });
    entries.collect()
}

pub(crate) fn describe(node: &Node, request: DescribeConfigsRequest) -> DescribeConfigsResponse {
    let results = request.resources.into_iter().map(|resource| {
        let described = entries_of(node, &resource);
        let result = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name);
        match described {
            Err(refusal) => result
                .with_error_code(refusal.code())
                .with_error_message(refusal.message()),
            Ok(entries) => {
                let wanted = |entry: &Entry| {
                    let keys = resource.configuration_keys.as_ref();
                    keys.is_none_or(|keys| keys.iter().any(|key| key.as_str() == entry.name))
                };
                result.with_configs(entries.into_iter().filter(wanted).map(described_entry).collect())
            }
        }
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}

fn described_entry(entry: Entry) -> DescribeConfigsResourceResult {
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from_static_str(entry.name))
        .with_value(Some(StrBytes::from_string(entry.value)))
        .with_read_only(true)
        .with_config_source(entry.source as i8)
        .with_config_type(entry.kind as i8)
}

fn entries_of(node: &Node, resource: &DescribeConfigsResource) -> Result<Vec<Entry>, Refusal> {
    let name = resource.resource_name.as_str();
    match resource.resource_type {
        TOPIC => {
            let topic = node
                .catalog
                .topic(name)
                .ok_or_else(|| Refusal::unknown_partition(name, 0))?;
            Ok(topic_entries(node.catalog.limits(), &topic.settings))
        }
        BROKER if name.is_empty() || name == NODE_ID.0.to_string() => Ok(broker_entries(node)),
        BROKER => Err(Refusal::new(
            ResponseError::InvalidRequest,
            format!("there is no broker `{name}`, only 0"),
        )),
        other => {
            let reason = format!("the embedded broker has no configuration of resource type {other}");
            Err(Refusal::new(ResponseError::InvalidRequest, reason))
        }
    }
}

fn topic_entries(limits: &Limits, settings: &TopicSettings) -> Vec<Entry> {
    let keeping = settings.keeping(limits);
    let entry = |name, value, kind, is_set: bool| {
        let source = if is_set { Source::Topic } else { Source::Default };
        Entry {
            name,
            value,
            source,
            kind,
        }
    };
    let retention_ms = keeping
        .retention
        .map_or("-1".to_owned(), |time| time.as_millis().to_string());
    let retention_bytes = keeping
        .retention_bytes
        .map_or("-1".to_owned(), |bytes| bytes.to_string());
    vec![
        entry("cleanup.policy", "delete".to_owned(), Type::List, false),
        entry(
            "max.message.bytes",
            limits.max_batch_bytes.to_string(),
            Type::Int,
            false,
        ),
        entry("min.insync.replicas", "1".to_owned(), Type::Int, false),
        entry(
            "retention.bytes",
            retention_bytes,
            Type::Long,
            settings.retention_bytes.is_some(),
        ),
        entry(
            "retention.ms",
            retention_ms,
            Type::Long,
            settings.retention_ms.is_some(),
        ),
        entry(
            "segment.bytes",
            keeping.segment_bytes.to_string(),
            Type::Int,
            settings.segment_bytes.is_some(),
        ),
    ]
}

fn broker_entries(node: &Node) -> Vec<Entry> {
    let limits = node.catalog.limits();
    let entry = |name, value, kind| Entry {
        name,
        value,
        source: Source::Default,
        kind,
    };
    vec![
        entry(
            "auto.create.topics.enable",
            node.auto_create_topics.to_string(),
            Type::Boolean,
        ),
        entry("default.replication.factor", "1".to_owned(), Type::Int),
        entry("log.segment.bytes", limits.segment_bytes.to_string(), Type::Int),
        entry("message.max.bytes", limits.max_batch_bytes.to_string(), Type::Int),
        entry("num.partitions", node.default_partitions.to_string(), Type::Int),
    ]
}
