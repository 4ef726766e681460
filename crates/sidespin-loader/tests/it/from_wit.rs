//! Components as they are built from WIT: asynchronous functions, resources, and types of a package of their own.

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use crate::composition::shape;
use crate::project::Project;

const WIT: &str = r#"
    package example:platform@0.1.0;

    interface types {
        record event { topic: string, body: list<u8> }
        variant error { unavailable(string), rejected(string) }
    }

    interface publisher {
        use types.{event, error};
        publish: async func(events: list<event>) -> result<_, error>;
    }

    interface feed {
        use types.{error};
        resource subscription {
            next: async func() -> result<list<list<u8>>, error>;
        }
        subscribe: async func(user: string) -> result<subscription, error>;
    }

    interface host { send: func(event: string); }

    world service { import publisher; import feed; export host; }
    world adapter { import host; export publisher; export feed; }
"#;

fn component(world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("platform.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let abi = ManglingAndAbi::Legacy(LiftLowerAbi::AsyncCallback);
    let mut module = wit_component::dummy_module(&resolve, world, abi);
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

#[test]
fn an_adapter_with_asynchronous_functions_and_resources_is_composed_in() {
    let project = Project::new(
        "dependencies_inherit_configuration = true\n[component.service.dependencies]\n\"example:platform\" = { path = \"adapter.wasm\" }\n",
    );
    project.write("service.wasm", component("service"));
    project.write("adapter.wasm", component("adapter"));
    let shape = shape(&project.load().unwrap());
    assert_eq!(
        shape.imports,
        ["example:platform/host@0.1.0", "example:platform/types@0.1.0"]
    );
    assert_eq!(shape.exports, ["example:platform/host@0.1.0"]);
    assert_eq!(shape.instantiations, 2);
}
