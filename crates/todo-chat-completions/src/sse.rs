//! Server-sent events as bytes come: lines end by CR, LF or both, wherever a piece ends.

/// Cuts bytes into the data of events. It holds what belongs to an event that is not over; who calls bounds how much comes.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    was_carriage_return: bool,
    has_begun: bool,
}

impl Events {
    /// Takes a byte. Answers an event's data when the byte ends it.
    pub(crate) fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        let follows_carriage_return = std::mem::replace(&mut self.was_carriage_return, byte == b'\r');
        match byte {
            b'\n' if follows_carriage_return => None,
            b'\n' | b'\r' => self.end_line(),
            _ => {
                self.line.push(byte);
                None
            }
        }
    }

    /// What was left when the bytes ended. The format would throw it away; some servers forget the last line's end.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.has_data.then_some(self.data)
    }

    fn end_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.has_begun, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            let is_event = std::mem::take(&mut self.has_data);
            let data = std::mem::take(&mut self.data);
            return is_event.then_some(data);
        }
        if let Some(value) = line.strip_prefix(b"data").and_then(|rest| {
            // A field without a colon has an empty value.
            if rest.is_empty() {
                Some(rest)
            } else {
                rest.strip_prefix(b":")
            }
        }) {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.data
                .extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            self.has_data = true;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<String> {
        let mut events = Events::default();
        let mut found: Vec<_> = text.bytes().filter_map(|byte| events.push(byte)).collect();
        found.extend(events.finish());
        found
            .into_iter()
            .map(|data| String::from_utf8(data).unwrap())
            .collect()
    }

    #[test]
    fn any_line_end_ends_a_line() {
        for end in ["\n", "\r\n", "\r"] {
            let text = [
                "\u{feff}data: a",
                ": comment",
                "event: x",
                "data:b",
                "data",
                "",
                "",
                "id: 7",
                "",
                "data: c",
            ]
            .join(end);
            assert_eq!(events(&text), ["a\nb\n", "c"], "{end:?}");
        }
        assert_eq!(
            events("data: a\r\n\r\ndata: b\n\r\ndata:  c\n\n"),
            ["a", "b", " c"]
        );
        assert_eq!(events("database: a\n\n"), Vec::<String>::new());
    }
}
