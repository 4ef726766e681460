//! Loading again is fast, because nothing is composed twice.

use std::fmt::Write as _;

use crate::project::{Project, adapter, service};

/// A component with a custom section, so that it is as large as a real one.
fn padded(mut component: Vec<u8>, size: usize, seed: u8) -> Vec<u8> {
    component.push(0);
    let content = size + 2;
    let mut length = content;
    while length >= 0x80 {
        component.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    component.push(u8::try_from(length).unwrap());
    component.extend([1, b'x']);
    component.resize(component.len() + size, seed);
    component
}

#[test]
fn six_components_with_a_shared_adapter_load_at_once() {
    let mut lines = String::from(
        "dependencies_inherit_configuration = true\ndependencies = { \"example:platform\" = { path = \"adapter.wasm\" } }\n",
    );
    for number in 1..6 {
        write!(
            lines,
            "[component.more{number}]\nsource = \"{number}.wasm\"\ndependencies_inherit_configuration = true\ndependencies = {{ \"example:platform\" = {{ path = \"adapter.wasm\" }} }}\n"
        )
        .unwrap();
    }
    let project = Project::new(&lines);
    project.write("service.wasm", padded(service(), 300_000, 0));
    project.write(
        "adapter.wasm",
        padded(adapter("sidespin:kafka/outbound-kafka@0.1.0"), 120_000, 0),
    );
    for number in 1..6 {
        project.write(&format!("{number}.wasm"), padded(service(), 300_000, number));
    }
    let cold = std::time::Instant::now();
    let app = project.load().unwrap();
    let cold = cold.elapsed();
    assert_eq!(app.components.len(), 6);
    assert_eq!(project.composed_files().len(), 6);
    let best = (0..5).map(|_| {
        let warm = std::time::Instant::now();
        project.load().unwrap();
        warm.elapsed()
    });
    let best = best.min().unwrap();
    println!("cold {cold:?}, warm {best:?}");
    // Measured: 3 ms. The limit is far above, so that a busy machine does not fail it, and below what composing takes.
    assert!(best < std::time::Duration::from_millis(100), "{best:?}");
}
