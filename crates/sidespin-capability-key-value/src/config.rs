//! `[key_value_store.<label>]` of runtime-config.toml.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use sidespin_app::Diagnostic;
use sidespin_redis_client::{Address, Client, Connector, Trust};

use crate::DEFAULT_STORE;
use crate::redis::RedisStore;
use crate::sqlite::{SqliteStore, StoreFile};
use crate::store::Store;

/// The file in the state directory of stores that name no other.
const OWN_FILE: &str = "sqlite_key_value.db";

/// The stores by label.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyValueConfig {
    key_value_store: BTreeMap<String, StoreConfig>,
}

/// One store, checked as far as one can see from the table alone.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Table")]
enum StoreConfig {
    /// In a SQLite file, relative to the working directory; the state directory's own file where it is left out.
    Spin { path: Option<PathBuf> },
    /// In a Redis.
    Redis {
        address: Address,
        prefix: String,
        tls_ca: Option<PathBuf>,
    },
}

/// One store as it is written. Not an enum for serde, which would lose the places of mistakes in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    r#type: Option<String>,
    path: Option<PathBuf>,
    url: Option<String>,
    prefix: Option<String>,
    tls_ca: Option<PathBuf>,
}

impl TryFrom<Table> for StoreConfig {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let Table {
            r#type,
            path,
            url,
            prefix,
            tls_ca,
        } = table;
        match r#type.as_deref() {
            Some("spin") => {
                let foreign = [
                    ("url", url.is_some()),
                    ("prefix", prefix.is_some()),
                    ("tls_ca", tls_ca.is_some()),
                ];
                match foreign.into_iter().find(|(_key, is_given)| *is_given) {
                    Some((key, _)) => Err(format!(
                        "a store with `type = \"spin\"` has no `{key}`; remove it, or write `type = \"redis\"`"
                    )),
                    None => Ok(Self::Spin { path }),
                }
            }
            Some("redis") => {
                if path.is_some() {
                    return Err(
                        "a store with `type = \"redis\"` has no `path`; remove it, or write `type = \"spin\"`".to_owned(),
                    );
                }
                let url = url.ok_or(
                    "a store with `type = \"redis\"` needs its address; add `url = \"redis://host:6379\"`",
                )?;
                let address = Address::parse(&url).map_err(|error| {
                    format!("{error}; write `url = \"redis://user:password@host:6379/0\"`, of which only the host is needed")
                })?;
                Ok(Self::Redis {
                    address,
                    prefix: prefix.unwrap_or_default(),
                    tls_ca,
                })
            }
            Some(other) => Err(format!(
                "`{other}` is no type of store here; write `type = \"spin\"` for a SQLite file or `type = \"redis\"`"
            )),
            None => Err(
                "a store needs a type; write `type = \"spin\"` for a SQLite file or `type = \"redis\"`"
                    .to_owned(),
            ),
        }
    }
}

/// The stores that there are.
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

    fn parse(text: &str) -> Result<KeyValueConfig, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    fn labels(text: &str) -> Vec<String> {
        let stores = Stores::configure(parse(text).unwrap(), Path::new("/nowhere")).unwrap();
        stores.labels().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn stores_of_both_types_are_made_without_touching_anything() {
        assert_eq!(labels(""), ["default"]);
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
        assert_eq!(labels(text), ["default", "local", "sessions"]);
        let stores = Stores::configure(parse(text).unwrap(), Path::new("/nowhere")).unwrap();
        assert!(!format!("{stores:?}").contains("secret"));
        let refused = stores
            .set_default(&[("k".to_owned(), "v".to_owned())])
            .unwrap_err();
        assert!(refused.to_string().contains("redis-cli"), "{refused}");
    }

    #[test]
    fn mistakes_name_the_key_and_the_remedy() {
        for (table, expected) in [
            ("type = \"redis\"", "url = \"redis://host:6379\""),
            ("type = \"redis\"\nurl = \"secret@host\"", "url = \"redis://user"),
            (
                "type = \"redis\"\nurl = \"http://:secret@host\"",
                "must begin with `redis://`",
            ),
            (
                "type = \"redis\"\nurl = \"redis://h\"\npath = \"x\"",
                "has no `path`",
            ),
            ("type = \"spin\"\nurl = \"redis://:secret@h\"", "has no `url`"),
            ("type = \"azure_cosmos\"", "`azure_cosmos` is no type"),
            ("type = \"redis\"\nulr = \"redis://h\"", "unknown field `ulr`"),
            ("url = \"redis://h\"", "needs a type; write"),
        ] {
            let message = parse(&format!("[key_value_store.sessions]\n{table}")).unwrap_err();
            assert!(message.contains(expected), "{table}: {message}");
        }
    }

    #[test]
    fn a_file_of_authorities_that_is_none_is_named() {
        let text =
            "[key_value_store.s]\ntype = \"redis\"\nurl = \"rediss://h\"\ntls_ca = \"/nowhere/ca.pem\"";
        let refused = Stores::configure(parse(text).unwrap(), Path::new("/nowhere")).unwrap_err();
        let message = refused.to_string();
        assert!(
            message.contains("[key_value_store.s]")
                && message.contains("/nowhere/ca.pem")
                && message.contains("PEM"),
            "{message}"
        );
    }
}
