//! One component: its bytes, its content hash and what its manifest entry grants.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use sidespin_diagnostic::Location;

/// A component's id, unique in its application. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId(Arc<str>);

impl ComponentId {
    /// An id; the manifest has checked its form.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&ComponentId> for Arc<str> {
    fn from(id: &ComponentId) -> Self {
        Self::clone(&id.0)
    }
}

impl Borrow<str> for ComponentId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ComponentId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ComponentId {
    fn from(id: &str) -> Self {
        Self(Arc::from(id))
    }
}

impl From<String> for ComponentId {
    fn from(id: String) -> Self {
        Self(Arc::from(id))
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ComponentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

/// A component with everything its manifest entry grants. What is not here is not granted.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its id.
    pub id: ComponentId,
    /// What it is for; may be empty.
    pub description: String,
    /// Its bytes, dependencies composed in.
    pub source: ComponentSource,
    /// Environment variables; the values are templates.
    pub environment: BTreeMap<String, String>,
    /// Files it may read.
    pub files: Vec<MountedDirectory>,
    /// Network destinations it may reach; the entries are templates.
    pub allowed_outbound_hosts: Vec<String>,
    /// Labels of the key-value stores it may open.
    pub key_value_stores: Vec<String>,
    /// Labels of the SQLite databases it may open.
    pub sqlite_databases: Vec<String>,
    /// AI models it may use.
    pub ai_models: Vec<String>,
    /// Its variables by name; the values are templates over the application's variables.
    pub variables: BTreeMap<String, String>,
    /// `[component.<id>.tool.sidespin]` as a JSON object; empty when the manifest has none.
    pub sidespin: Value,
    /// Where the component is declared.
    pub location: Option<Location>,
    /// Where each of its keys is. Entries are there too, as `variables.<name>`, `environment.<name>`,
    /// `allowed_outbound_hosts.<index>`, and the keys of the sidespin table as `sidespin.<key>`.
    pub key_locations: BTreeMap<String, Location>,
}

impl Component {
    /// Where a key (such as `key_value_stores` or `sidespin.kafka_topics`) is, or else where the component is.
    #[must_use]
    pub fn location_of(&self, key: &str) -> Option<&Location> {
        self.key_locations.get(key).or(self.location.as_ref())
    }
}

/// A host directory or file that a component sees, read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedDirectory {
    /// The absolute path outside.
    pub host_path: PathBuf,
    /// The absolute path inside.
    pub guest_path: String,
}

/// A component's bytes and their hash.
#[derive(Clone, Debug)]
pub struct ComponentSource {
    /// Where the bytes are.
    pub content: WasmContent,
    /// Their SHA-256 when the application was loaded; the key of the compile cache.
    pub hash: ContentHash,
}

/// Where a component's bytes are.
#[derive(Clone)]
pub enum WasmContent {
    /// In a file, given by its absolute path.
    File(PathBuf),
    /// In memory.
    Memory(Arc<[u8]>),
}

impl fmt::Debug for WasmContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
            Self::Memory(bytes) => write!(formatter, "Memory({} bytes)", bytes.len()),
        }
    }
}

impl ComponentSource {
    /// A component held in memory.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        Self {
            hash: ContentHash::of(&bytes),
            content: WasmContent::Memory(bytes),
        }
    }

    /// The bytes, which are exactly those that were hashed.
    ///
    /// # Errors
    /// The file cannot be read, or has changed since the application was loaded: its hash must never be used for other
    /// bytes, or a compile cache would keep the wrong code for good.
    pub fn read(&self) -> Result<Arc<[u8]>, SourceError> {
        match &self.content {
            WasmContent::Memory(bytes) => Ok(Arc::clone(bytes)),
            WasmContent::File(path) => {
                let bytes = std::fs::read(path).map_err(|source| SourceError::Read {
                    path: path.clone(),
                    source,
                })?;
                if ContentHash::of(&bytes) != self.hash {
                    return Err(SourceError::Changed { path: path.clone() });
                }
                Ok(bytes.into())
            }
        }
    }
}

/// Why a component's bytes cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not the one that was loaded.
    #[error("`{}` has changed since the application was loaded; start again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// A SHA-256 hash of bytes; shown in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for ContentHash {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "sha256:{self}")
    }
}
