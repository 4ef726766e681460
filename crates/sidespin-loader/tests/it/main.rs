//! Loading whole applications from a directory: composition, mistakes and mounted files.

mod composition;
mod errors;
mod files;
mod project;
mod speed;
