//! Speaks the protocol on a bare socket, to say what a client library would not.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::PartitionProduceResponse;
use kafka_protocol::messages::{ApiKey, ProduceRequest, RequestHeader, TopicName};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use kafka_protocol::records::{Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType};

use crate::support::PATIENCE;

/// A connection.
pub(crate) struct RawClient {
    socket: TcpStream,
    correlation_id: i32,
}

impl RawClient {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self {
            socket,
            correlation_id: 0,
        }
    }

    /// Sends a request and receives its answer.
    pub(crate) fn call<Body: Request>(&mut self, version: i16, body: &Body) -> Body::Response {
        self.send(version, body);
        self.receive::<Body>(version)
    }

    pub(crate) fn send<Body: Request>(&mut self, version: i16, body: &Body) {
        let mut encoded = BytesMut::new();
        body.encode(&mut encoded, version).unwrap();
        self.send_encoded(Body::KEY, version, Body::header_version(version), &encoded);
    }

    /// Sends a request with whatever body.
    pub(crate) fn send_encoded(&mut self, api_key: i16, version: i16, header_version: i16, body: &[u8]) {
        self.correlation_id += 1;
        let header = RequestHeader::default()
            .with_request_api_key(api_key)
            .with_request_api_version(version)
            .with_correlation_id(self.correlation_id)
            .with_client_id(Some(StrBytes::from_static_str("raw")));
        let mut frame = BytesMut::new();
        header.encode(&mut frame, header_version).unwrap();
        frame.put_slice(body);
        self.send_frame(&frame);
    }

    pub(crate) fn send_frame(&mut self, frame: &[u8]) {
        let length = i32::try_from(frame.len()).unwrap().to_be_bytes();
        self.send_bytes(&[&length, frame].concat());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    pub(crate) fn receive<Body: Request>(&mut self, version: i16) -> Body::Response {
        let mut frame = self.receive_frame().unwrap();
        assert_eq!(frame.get_i32(), self.correlation_id);
        if Body::Response::header_version(version) >= 1 {
            assert_eq!(frame.get_u8(), 0);
        }
        let response = Body::Response::decode(&mut frame, version).unwrap();
        assert!(frame.is_empty(), "{} bytes after the response", frame.len());
        response
    }

    pub(crate) fn receive_frame(&mut self) -> io::Result<Bytes> {
        let mut length = [0; 4];
        self.socket.read_exact(&mut length)?;
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.socket.read_exact(&mut frame)?;
        Ok(frame.into())
    }

    /// Whether the broker has closed the connection, having said nothing more.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.socket.read(&mut [0; 1]) {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    /// Appends a batch to partition 0 of a topic.
    pub(crate) fn produce(&mut self, topic: &'static str, batch: Bytes) -> PartitionProduceResponse {
        let version = 9;
        let response = self.call(version, &produce_request(topic, -1, batch));
        response.responses[0].partition_responses[0].clone()
    }
}

pub(crate) fn topic_name(name: &'static str) -> TopicName {
    TopicName(StrBytes::from_static_str(name))
}

pub(crate) fn produce_request(topic: &'static str, acks: i16, batch: Bytes) -> ProduceRequest {
    let data = PartitionProduceData::default().with_records(Some(batch));
    let topic = TopicProduceData::default()
        .with_name(topic_name(topic))
        .with_partition_data(vec![data]);
    ProduceRequest::default()
        .with_acks(acks)
        .with_timeout_ms(1000)
        .with_topic_data(vec![topic])
}

/// Who sends a batch, and which of its batches it is.
#[derive(Clone, Copy)]
pub(crate) struct Sequence {
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    pub(crate) first: i32,
}

impl Sequence {
    pub(crate) const NONE: Self = Self {
        producer_id: -1,
        epoch: -1,
        first: -1,
    };
}

/// A batch with one record per value.
pub(crate) fn batch(sequence: Sequence, timestamp: i64, values: &[&str]) -> Bytes {
    let records: Vec<Record> = (0..)
        .zip(values)
        .map(|(index, value)| Record {
            transactional: false,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: -1,
            producer_id: sequence.producer_id,
            producer_epoch: sequence.epoch,
            timestamp_type: TimestampType::Creation,
            offset: i64::from(index),
            sequence: sequence.first.wrapping_add(index),
            timestamp: timestamp + i64::from(index),
            key: None,
            value: Some(Bytes::copy_from_slice(value.as_bytes())),
            headers: IndexMap::new(),
        })
        .collect();
    let mut bytes = BytesMut::new();
    let options = RecordEncodeOptions {
        version: 2,
        compression: Compression::None,
    };
    RecordBatchEncoder::encode(&mut bytes, &records, &options).unwrap();
    bytes.freeze()
}

/// The number of an API, as it goes on the wire.
pub(crate) fn number(key: ApiKey) -> i16 {
    key as i16
}
