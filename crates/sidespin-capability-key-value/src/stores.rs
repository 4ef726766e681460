//! The stores that there are: those of runtime-config.toml, and the default one.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sidespin_app::Diagnostic;
use sidespin_redis_client::{Address, Client, Connector, Trust};

use crate::DEFAULT_STORE;
use crate::config::{KeyValueConfig, StoreConfig};
use crate::redis::RedisStore;
use crate::sqlite::{SqliteStore, StoreFile};
use crate::store::Store;

/// The file in the state directory of stores that name no other.
const OWN_FILE: &str = "sqlite_key_value.db";

/// The stores by label.
#[derive(Debug)]
pub(crate) struct Stores {
    stores: BTreeMap<String, Store>,
    /// Where the default store is, if it is a file.
    default_file: Option<Arc<StoreFile>>,
}

impl Stores {
    /// Makes the stores. Opens and connects to nothing.
    pub(crate) fn configure(config: KeyValueConfig, state_directory: &Path) -> Result<Self, Diagnostic> {
        let own_file = Arc::new(StoreFile::new(state_directory.join(OWN_FILE)));
        let mut made = Self {
            stores: BTreeMap::new(),
            default_file: None,
        };
        // One connection for all stores that are at one address.
        let mut clients: HashMap<(Address, Option<PathBuf>), Client> = HashMap::new();
        made.add_file(DEFAULT_STORE, Arc::clone(&own_file));
        for (label, store) in config.key_value_store {
            match store {
                StoreConfig::Spin { path } => {
                    let file =
                        path.map_or_else(|| Arc::clone(&own_file), |path| Arc::new(StoreFile::new(path)));
                    made.add_file(&label, file);
                }
                StoreConfig::Redis {
                    address,
                    prefix,
                    tls_ca,
                } => {
                    let client = match clients.entry((address, tls_ca)) {
                        Entry::Occupied(known) => known.get().clone(),
                        Entry::Vacant(place) => {
                            let (address, tls_ca) = place.key();
                            let client = client(&label, address.clone(), tls_ca.as_deref())?;
                            place.insert(client).clone()
                        }
                    };
                    if label == DEFAULT_STORE {
                        made.default_file = None;
                    }
                    let store = Store::new(Arc::new(RedisStore { client, prefix }));
                    made.stores.insert(label, store);
                }
            }
        }
        Ok(made)
    }

    fn add_file(&mut self, label: &str, file: Arc<StoreFile>) {
        if label == DEFAULT_STORE {
            self.default_file = Some(Arc::clone(&file));
        }
        let store = SqliteStore {
            label: label.into(),
            file,
        };
        self.stores.insert(label.to_owned(), Store::new(Arc::new(store)));
    }

    pub(crate) fn get(&self, label: &str) -> Option<&Store> {
        self.stores.get(label)
    }

    pub(crate) fn labels(&self) -> Vec<&str> {
        self.stores.keys().map(String::as_str).collect()
    }

    /// Sets pairs in the default store before anything runs.
    pub(crate) fn set_default(&self, pairs: &[(String, String)]) -> Result<(), Diagnostic> {
        if pairs.is_empty() {
            return Ok(());
        }
        let Some(file) = &self.default_file else {
            return Err(Diagnostic::new(format!(
                "`--key-value` writes to the store `{DEFAULT_STORE}`, which runtime-config.toml puts into a Redis"
            ))
            .hint("set the keys there, with `redis-cli` for instance, and leave `--key-value` out"));
        };
        file.set_all(DEFAULT_STORE, pairs).map_err(|error| {
            Diagnostic::new(format!(
                "the key-value store `{DEFAULT_STORE}` cannot be written to"
            ))
            .caused_by(&error)
            .hint("see to the file's permissions, or leave `--key-value` out")
        })
    }
}

fn client(label: &str, address: Address, tls_ca: Option<&Path>) -> Result<Client, Diagnostic> {
    let connector = Connector::new(address);
    let Some(path) = tls_ca else {
        return Ok(Client::new(connector));
    };
    let refused = |error: &dyn std::error::Error| {
        Diagnostic::new(format!(
            "`tls_ca` of `[key_value_store.{label}]` in runtime-config.toml names `{}`, which cannot be used",
            path.display()
        ))
        .caused_by(error)
        .hint("give the path of a file with the authority's certificate in PEM")
    };
    let text = std::fs::read(path).map_err(|error| refused(&error))?;
    let trust = Trust::pem(&text).map_err(|error| refused(&error))?;
    Ok(Client::new(connector.trusting(trust)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configure(text: &str) -> Result<Stores, Diagnostic> {
        Stores::configure(toml::from_str(text).unwrap(), Path::new("/nowhere"))
    }

    #[test]
    fn stores_of_both_types_are_made_without_touching_anything() {
        assert_eq!(configure("").unwrap().labels(), ["default"]);
        let text = r#"
[key_value_store.default]
type = "redis"
url = "redis://user:secret@nowhere.example.com/1"
[key_value_store.sessions]
type = "redis"
url = "rediss://nowhere.example.com"
prefix = "sessions:"
[key_value_store.local]
type = "spin"
path = "/nowhere/local.db"
"#;
        let stores = configure(text).unwrap();
        assert_eq!(stores.labels(), ["default", "local", "sessions"]);
        assert!(!format!("{stores:?}").contains("secret"));
        let refused = stores
            .set_default(&[("k".to_owned(), "v".to_owned())])
            .unwrap_err();
        assert!(refused.to_string().contains("redis-cli"), "{refused}");
    }

    #[test]
    fn a_file_of_authorities_that_is_none_is_named() {
        let text =
            "[key_value_store.s]\ntype = \"redis\"\nurl = \"rediss://h\"\ntls_ca = \"/nowhere/ca.pem\"";
        let refused = configure(text).unwrap_err();
        let message = refused.to_string();
        assert!(
            message.contains("[key_value_store.s]")
                && message.contains("/nowhere/ca.pem")
                && message.contains("PEM"),
            "{message}"
        );
    }
}
