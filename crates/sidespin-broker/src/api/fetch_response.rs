//! Encodes the answer to a fetch without copying the messages: the codec writes what stands around them.

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::ApiKey;
use kafka_protocol::messages::fetch_response::PartitionData;

use crate::api::fetch::{Fetched, FetchedPartition, FetchedTopic};
use crate::wire::request::RequestHead;
use crate::wire::response::{Response, ResponseBuilder, Unencodable};

const FLEXIBLE_SINCE: i16 = 12;
const SESSIONS_SINCE: i16 = 7;
const TOPIC_IDS_SINCE: i16 = 13;
/// No fetch session, and no offset.
const NO_SESSION: i32 = 0;
const NO_OFFSET: i64 = -1;

pub(crate) fn encode(head: &RequestHead, fetched: Fetched) -> Result<Response, Unencodable> {
    let version = head.version;
    let mut builder = ResponseBuilder::new(ApiKey::Fetch, version, head.correlation_id);
    let buffer = builder.buffer();
    let throttle_time = 0;
    buffer.put_i32(throttle_time);
    if version >= SESSIONS_SINCE {
        buffer.put_i16(fetched.error_code);
        buffer.put_i32(NO_SESSION);
    }
    put_array_length(buffer, version, fetched.topics.len());
    for topic in fetched.topics {
        put_topic(&mut builder, version, topic)?;
    }
    put_no_tagged_fields(builder.buffer(), version);
    Ok(builder.finish())
}

fn put_topic(builder: &mut ResponseBuilder, version: i16, topic: FetchedTopic) -> Result<(), Unencodable> {
    let buffer = builder.buffer();
    let name = topic.asked.topic.as_bytes();
    if version >= TOPIC_IDS_SINCE {
        buffer.put_slice(topic.asked.topic_id.as_bytes());
    } else if version >= FLEXIBLE_SINCE {
        put_varint(buffer, name.len() + 1);
        buffer.put_slice(name);
    } else {
        buffer.put_i16(i16::try_from(name.len()).unwrap_or(i16::MAX));
        buffer.put_slice(name);
    }
    put_array_length(buffer, version, topic.partitions.len());
    for partition in topic.partitions {
        put_partition(builder, version, partition)?;
    }
    put_no_tagged_fields(builder.buffer(), version);
    Ok(())
}

fn put_partition(
    builder: &mut ResponseBuilder,
    version: i16,
    partition: FetchedPartition,
) -> Result<(), Unencodable> {
    let data = PartitionData::default()
        .with_partition_index(partition.index)
        .with_aborted_transactions(None);
    let (data, records) = match partition.read {
        Ok((records, bounds)) => {
            let data = data
                .with_high_watermark(bounds.end)
                .with_last_stable_offset(bounds.end)
                .with_log_start_offset(bounds.start);
            (data, records)
        }
        Err(refusal) => {
            let data = data
                .with_error_code(refusal.code())
                .with_high_watermark(NO_OFFSET)
                .with_last_stable_offset(NO_OFFSET)
                .with_log_start_offset(NO_OFFSET);
            (data, Bytes::new())
        }
    };
    builder.put(&data.with_records(None), version)?;
    // The codec ends a partition with "no records" and, where there are any, the tagged fields: none.
    let buffer = builder.buffer();
    let ending = if version >= FLEXIBLE_SINCE { 2 } else { 4 };
    buffer.truncate(buffer.len().saturating_sub(ending));
    put_bytes_length(buffer, version, records.len());
    builder.put_bytes(records);
    put_no_tagged_fields(builder.buffer(), version);
    Ok(())
}

fn put_array_length(buffer: &mut BytesMut, version: i16, length: usize) {
    put_bytes_length(buffer, version, length);
}

fn put_bytes_length(buffer: &mut BytesMut, version: i16, length: usize) {
    if version >= FLEXIBLE_SINCE {
        put_varint(buffer, length + 1);
    } else {
        buffer.put_i32(i32::try_from(length).unwrap_or(i32::MAX));
    }
}

fn put_no_tagged_fields(buffer: &mut BytesMut, version: i16) {
    if version >= FLEXIBLE_SINCE {
        buffer.put_u8(0);
    }
}

fn put_varint(buffer: &mut BytesMut, value: usize) {
    let mut rest = value;
    while rest >= 0x80 {
        buffer.put_u8(u8::try_from(rest & 0x7f).unwrap_or(0) | 0x80);
        rest >>= 7;
    }
    buffer.put_u8(u8::try_from(rest).unwrap_or(0));
}

#[cfg(test)]
mod tests;
