//! How much an answer may be.

/// What is read of an answer at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes on the wire, comments and everything else included. A streamed token costs some 250 of them.
    pub bytes: usize,
    /// Bytes of the text.
    pub content: usize,
    /// Calls of tools.
    pub tool_calls: usize,
    /// Bytes of one call's arguments.
    pub arguments: usize,
    /// Levels of JSON in JSON.
    pub depth: usize,
}

impl Default for Limits {
    /// What a turn about tasks never needs more than: four tasks with the longest description fit in one call.
    fn default() -> Self {
        Self {
            bytes: 1 << 20,
            content: 32 << 10,
            tool_calls: 32,
            arguments: 32 << 10,
            depth: 16,
        }
    }
}
