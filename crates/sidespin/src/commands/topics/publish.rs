//! `sidespin topics publish`.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use sidespin_app::Diagnostic;
use sidespin_kafka_client::{Header, Outgoing};
use sidespin_operations::Cluster;

use crate::failure::Failure;
use crate::operate::Stop;
use crate::operate::output::Output;

/// Lines that are written together, at most.
const BATCH: usize = 500;

/// Prints the topic and partition/offset of each message when all replicas have it. A topic that does not exist is not made.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The topic.
    topic: String,
    #[command(flatten)]
    content: Content,
    /// The messages' key, which decides on their partition.
    #[arg(long)]
    key: Option<String>,
    /// A header; may be given several times.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header)]
    headers: Vec<Header>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Content {
    /// The message.
    value: Option<String>,
    /// Take the message from a file; - for the standard input.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Take each line of the standard input as a message.
    #[arg(long)]
    lines: bool,
    /// Write a tombstone: a message without a value.
    #[arg(long)]
    null: bool,
}

fn header(text: &str) -> Result<Header, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok(Header {
            name: name.to_owned(),
            value: Some(value.into()),
        }),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

impl Publish {
    pub(crate) async fn run(mut self, cluster: &Cluster) -> Result<(), Stop> {
        let mut output = Output::new();
        if self.content.lines {
            let mut input = BufReader::new(io::stdin());
            loop {
                let lines = lines(&mut input).map_err(|error| unreadable("-".as_ref(), &error))?;
                if lines.is_empty() {
                    return Ok(());
                }
                self.write(cluster, lines.into_iter().map(Some), &mut output)
                    .await?;
            }
        }
        let value = match (self.content.value.take(), self.content.file.take()) {
            (Some(value), _) => Some(value.into_bytes()),
            (None, Some(file)) => Some(read(&file)?),
            (None, None) => None,
        };
        self.write(cluster, [value], &mut output).await
    }

    async fn write(
        &self,
        cluster: &Cluster,
        values: impl IntoIterator<Item = Option<Vec<u8>>>,
        output: &mut Output,
    ) -> Result<(), Stop> {
        let messages = values.into_iter().map(|value| Outgoing {
            topic: self.topic.clone(),
            key: self.key.clone().map(String::into_bytes),
            value,
            headers: self.headers.clone(),
        });
        for written in cluster.publish(messages.collect()).await? {
            output.line(&format!(
                "{}  {}/{}",
                self.topic, written.partition, written.offset
            ))?;
        }
        Ok(output.flush()?)
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let content = if file == Path::new("-") {
        let mut content = Vec::new();
        io::stdin().read_to_end(&mut content).map(|_length| content)
    } else {
        std::fs::read(file)
    };
    content.map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    let name = if file == Path::new("-") {
        "the standard input".to_owned()
    } else {
        format!("`{}`", file.display())
    };
    Diagnostic::new(format!("{name} cannot be read"))
        .caused_by(error)
        .into()
}

/// The next line, and those that are there already: whoever types them sees each written at once. None at the end.
fn lines<R: Read>(input: &mut BufReader<R>) -> io::Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(lines);
        }
        line.pop_if(|last| *last == b'\n');
        lines.push(line);
        if lines.len() >= BATCH || !input.buffer().contains(&b'\n') {
            return Ok(lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_messages_without_their_ends() {
        let text = b"one\n\n\xff\r\nlast";
        let mut input = BufReader::new(&text[..]);
        assert_eq!(lines(&mut input).unwrap(), [&b"one"[..], b"", b"\xff\r"]);
        assert_eq!(lines(&mut input).unwrap(), [b"last"]);
        assert!(lines(&mut input).unwrap().is_empty());
    }

    #[test]
    fn no_more_lines_are_taken_at_once_than_are_written_together() {
        let text = "x\n".repeat(BATCH + 1);
        let mut input = BufReader::new(text.as_bytes());
        assert_eq!(lines(&mut input).unwrap().len(), BATCH);
        assert_eq!(lines(&mut input).unwrap().len(), 1);
    }

    #[test]
    fn a_header_has_a_name() {
        assert_eq!(header("a=b=c").unwrap().value.as_deref(), Some(&b"b=c"[..]));
        assert!(header("=b").is_err());
        assert!(header("a").is_err());
    }
}
