//! The standard output, for commands that write much or for long.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use clap::ValueEnum;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Lines on the standard output. They arrive when it is flushed, which the owner must do.
#[derive(Debug)]
pub(crate) struct Output {
    writer: BufWriter<Stdout>,
    pub(crate) is_terminal: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        let stdout = io::stdout();
        Self {
            is_terminal: stdout.is_terminal(),
            writer: BufWriter::new(stdout),
        }
    }

    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes())?;
        self.writer.write_all(b"\n")
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// A whole document, for programs and for people who look at what programs get.
    pub(crate) fn document(&mut self, document: &serde_json::Value) -> io::Result<()> {
        self.line(&format!("{document:#}"))?;
        self.flush()
    }
}
