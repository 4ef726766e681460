//! `[key_value_store.<label>]` of runtime-config.toml.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use sidespin_redis_client::Address;

/// The stores by label.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyValueConfig {
    pub(crate) key_value_store: BTreeMap<String, StoreConfig>,
}

/// One store, checked as far as one can see from the table alone.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Table")]
pub(crate) enum StoreConfig {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<KeyValueConfig, String> {
        toml::from_str(text).map_err(|error| error.to_string())
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
}
