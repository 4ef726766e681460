//! The directory where everything durable is kept.

use std::io::ErrorKind;
use std::path::Path;

use sidespin_app::Diagnostic;

/// Makes sure that the directory exists and can be written to.
pub(crate) fn open(directory: &Path) -> Result<(), Diagnostic> {
    let unusable = |error: std::io::Error| {
        let hint = match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                "remove the file that stands in its way, or name another directory with `--state-dir`"
            }
            ErrorKind::StorageFull => "free some space, or name a directory elsewhere with `--state-dir`",
            _ => "give its owner the right to write, or name another one with `--state-dir`",
        };
        Diagnostic::new(format!(
            "the state directory `{}` cannot be written to",
            directory.display()
        ))
        .caused_by(&error)
        .hint(hint)
    };
    std::fs::create_dir_all(directory).map_err(unusable)?;
    // Permissions alone do not tell: a read-only mount or a full disk looks the same until something is written.
    let probe = directory.join(format!(".writable-{}", std::process::id()));
    std::fs::write(&probe, b"probe").map_err(unusable)?;
    std::fs::remove_file(&probe).map_err(unusable)
}
