//! A file that only grows, by whole pieces: what a failed write leaves behind is cut off before anything follows it.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Write};
use std::path::Path;
use std::sync::Arc;

/// A file open for appending.
#[derive(Debug)]
pub(crate) struct AppendFile {
    file: Arc<File>,
    /// The bytes that were appended completely.
    length: u64,
    /// A failed write could not be taken back yet.
    unclean: bool,
}

impl AppendFile {
    /// Opens `path`, making it where it is missing, to go on after its first `length` bytes.
    pub(crate) fn open(path: &Path, length: u64) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)?;
        let unclean = file.metadata()?.len() != length;
        Ok(Self {
            file: Arc::new(file),
            length,
            unclean,
        })
    }

    /// Appends the two halves of a piece, or nothing at all.
    pub(crate) fn append(&mut self, start: &[u8], rest: &[u8]) -> io::Result<()> {
        if self.unclean {
            self.file.set_len(self.length)?;
            self.unclean = false;
        }
        if let Err(error) = write_all(&self.file, start, rest) {
            self.unclean = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.length += (start.len() + rest.len()) as u64;
        Ok(())
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn file(&self) -> &Arc<File> {
        &self.file
    }
}

fn write_all(mut file: &File, start: &[u8], rest: &[u8]) -> io::Result<()> {
    let mut slices = [IoSlice::new(start), IoSlice::new(rest)];
    let mut slices = &mut slices[..];
    // Empty slices at the front count as written.
    IoSlice::advance_slices(&mut slices, 0);
    while !slices.is_empty() {
        match file.write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut slices, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_write_left_is_cut_off_before_the_next_append() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let mut file = AppendFile::open(&path, 0).unwrap();
        file.append(b"one", b"two").unwrap();
        // A write that stopped half-way, and could not be taken back at once.
        file.file.as_ref().write_all(b"torn").unwrap();
        file.unclean = true;
        file.append(b"", b"three").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"onetwothree");
        assert_eq!(file.length(), 11);
    }

    #[test]
    fn goes_on_after_the_given_length() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, b"good, torn").unwrap();
        AppendFile::open(&path, 4).unwrap().append(b", new", b"").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"good, new");
    }
}
