//! Compresses the built browser app and writes the table of its files that `src/assets.rs` includes. It does not run npm: a
//! build script that needs the network would surprise whoever only wants to compile.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use flate2::{Compression, read::GzEncoder};
use sha2::{Digest as _, Sha256};

const DIST: &str = "app/dist";
/// Below this many bytes a compressed answer saves less than its header costs.
const WORTH_COMPRESSING: usize = 256;
/// Bytes of the SHA-256 in an entity tag: 96 bits tell any two builds apart.
const TAG_BYTES: usize = 12;

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(
        "the browser app is not built: `components/web/{DIST}/index.html` does not exist; run `cargo xtask build`, or `npm ci && npm run build` in components/web/app"
    )]
    NotBuilt,
    #[error("cannot read or write `{path}`: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("cargo did not set `{0}`: build this crate with cargo")]
    Variable(&'static str),
    #[error("cannot write the table of files: {0}")]
    Table(#[from] std::fmt::Error),
}

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DIST}");
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            println!("cargo::error={failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let here = directory("CARGO_MANIFEST_DIR")?;
    let out = directory("OUT_DIR")?;
    let dist = here.join(DIST);
    if !dist.join("index.html").is_file() {
        return Err(Failure::NotBuilt);
    }
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for (index, file) in files.iter().enumerate() {
        table.push_str(&entry(&dist, file, &out, index)?);
    }
    table.push_str("]\n");
    write(&out.join("assets.rs"), table.as_bytes())
}

fn entry(dist: &Path, file: &Path, out: &Path, index: usize) -> Result<String, Failure> {
    let content = fs::read(file).map_err(at(file))?;
    let path: Vec<_> = file
        .strip_prefix(dist)
        .unwrap_or(file)
        .iter()
        .map(|part| part.to_string_lossy())
        .collect();
    let mut hash = String::new();
    for byte in Sha256::digest(&content).iter().take(TAG_BYTES) {
        write!(hash, "{byte:02x}")?;
    }
    let mut text = String::new();
    writeln!(
        text,
        "    Asset {{ path: {:?}, hash: {hash:?},",
        format!("/{}", path.join("/"))
    )?;
    writeln!(
        text,
        "        identity: include_bytes!({:?}),",
        file.to_string_lossy()
    )?;
    for (name, compressed) in [
        ("gzip", gzip(file, &content)?),
        ("brotli", brotli(file, &content)?),
    ] {
        if content.len() < WORTH_COMPRESSING || compressed.len() >= content.len() {
            writeln!(text, "        {name}: None,")?;
            continue;
        }
        let compressed_file = out.join(format!("{index}.{name}"));
        write(&compressed_file, &compressed)?;
        writeln!(
            text,
            "        {name}: Some(include_bytes!({:?})),",
            compressed_file.to_string_lossy()
        )?;
    }
    text.push_str("    },\n");
    Ok(text)
}

fn gzip(file: &Path, content: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut compressed = Vec::new();
    GzEncoder::new(content, Compression::best())
        .read_to_end(&mut compressed)
        .map_err(at(file))?;
    Ok(compressed)
}

fn brotli(file: &Path, content: &[u8]) -> Result<Vec<u8>, Failure> {
    let (buffer, quality, window) = (4096, 11, 22);
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, buffer, quality, window);
    writer
        .write_all(content)
        .and_then(|()| writer.flush())
        .map_err(at(file))?;
    drop(writer);
    Ok(compressed)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn directory(variable: &'static str) -> Result<PathBuf, Failure> {
    env::var_os(variable)
        .map(PathBuf::from)
        .ok_or(Failure::Variable(variable))
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    fs::write(path, content).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.to_owned();
    move |source| Failure::File { path, source }
}
