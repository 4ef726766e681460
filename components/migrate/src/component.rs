//! The component's export: a program with arguments and an exit code.

use std::io::Write as _;

use todo_service::database::HostDatabase;

use crate::{Arguments, run};
use bindings::exports::wasi::cli::run::Guest;

mod bindings {
    spin_sdk::wit_bindgen::generate!({
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        path: "../../wit/deps/wasi-cli@0.3.0",
        world: "wasi:cli/program@0.3.0",
        generate_all,
    });
}

mod exports {
    #![expect(
        unsafe_code,
        reason = "the canonical ABI's exported functions are generated as unsafe"
    )]

    use super::{Program, bindings};

    bindings::export!(Program with_types_in super::bindings);
}

struct Program;

impl Guest for Program {
    async fn run() -> Result<(), ()> {
        let result = match Arguments::parse(std::env::args().skip(1)) {
            Ok(arguments) => run(&arguments, HostDatabase::of).await,
            Err(error) => Err(error),
        };
        match result {
            // Whoever stopped reading does not want the rest.
            Ok(text) => std::io::stdout().write_all(text.as_bytes()).map_err(drop),
            Err(error) => {
                todo_service::component::log(&format!("migrate: {error}"));
                Err(())
            }
        }
    }
}
