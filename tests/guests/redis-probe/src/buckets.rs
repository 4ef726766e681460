//! `wasi:keyvalue`, which spin-sdk has no functions for.

use wasi::keyvalue::atomics::{self, Cas, CasError};
use wasi::keyvalue::batch;
use wasi::keyvalue::store::{self, Error};

spin_sdk::wit_bindgen::generate!({
    runtime_path: "::spin_sdk::wit_bindgen::rt",
    path: "../../../wit/deps/wasi-keyvalue@0.2.0-draft2",
    inline: "
        package sidespin:redis-probe;
        world buckets {
            import wasi:keyvalue/store@0.2.0-draft2;
            import wasi:keyvalue/atomics@0.2.0-draft2;
            import wasi:keyvalue/batch@0.2.0-draft2;
        }
    ",
    world: "sidespin:redis-probe/buckets",
    generate_all,
});

/// Adds one to a number.
pub(crate) fn count(label: &str, key: &str) -> anyhow::Result<i64> {
    let counted = store::open(label).and_then(|bucket| atomics::increment(&bucket, key, 1));
    counted.map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// Uses each function, and tells all that they answer, a line each.
pub(crate) fn try_all(label: &str) -> String {
    match lines(label) {
        Ok(lines) => lines.join("\n"),
        Err(error) => format!("{error:?}"),
    }
}

fn lines(label: &str) -> Result<Vec<String>, Error> {
    let bucket = store::open(label)?;
    let mut lines = Vec::new();
    bucket.set("a", &[0, 255])?;
    lines.push(format!("{:?} {:?}", bucket.get("a")?, bucket.get("b")?));
    lines.push(format!("{} {}", bucket.exists("a")?, bucket.exists("b")?));
    bucket.delete("a")?;
    bucket.delete("a")?;
    lines.push(format!("{}", bucket.exists("a")?));

    let pairs = [("x".to_owned(), b"1".to_vec()), ("y".to_owned(), Vec::new())];
    batch::set_many(&bucket, &pairs)?;
    let keys = ["y", "none", "x"].map(str::to_owned);
    lines.push(format!("{:?}", batch::get_many(&bucket, &keys)?));
    let page = bucket.list_keys(None)?;
    let mut listed = page.keys;
    listed.sort();
    lines.push(format!("{listed:?} {:?}", page.cursor));
    batch::delete_many(&bucket, &keys)?;

    let sum = atomics::increment(&bucket, "n", 5)?;
    lines.push(format!("{sum} {}", atomics::increment(&bucket, "n", -7)?));
    bucket.set("n", b"word")?;
    lines.push(format!("{:?}", atomics::increment(&bucket, "n", 1)));

    let first = Cas::new(&bucket, "c")?;
    let second = Cas::new(&bucket, "c")?;
    lines.push(format!("{:?}", first.current()?));
    lines.push(format!("{:?}", atomics::swap(first, b"first").is_ok()));
    match atomics::swap(second, b"second") {
        Err(CasError::CasFailed(newer)) => {
            lines.push(format!("{:?}", newer.current()?));
            lines.push(format!("{:?}", atomics::swap(newer, b"third").is_ok()));
        }
        other => lines.push(format!("{other:?}")),
    }
    lines.push(format!("{:?}", bucket.get("c")?));
    Ok(lines)
}
