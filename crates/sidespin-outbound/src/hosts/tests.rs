//! Grammar, matching and addresses, as one table each.

use proptest::prelude::*;

use super::*;

fn hosts(entries: &[&str]) -> AllowedHosts {
    AllowedHosts::parse(entries).unwrap()
}

fn destination(url: &str) -> Destination {
    Destination::parse(url, "https").unwrap()
}

/// `expected` is a list of URLs, those that must be denied with a `!` in front.
fn check(entries: &[&str], expected: &[&str]) {
    let hosts = hosts(entries);
    for url in expected {
        let (url, allowed) = url.strip_prefix('!').map_or((*url, true), |url| (url, false));
        assert_eq!(hosts.allows(&destination(url)), allowed, "{entries:?} and {url}");
    }
}

#[test]
fn nothing_is_allowed_by_default() {
    check(
        &[],
        &[
            "!https://example.com",
            "!http://localhost",
            "!http://audit.spin.internal",
        ],
    );
    check(&[""], &["!https://example.com"]);
}

#[test]
fn names_schemes_and_ports() {
    check(
        &["https://example.com"],
        &[
            "https://example.com/path?x",
            "https://EXAMPLE.com:443",
            "https://example.com.",
            "example.com",
            "!http://example.com",
            "!https://example.com:8443",
            "!https://www.example.com",
            "!https://example.com.evil.org",
        ],
    );
    check(
        &["*://db.example.com:5432"],
        &[
            "postgres://u:p@db.example.com",
            "foo://db.example.com:5432",
            "!http://db.example.com",
        ],
    );
    check(
        &["redis://localhost:*"],
        &[
            "redis://localhost",
            "redis://localhost:1",
            "!rediss://localhost:1",
        ],
    );
    check(
        &["http://a.com:8000..8100"],
        &[
            "http://a.com:8000",
            "http://a.com:8099",
            "!http://a.com:8100",
            "!http://a.com",
        ],
    );
    check(&["HTTPS://Example.COM/"], &["https://example.com"]);
    check(&["mqtt://a.com:"], &["mqtt://a.com:1883", "!mqtt://a.com:1884"]);
}

#[test]
fn wildcards() {
    check(
        &["https://*.example.com"],
        &[
            "https://a.example.com",
            "https://a.b.example.com",
            "!https://example.com",
            "!https://badexample.com",
            "!https://10.0.0.1",
        ],
    );
    check(
        &["https://*"],
        &[
            "https://example.com",
            "https://93.184.216.34",
            "!http://example.com",
            "!https://example.com:1",
        ],
    );
    check(
        &["*://*:*"],
        &[
            "redis://example.com:1",
            "http://audit.spin.internal",
            "!http://127.0.0.1",
            "!http://169.254.169.254",
        ],
    );
}

#[test]
fn addresses_and_networks() {
    check(
        &["http://127.0.0.1:3000"],
        &["http://127.0.0.1:3000", "!http://localhost:3000"],
    );
    check(
        &["http://[::1]:8080", "http://[::2]"],
        &["http://[::1]:8080", "http://[::2]", "!http://[::1]"],
    );
    check(
        &["redis://10.0.0.0/8"],
        &["redis://10.9.8.7", "!redis://11.0.0.1", "!redis://db.example.com"],
    );
    check(
        &["*://10.0.0.0/8:5432"],
        &["postgres://10.1.1.1", "!redis://10.1.1.1"],
    );
    check(&["http://fd00::/8"], &["http://[fd12::1]", "!http://[fe80::1]"]);
    check(&["http://169.254.169.254"], &["http://169.254.169.254"]);
}

#[test]
fn components_of_the_same_application() {
    check(
        &["http://audit.spin.internal"],
        &["http://audit.spin.internal/x", "!http://chat-api.spin.internal"],
    );
    check(
        &["http://*.spin.internal"],
        &["http://audit.spin.internal", "!http://example.com"],
    );
    assert!(hosts(&["http://*.spin.internal"]).entries()[0].is_internal());
    assert!(!hosts(&["http://spin.internal"]).entries()[0].is_internal());
    assert_eq!(
        destination("http://audit.spin.internal").component(),
        Some("audit")
    );
    assert_eq!(destination("http://a.b.spin.internal").component(), None);
    assert_eq!(destination("http://spin.internal").component(), None);
}

#[test]
fn the_application_itself() {
    assert!(hosts(&["http://self"]).allows_self("http"));
    assert!(!hosts(&["http://self"]).allows_self("https"));
    assert!(hosts(&["*://*:*"]).allows_self("https"));
    assert!(!hosts(&["http://example.com"]).allows_self("http"));
    check(&["http://self"], &["!http://self"]);
}

#[test]
fn a_name_leads_only_to_addresses_it_is_explicit_enough_for() {
    let check = |entry: &str, url: &str, address: &str, allowed: bool| {
        let actual = hosts(&[entry]).allows_address(&destination(url), address.parse().unwrap());
        assert_eq!(actual, allowed, "{entry} {url} {address}");
    };
    check("https://*", "https://example.com", "93.184.216.34", true);
    check("https://*", "https://example.com", "127.0.0.1", false);
    check(
        "https://*.example.com",
        "https://a.example.com",
        "10.0.0.1",
        false,
    );
    check(
        "redis://redis.default.svc",
        "redis://redis.default.svc",
        "10.0.0.1",
        true,
    );
    check("http://localhost:80", "http://localhost", "::1", true);
    check(
        "http://evil.example.com",
        "http://evil.example.com",
        "169.254.169.254",
        false,
    );
    check(
        "http://evil.example.com",
        "http://other.example.com",
        "93.184.216.34",
        false,
    );
    let unrestricted = hosts(&["*://*:*"]).with_policy(AddressPolicy::Unrestricted);
    assert!(unrestricted.allows(&destination("http://127.0.0.1")));
}

#[test]
fn a_denial_names_the_line_to_add() {
    let hint = |entries: &[&str], url: &str| hosts(entries).denial_hint("web", &destination(url));
    assert_eq!(
        hint(&[], "https://user:pass@api.example.com/x"),
        "add `allowed_outbound_hosts = [\"https://api.example.com\"]` to `[component.web]`"
    );
    assert_eq!(
        hint(&["https://a.com"], "redis://[::1]:7000"),
        "add `\"redis://[::1]:7000\"` to `allowed_outbound_hosts` of `[component.web]`"
    );
    assert_eq!(
        hint(&["https://a.com"], "tcp://a.com"),
        "add `\"tcp://a.com:*\"` to `allowed_outbound_hosts` of `[component.web]`"
    );
    let metadata = "169.254.169.254".parse().unwrap();
    assert_eq!(
        hosts(&["http://a.com"]).address_denial_hint("web", &destination("http://a.com"), metadata),
        "`169.254.169.254` is reachable only if it is listed itself, by intent: add `\"http://169.254.169.254\"` to `allowed_outbound_hosts` of `[component.web]`"
    );
}

#[test]
fn every_mistake_has_its_words() {
    let check = |entry: &str, expected: &str| {
        let error = AllowedHost::parse(entry).unwrap_err();
        let hint = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        assert_eq!(format!("{}{hint}", error.reason), expected, "{entry}");
    };
    check(
        "*",
        "it has no scheme; to allow every destination write `*://*:*`",
    );
    check(
        "insecure:allow-all",
        "it has no scheme; to allow every destination write `*://*:*`",
    );
    check(
        "example.com",
        "it has no scheme; write it as <scheme>://<host>[:<port>], such as `https://example.com` or `*://example.com`",
    );
    check("h2://a.com", "the scheme `h2` must consist of letters, or be `*`");
    check(
        "*://a.com",
        "it has no port, and the scheme `*` does not imply one; add a port or `*` for any: `*://a.com:*`",
    );
    check(
        "https://a.com/b",
        "it must not have a path; a grant is for a host, not for a part of it",
    );
    check(
        "https://a.com:80/b",
        "it must not have a path; a grant is for a host, not for a part of it",
    );
    check("redis://u:p@a.com:1", "it must not have a user name or password");
    check(
        "https://a.*.com",
        "a wildcard stands for the whole host (`*`) or at its front (`*.example.com`)",
    );
    check(
        "https://*.10.0.0.1",
        "a wildcard can stand before a name but not before an address",
    );
    check(
        "https://a.com:x",
        "the port `x` must be a number up to 65535, a range such as `8000..8100`, or `*`",
    );
    check(
        "https://a.com:99999",
        "the port `99999` must be a number up to 65535, a range such as `8000..8100`, or `*`",
    );
    check(
        "https://a.com:9..9",
        "the port range `9..9` is empty: the end is excluded and must be greater",
    );
    check("https://", "the host `` is invalid: empty host");
    let errors = AllowedHosts::parse(["a", "https://ok.com", "b"]).unwrap_err();
    assert_eq!(errors.len(), 2);
}

proptest! {
    #[test]
    fn parsing_never_panics(entry in "\\PC*", url in "\\PC*") {
        if let (Ok(hosts), Ok(destination)) = (AllowedHosts::parse([entry]), Destination::parse(&url, "http")) {
            std::hint::black_box(hosts.allows(&destination));
        }
    }

    #[test]
    fn the_hinted_entry_permits_the_destination_and_no_other_port(
        scheme in "http|https|redis|postgres|tcp", name in "[a-z]{1,8}(\\.[a-z]{2,5}){1,2}", port in 1u16..65535
    ) {
        let destination = Destination::new(&scheme, &name, Some(port)).unwrap();
        let hosts = AllowedHosts::parse([destination.entry()]).unwrap();
        prop_assert!(hosts.allows(&destination));
        prop_assert!(!hosts.allows(&Destination::new(&scheme, &name, Some(port + 1)).unwrap()));
        let other_name = format!("x{name}");
        prop_assert!(!hosts.allows(&Destination::new(&scheme, &other_name, Some(port)).unwrap()));
    }
}
