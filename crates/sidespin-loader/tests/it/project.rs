//! An application in a temporary directory, and small components to put into it.

use std::path::{Path, PathBuf};

use sidespin_app::App;
use sidespin_loader::{LoadError, LoadOptions, Loader};

pub(crate) struct Project(tempfile::TempDir);

impl Project {
    /// An application whose only component is `service`, with these lines added to it.
    pub(crate) fn new(lines: &str) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("spin.toml", format!(
            "spin_manifest_version = 2\n[application]\nname = \"test\"\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"service\"\n[component.service]\nsource = \"service.wasm\"\n{lines}"
        ));
        project.write("service.wasm", service());
        project.write("adapter.wasm", adapter("sidespin:kafka/outbound-kafka@0.1.0"));
        project
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn options(&self) -> LoadOptions {
        LoadOptions {
            from: self.root().to_owned(),
            ..LoadOptions::default()
        }
    }

    pub(crate) fn load(&self) -> Result<App, LoadError> {
        Loader::load(&self.options())
    }

    /// The error with the temporary directory's name taken out.
    pub(crate) fn error(&self) -> String {
        self.load()
            .unwrap_err()
            .to_string()
            .replace(&self.root().display().to_string(), "ROOT")
    }

    pub(crate) fn composed_files(&self) -> Vec<PathBuf> {
        let directory = self.path(".sidespin/cache/composed");
        std::fs::read_dir(directory)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect()
    }
}

/// A component that imports an adapter's two interfaces, names of shapes, and a clock; it exports `run`.
pub(crate) fn service() -> Vec<u8> {
    wat::parse_str(
        r#"(component
            (import "example:platform/types@0.1.0" (instance (type $id string) (export "id" (type (eq $id)))))
            (import "example:platform/publisher@0.1.0" (instance (export "publish" (func (param "topic" string)))))
            (import "example:platform/feed@0.1.0" (instance (export "poll" (func (result u32)))))
            (import "wasi:clocks/monotonic-clock@0.2.6" (instance (export "now" (func (result u64)))))
            (core module $module (func (export "run")))
            (core instance $instance (instantiate $module))
            (func (export "run") (canon lift (core func $instance "run")))
        )"#,
    )
    .unwrap()
}

/// A component that exports both interfaces and imports one function from the host.
pub(crate) fn adapter(host_interface: &str) -> Vec<u8> {
    adapter_changed(host_interface, &[])
}

/// The same with pieces of its text replaced.
pub(crate) fn adapter_changed(host_interface: &str, changes: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!(
        r#"(component
            (import "{host_interface}" (instance (export "send" (func))))
            (core module $module
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
                (func (export "publish") (param i32 i32))
                (func (export "poll") (result i32) i32.const 7))
            (core instance $instance (instantiate $module))
            (func $publish (param "topic" string) (canon lift (core func $instance "publish")
                (memory (core memory $instance "memory")) (realloc (core func $instance "realloc"))))
            (func $poll (result u32) (canon lift (core func $instance "poll")))
            (instance $publisher (export "publish" (func $publish)))
            (instance $feed (export "poll" (func $poll)))
            (export "example:platform/publisher@0.1.0" (instance $publisher))
            (export "example:platform/feed@0.1.0" (instance $feed))
        )"#
    );
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    wat::parse_str(text).unwrap()
}
