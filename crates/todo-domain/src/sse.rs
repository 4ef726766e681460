//! Writing server-sent events.

use std::fmt;

/// The media type of the stream.
pub const CONTENT_TYPE: &str = "text/event-stream";

/// A comment that keeps an idle connection open.
pub const KEEP_ALIVE: &str = ": keep-alive\n\n";

/// One event; its display form is what goes on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerSentEvent<'a> {
    /// What the browser sends back as `Last-Event-ID`.
    pub id: Option<&'a str>,
    /// The name that a listener is bound to; `message` where none.
    pub event: Option<&'a str>,
    /// The payload; may have several lines.
    pub data: &'a str,
}

impl fmt::Display for ServerSentEvent<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in [("id", self.id), ("event", self.event)] {
            if let Some(value) = value {
                formatter.write_str(name)?;
                formatter.write_str(": ")?;
                // A line end would begin another field, and a NUL makes browsers ignore an id.
                value
                    .chars()
                    .filter(|letter| !letter.is_control())
                    .try_for_each(|letter| write!(formatter, "{letter}"))?;
                formatter.write_str("\n")?;
            }
        }
        // All three line ends of the format: CR LF, LF, CR.
        for line in self.data.replace("\r\n", "\n").split(['\n', '\r']) {
            writeln!(formatter, "data: {line}")?;
        }
        formatter.write_str("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_data_is_a_field() {
        let event = ServerSentEvent {
            id: Some("7"),
            event: Some("token"),
            data: "one\ntwo\r\nthree\rfour",
        };
        assert_eq!(
            event.to_string(),
            "id: 7\nevent: token\ndata: one\ndata: two\ndata: three\ndata: four\n\n"
        );
        assert_eq!(ServerSentEvent::default().to_string(), "data: \n\n");
    }

    #[test]
    fn a_line_end_cannot_smuggle_a_field_in() {
        let event = ServerSentEvent {
            id: Some("7\nevent: done\0"),
            event: Some("a\r\n\r\nb"),
            data: "x\n\nid: 9",
        };
        assert_eq!(
            event.to_string(),
            "id: 7event: done\nevent: ab\ndata: x\ndata: \ndata: id: 9\n\n"
        );
    }
}
