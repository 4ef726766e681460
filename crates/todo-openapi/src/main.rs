//! Prints the description. `cargo xtask openapi` puts it where it belongs.
#![expect(clippy::print_stdout, reason = "a program for its output")]

fn main() {
    println!("{:#}", todo_openapi::document());
}
