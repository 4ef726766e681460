//! What a composition imports, exports and holds.

use sidespin_app::{App, WasmContent};
use wasmparser::{ComponentInstance, Parser, Payload};

use crate::project::{Project, adapter, adapter_changed};

const WHOLE_PACKAGE: &str = "dependencies_inherit_configuration = true\n[component.service.dependencies]\n\"example:platform\" = { path = \"adapter.wasm\" }\n";

/// Names of the outermost component's imports and exports, and how many components it instantiates.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Shape {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
    pub(crate) instantiations: usize,
}

pub(crate) fn shape(app: &App) -> Shape {
    let bytes = app.components["service"].source.read().unwrap();
    let mut shape = Shape::default();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload.unwrap() {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                shape.imports.extend(
                    section
                        .into_iter()
                        .map(|import| import.unwrap().name.name.to_owned()),
                );
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                shape.exports.extend(
                    section
                        .into_iter()
                        .map(|export| export.unwrap().name.name.to_owned()),
                );
            }
            Payload::ComponentInstanceSection(section) if depth == 0 => {
                let made = |instance: &ComponentInstance<'_>| {
                    matches!(instance, ComponentInstance::Instantiate { .. })
                };
                shape.instantiations += section
                    .into_iter()
                    .filter(|instance| made(instance.as_ref().unwrap()))
                    .count();
            }
            _ => {}
        }
    }
    shape.imports.sort();
    shape
}

#[test]
fn an_adapter_for_a_whole_package_is_one_instance() {
    let project = Project::new(WHOLE_PACKAGE);
    let expected = Shape {
        imports: [
            "example:platform/types@0.1.0",
            "sidespin:kafka/outbound-kafka@0.1.0",
            "wasi:clocks/monotonic-clock@0.2.6",
        ]
        .map(str::to_owned)
        .into(),
        exports: vec!["run".to_owned()],
        instantiations: 2,
    };
    assert_eq!(shape(&project.load().unwrap()), expected);
}

#[test]
fn entries_for_single_interfaces_share_the_instance_of_the_same_file() {
    let project = Project::new(
        "dependencies_inherit_configuration = true\n[component.service.dependencies]\n\"example:platform/publisher\" = { path = \"adapter.wasm\" }\n\"example:platform/feed@0.1.0\" = { path = \"./adapter.wasm\" }\n",
    );
    assert_eq!(shape(&project.load().unwrap()).instantiations, 2);
}

#[test]
fn two_files_are_two_instances() {
    let project = Project::new(
        "dependencies_inherit_configuration = true\n[component.service.dependencies]\n\"example:platform/publisher\" = { path = \"adapter.wasm\" }\n\"example:platform/feed\" = { path = \"other.wasm\" }\n",
    );
    project.write("other.wasm", adapter("sidespin:kafka/other@0.1.0"));
    assert_eq!(shape(&project.load().unwrap()).instantiations, 3);
}

#[test]
fn an_interface_without_a_dependency_stays_an_import() {
    let project = Project::new(
        "[component.service.dependencies]\n\"example:platform/publisher\" = { component = \"adapter\", inherit_configuration = true }\n[component.adapter]\nsource = \"adapter.wasm\"\n",
    );
    let imports = shape(&project.load().unwrap()).imports;
    assert!(imports.contains(&"example:platform/feed@0.1.0".to_owned()));
    assert!(!imports.contains(&"example:platform/publisher@0.1.0".to_owned()));
}

#[test]
fn an_export_of_another_name_can_be_used() {
    let project = Project::new(
        "[component.service.dependencies]\n\"example:platform/publisher\" = { path = \"adapter.wasm\", inherit_configuration = true, export = \"other:events/sink@1.0.0\" }\n",
    );
    let error = project.error();
    assert!(
        error.contains("does not export `other:events/sink@1.0.0`"),
        "{error}"
    );
    let changes = [("example:platform/publisher@0.1.0", "other:events/sink@1.0.0")];
    project.write(
        "adapter.wasm",
        adapter_changed("sidespin:kafka/outbound-kafka@0.1.0", &changes),
    );
    assert_eq!(shape(&project.load().unwrap()).instantiations, 2);
}

#[test]
fn an_export_of_a_compatible_version_will_do() {
    let project = Project::new(WHOLE_PACKAGE);
    let with_version = |version: &str| {
        let changes = [("publisher@0.1.0", &*format!("publisher@{version}"))];
        project.write(
            "adapter.wasm",
            adapter_changed("sidespin:kafka/outbound-kafka@0.1.0", &changes),
        );
        project.load()
    };
    assert_eq!(shape(&with_version("0.1.3").unwrap()).instantiations, 2);
    let error = with_version("0.2.0").unwrap_err().to_string();
    assert!(
        error.contains("does not export `example:platform/publisher@0.1.0`"),
        "{error}"
    );
}

#[test]
fn a_composition_is_kept_and_used_again() {
    let project = Project::new(WHOLE_PACKAGE);
    let first = project.load().unwrap();
    let kept = project.composed_files();
    assert_eq!(kept.len(), 1);
    let written = std::fs::metadata(&kept[0]).unwrap().modified().unwrap();
    let second = project.load().unwrap();
    assert_eq!(std::fs::metadata(&kept[0]).unwrap().modified().unwrap(), written);
    let hash = |app: &App| app.components["service"].source.hash;
    assert_eq!(hash(&first), hash(&second));

    project.write("adapter.wasm", adapter("sidespin:kafka/other@0.1.0"));
    assert_ne!(hash(&project.load().unwrap()), hash(&first));
    assert_eq!(project.composed_files().len(), 2);
}

#[test]
fn a_damaged_composition_is_made_anew() {
    let project = Project::new(WHOLE_PACKAGE);
    let first = project.load().unwrap().components["service"].source.hash;
    std::fs::write(&project.composed_files()[0], b"").unwrap();
    assert_eq!(project.load().unwrap().components["service"].source.hash, first);
}

#[test]
fn where_nothing_can_be_written_the_composition_stays_in_memory() {
    let project = Project::new(WHOLE_PACKAGE);
    // A file where the directory would have to be.
    project.write(".sidespin", "");
    let app = project.load().unwrap();
    assert!(matches!(
        app.components["service"].source.content,
        WasmContent::Memory(_)
    ));
    assert_eq!(shape(&app).instantiations, 2);
}

#[test]
fn a_component_without_dependencies_is_used_as_it_is() {
    let project = Project::new("");
    let app = project.load().unwrap();
    let source = &app.components["service"].source;
    assert!(matches!(&source.content, WasmContent::File(path) if *path == project.path("service.wasm")));
    assert_eq!(source.read().unwrap()[..], crate::project::service()[..]);
    assert!(project.composed_files().is_empty());
}
