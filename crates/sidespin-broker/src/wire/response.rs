//! Responses on their way out: pieces of bytes, so that the messages in a fetch go from the buffer they were read into
//! straight to the socket.

use std::io::{self, IoSlice};

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::Encodable;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// A response with its frame length and header.
#[derive(Debug)]
pub(crate) struct Response {
    pieces: Vec<Bytes>,
}

/// A response that is put together piece by piece.
#[derive(Debug)]
pub(crate) struct ResponseBuilder {
    pieces: Vec<Bytes>,
    current: BytesMut,
}

/// The codec could not encode what this broker answered: a fault of this broker.
#[derive(Debug, thiserror::Error)]
#[error("the response cannot be encoded: {0}")]
pub(crate) struct Unencodable(String);

impl Response {
    /// Encodes `body` as the answer to a request.
    pub(crate) fn encode(
        api: ApiKey,
        version: i16,
        correlation_id: i32,
        body: &impl Encodable,
    ) -> Result<Self, Unencodable> {
        let mut builder = ResponseBuilder::new(api, version, correlation_id);
        builder.put(body, version)?;
        Ok(builder.finish())
    }

    /// Writes the response. Small ones go out in one packet.
    pub(crate) async fn write_to(self, socket: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = self.pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut slices = &mut slices[..];
        while !slices.is_empty() {
            let written = socket.write_vectored(slices).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            IoSlice::advance_slices(&mut slices, written);
        }
        socket.flush().await
    }
}

impl ResponseBuilder {
    pub(crate) fn new(api: ApiKey, version: i16, correlation_id: i32) -> Self {
        let mut current = BytesMut::with_capacity(128);
        // Room for the length of the frame.
        current.put_i32(0);
        current.put_i32(correlation_id);
        if api.response_header_version(version) >= 1 {
            current.put_u8(0);
        }
        Self {
            pieces: Vec::new(),
            current,
        }
    }

    /// Where the codec's output, and what the codec does not write, goes.
    pub(crate) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.current
    }

    pub(crate) fn put(&mut self, part: &impl Encodable, version: i16) -> Result<(), Unencodable> {
        part.encode(&mut self.current, version)
            .map_err(|error| Unencodable(error.to_string()))
    }

    /// Adds bytes without copying them.
    pub(crate) fn put_bytes(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.pieces.push(self.current.split().freeze());
            self.pieces.push(bytes);
        }
    }

    pub(crate) fn finish(mut self) -> Response {
        let total = self.current.len() + self.pieces.iter().map(Bytes::len).sum::<usize>();
        let length = i32::try_from(total - 4).unwrap_or(i32::MAX).to_be_bytes();
        match self.pieces.first_mut() {
            None => put_length(&mut self.current, length),
            Some(first) => {
                // A few dozen bytes: never messages.
                let mut start = BytesMut::from(std::mem::take(first));
                put_length(&mut start, length);
                *first = start.freeze();
            }
        }
        if !self.current.is_empty() {
            self.pieces.push(self.current.freeze());
        }
        Response { pieces: self.pieces }
    }
}

fn put_length(buffer: &mut BytesMut, length: [u8; 4]) {
    if let Some(place) = buffer.get_mut(..4) {
        place.copy_from_slice(&length);
    }
}
