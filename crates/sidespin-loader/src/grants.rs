//! What of a component's grants a dependency needs, told from what it imports.
//!
//! A dependency that was not given the component's grants must not use them. Since a composed component reaches the host as
//! one, this is decided here, before composing: a dependency may import only interfaces whose grant it inherits.

use sidespin_manifest::Inherit;

/// What an import of a dependency needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: it only computes, or every program needs it to start (clocks, randomness, standard output).
    Nothing,
    /// The grant of one key.
    Key(&'static str),
    /// All grants, because no single key covers it.
    Everything,
}

/// What an interface (`wasi:http/outgoing-handler@0.2.6`) needs.
pub(crate) fn need(import: &str) -> Need {
    let name = import.split('@').next().unwrap_or_default();
    let (package, interface) = name.split_once('/').unwrap_or((name, ""));
    match (package, interface) {
        ("wasi:cli" | "wasi:clocks" | "wasi:filesystem" | "wasi:io" | "wasi:logging" | "wasi:random", _)
        | ("wasi:http", "types") => Need::Nothing,
        ("wasi:http" | "wasi:sockets" | "spin:redis" | "spin:postgres" | "spin:mqtt" | "spin:mysql", _) => {
            Need::Key("allowed_outbound_hosts")
        }
        ("wasi:keyvalue" | "spin:key-value", _) => Need::Key("key_value_stores"),
        ("spin:sqlite", _) => Need::Key("sqlite_databases"),
        ("wasi:config" | "spin:variables", _) => Need::Key("variables"),
        ("spin:llm", _) => Need::Key("ai_models"),
        ("fermyon:spin", "key-value") => Need::Key("key_value_stores"),
        ("fermyon:spin", "sqlite") => Need::Key("sqlite_databases"),
        ("fermyon:spin", "variables" | "config") => Need::Key("variables"),
        ("fermyon:spin", "llm") => Need::Key("ai_models"),
        ("fermyon:spin", "http" | "redis" | "mysql" | "postgres" | "mqtt") => {
            Need::Key("allowed_outbound_hosts")
        }
        _ => Need::Everything,
    }
}

impl Need {
    /// Whether what is inherited covers the need.
    pub(crate) fn is_covered_by(self, inherit: &Inherit) -> bool {
        match (self, inherit) {
            (Self::Nothing, _) | (_, Inherit::Everything) => true,
            (Self::Key(key), Inherit::Keys(keys)) => keys.iter().any(|inherited| inherited == key),
            (Self::Everything, Inherit::Keys(_)) | (_, Inherit::Nothing) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basics_need_nothing_and_the_unknown_needs_everything() {
        for (import, expected) in [
            ("wasi:cli/environment@0.2.6", Need::Nothing),
            ("wasi:io/streams@0.2.0", Need::Nothing),
            ("wasi:http/types@0.3.0", Need::Nothing),
            (
                "wasi:http/outgoing-handler@0.2.6",
                Need::Key("allowed_outbound_hosts"),
            ),
            ("wasi:http/client@0.3.0", Need::Key("allowed_outbound_hosts")),
            ("wasi:sockets/tcp@0.2.6", Need::Key("allowed_outbound_hosts")),
            ("spin:key-value/key-value@3.0.0", Need::Key("key_value_stores")),
            ("fermyon:spin/sqlite@2.0.0", Need::Key("sqlite_databases")),
            ("sidespin:kafka/outbound-kafka@0.1.0", Need::Everything),
            ("plain", Need::Everything),
        ] {
            assert_eq!(need(import), expected, "{import}");
        }
    }

    #[test]
    fn keys_cover_only_themselves() {
        let keys = Inherit::Keys(vec!["variables".to_owned()]);
        assert!(Need::Key("variables").is_covered_by(&keys));
        assert!(!Need::Key("key_value_stores").is_covered_by(&keys));
        assert!(!Need::Everything.is_covered_by(&keys));
        assert!(Need::Everything.is_covered_by(&Inherit::Everything));
        assert!(!Need::Key("variables").is_covered_by(&Inherit::Nothing));
        assert!(Need::Nothing.is_covered_by(&Inherit::Nothing));
    }
}
