//! What is wrong with a manifest or the machine is said at the start: an exit code, and one message that names file, key
//! and remedy.

use std::path::Path;
use std::process::{Command, Output};

use end_to_end::program;

use crate::support::{Application, guest};

fn up(manifest: &Path, arguments: &[&str]) -> Output {
    Command::new(program())
        .arg("up")
        .arg("--from")
        .arg(manifest)
        .args([
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--kafka-listen",
            "127.0.0.1:0",
        ])
        .args(arguments)
        .output()
        .unwrap()
}

/// Every one of `said` is in the message, which is one, and there is a remedy.
#[track_caller]
fn check(output: &Output, code: i32, said: &[&str]) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{message}");
    for part in said {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    let lines = |start: &str| message.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(lines("error: "), 1, "not one message: {message}");
    assert!(lines("hint: ") > 0, "no remedy in: {message}");
    assert!(!message.contains("panicked"), "{message}");
}

fn http(source: &str, rest: &str) -> Application {
    Application::new(&format!(
        "\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"hello\"\n\n[component.hello]\nsource = \"{source}\"\n{rest}"
    ))
}

#[test]
fn a_missing_manifest() {
    let directory = tempfile::tempdir().unwrap();
    check(&up(&directory.path().join("spin.toml"), &[]), 2, &["spin.toml"]);
}

#[test]
fn a_manifest_that_is_no_toml() {
    let application = Application::raw("spin_manifest_version = 2\n[application\n");
    check(
        &up(&application.manifest(), &[]),
        2,
        &["spin.toml:2:", "invalid TOML", "close the header with `]`"],
    );
}

#[test]
fn an_unknown_key() {
    let application = http(&guest("http-hello"), "sqlite_database = [\"default\"]\n");
    check(
        &up(&application.manifest(), &[]),
        2,
        &[
            "spin.toml:",
            "`sqlite_database`",
            "did you mean `sqlite_databases`",
        ],
    );
}

#[test]
fn a_missing_wasm_file() {
    let application = http("nowhere/hello.wasm", "");
    check(
        &up(&application.manifest(), &[]),
        2,
        &["spin.toml:", "hello", "nowhere/hello.wasm"],
    );
}

#[test]
fn a_file_that_is_no_component() {
    let application = http("hello.wasm", "");
    std::fs::write(application.directory().join("hello.wasm"), b"\0asm garbage").unwrap();
    check(&up(&application.manifest(), &[]), 2, &["hello.wasm", "component"]);
}

#[test]
fn an_import_that_is_not_granted() {
    let application = http(&guest("probe"), "key_value_stores = [\"default\"]\n");
    let said = [
        "spin.toml:",
        "spin:sqlite/sqlite@3.1.0",
        "sqlite_databases = [\"default\"]",
        "[component.hello]",
    ];
    check(&up(&application.manifest(), &[]), 2, &said);
}

#[test]
fn an_import_that_is_not_known() {
    let application = http("hello.wasm", "");
    let component = r#"(component (import "acme:printer/laser@1.0.0" (instance (export "print" (func)))))"#;
    std::fs::write(
        application.directory().join("hello.wasm"),
        wat::parse_str(component).unwrap(),
    )
    .unwrap();
    check(
        &up(&application.manifest(), &[]),
        2,
        &[
            "spin.toml:",
            "source = \"hello.wasm\"",
            "`hello`",
            "acme:printer/laser@1.0.0",
            "does not know",
        ],
    );
}

#[test]
fn a_component_without_a_handler() {
    let application = http("hello.wasm", "");
    std::fs::write(
        application.directory().join("hello.wasm"),
        wat::parse_str("(component)").unwrap(),
    )
    .unwrap();
    check(
        &up(&application.manifest(), &[]),
        2,
        &["spin.toml:", "hello", "exports no HTTP handler"],
    );
}

#[test]
fn a_store_and_a_database_that_are_not_configured() {
    let application = http(&guest("http-hello"), "key_value_stores = [\"sessions\"]\n");
    check(
        &up(&application.manifest(), &[]),
        2,
        &["spin.toml:", "`sessions`", "[key_value_store.sessions]"],
    );
    let application = http(&guest("http-hello"), "sqlite_databases = [\"books\"]\n");
    check(
        &up(&application.manifest(), &[]),
        2,
        &["spin.toml:", "`books`", "[sqlite_database.books]"],
    );
}

#[test]
fn a_host_that_cannot_be_allowed() {
    let application = http(
        &guest("http-hello"),
        "allowed_outbound_hosts = [\"example.com\"]\n",
    );
    check(
        &up(&application.manifest(), &[]),
        2,
        &["spin.toml:", "allowed_outbound_hosts", "example.com"],
    );
}

#[test]
fn a_route_that_is_none_and_one_that_is_there_twice() {
    let source = guest("http-hello");
    let component = format!("\n[component.hello]\nsource = \"{source}\"\n");
    let trigger = |route: &str| format!("\n[[trigger.http]]\nroute = \"{route}\"\ncomponent = \"hello\"\n");
    let application = Application::new(&format!("{}{component}", trigger("hello")));
    check(
        &up(&application.manifest(), &[]),
        2,
        &["spin.toml:", "`hello`", "begin with `/`"],
    );
    let application = Application::new(&format!("{}{}{component}", trigger("/a"), trigger("/a/")));
    check(&up(&application.manifest(), &[]), 2, &["spin.toml:", "the same"]);
}

#[test]
fn a_trigger_of_an_unknown_type() {
    let source = guest("http-hello");
    let application = Application::new(&format!(
        "\n[[trigger.pigeon]]\ncomponent = \"hello\"\n\n[component.hello]\nsource = \"{source}\"\n"
    ));
    check(
        &up(&application.manifest(), &[]),
        2,
        &["spin.toml:", "`pigeon`", "http"],
    );
}

#[test]
fn a_variable_without_a_value() {
    let application = Application::new(&format!(
        "\n[variables]\nsecret_key = {{ required = true, secret = true }}\n\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"hello\"\n\n[component.hello]\nsource = \"{}\"\n",
        guest("http-hello")
    ));
    check(
        &up(&application.manifest(), &[]),
        2,
        &["secret_key", "SPIN_VARIABLE_SECRET_KEY"],
    );
}

#[test]
fn an_unknown_component_id_and_an_unknown_section() {
    let application = http(&guest("http-hello"), "");
    let output = up(&application.manifest(), &["--component-id", "helo"]);
    check(&output, 2, &["`helo`", "did you mean `hello`?"]);
    let file = application.directory().join("runtime-config.toml");
    std::fs::write(&file, "[key_value_stores.default]\ntype = \"spin\"\n").unwrap();
    let output = up(
        &application.manifest(),
        &["--runtime-config-file", file.to_str().unwrap()],
    );
    check(
        &output,
        2,
        &["runtime-config.toml:1", "`key_value_stores`", "`key_value_store`"],
    );
}

#[test]
fn a_store_that_is_not_well_described() {
    let application = http(&guest("http-hello"), "key_value_stores = [\"sessions\"]\n");
    let file = application.directory().join("runtime-config.toml");
    for (table, said) in [
        ("type = \"redis\"", &["url = \"redis://host:6379\""][..]),
        (
            "type = \"redis\"\nulr = \"redis://h\"",
            &["runtime-config.toml:3", "`ulr`", "did you mean `url`?"],
        ),
        (
            "type = \"redis\"\nurl = \"h:s3cret\"",
            &["url = \"redis://user:password@host"],
        ),
        ("type = \"dynamo\"", &["`dynamo`", "type = \"spin\""]),
    ] {
        std::fs::write(&file, format!("[key_value_store.sessions]\n{table}\n")).unwrap();
        let output = up(
            &application.manifest(),
            &["--runtime-config-file", file.to_str().unwrap()],
        );
        check(
            &output,
            2,
            &[&["runtime-config.toml:", "key_value_store"], said].concat(),
        );
    }
}

#[test]
fn a_redis_trigger_that_cannot_listen() {
    let redis = |entry: &str| {
        Application::new(&format!(
            "\n[[trigger.redis]]\ncomponent = \"hello\"\n{entry}\n\n[component.hello]\nsource = \"{}\"\n",
            guest("http-hello")
        ))
    };
    for (entry, said) in [
        ("address = \"redis://h\"", "`channel`"),
        ("channel = \"news\"", "[application.trigger.redis]"),
        (
            "channel = \"news\"\naddress = \"h:6379\"",
            "redis://user:password@host",
        ),
        (
            "channel = \"news\"\naddress = \"redis://h\"",
            "spin:redis/inbound-redis@3.0.0",
        ),
    ] {
        check(&up(&redis(entry).manifest(), &[]), 2, &["spin.toml:", said]);
    }
}

#[test]
fn a_port_in_use_ends_with_exit_code_1() {
    let application = http(&guest("http-hello"), "");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--admin-listen"] {
        let other = if flag == "--listen" {
            "--admin-listen"
        } else {
            "--listen"
        };
        let output = Command::new(program())
            .args(["up", "--from"])
            .arg(application.manifest())
            .args([other, "127.0.0.1:0", flag, &address])
            .output()
            .unwrap();
        check(&output, 1, &[&address, flag]);
    }
}

#[test]
fn a_kafka_port_in_use_ends_with_exit_code_1() {
    // Without a component that uses topics there is no broker.
    let topics = "\n[component.hello.tool.sidespin]\nkafka_topics = [\"t\"]\n";
    let application = http(&guest("http-hello"), topics);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(program())
        .args(["up", "--from"])
        .arg(application.manifest())
        .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
        .args(["--kafka-listen", &address])
        .output()
        .unwrap();
    check(&output, 1, &[&address, "--kafka-listen", "in use"]);
}

#[test]
fn a_state_directory_that_cannot_be_written_ends_with_exit_code_1() {
    let application = http(&guest("http-hello"), "");
    // Nobody makes a directory there, not even root.
    let output = up(&application.manifest(), &["--state-dir", "/proc/sidespin"]);
    check(
        &output,
        1,
        &["/proc/sidespin", "--state-dir", "cannot be written"],
    );
}

#[test]
fn a_state_directory_that_is_a_file_ends_with_exit_code_1() {
    let application = http(&guest("http-hello"), "");
    let file = application.directory().join("state");
    std::fs::write(&file, "not a directory").unwrap();
    let output = up(&application.manifest(), &["--state-dir", file.to_str().unwrap()]);
    check(&output, 1, &[file.to_str().unwrap(), "--state-dir"]);
}

#[test]
fn bad_usage_ends_with_exit_code_2() {
    let output = Command::new(program())
        .args(["up", "--no-such-flag"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
