//! The files of the browser app, as the build script found them.

/// A file, whole and compressed.
#[derive(Debug)]
pub(crate) struct Asset {
    /// The path of its address, beginning with a slash.
    pub(crate) path: &'static str,
    /// Of its content, in hexadecimal digits.
    pub(crate) hash: &'static str,
    pub(crate) identity: &'static [u8],
    /// None where compressing gains nothing.
    pub(crate) gzip: Option<&'static [u8]>,
    pub(crate) brotli: Option<&'static [u8]>,
}

/// The page that every path of the app's own routes gets.
pub(crate) const INDEX: &str = "/index.html";
/// The page about the API.
const DOCS: &str = "/docs.html";
/// Vite puts files here whose names contain a hash of their content.
const HASHED: &str = "/assets/";

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file that this path names.
///
/// Only paths of the table are found, compared byte by byte: what climbs (`/../`), is encoded or doubles a slash names nothing.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    if matches!(path, "/docs" | "/docs/") {
        return find(DOCS);
    }
    if path == "/" || is_route(path) {
        return find(INDEX);
    }
    ASSETS.iter().find(|asset| asset.path == path)
}

/// True for the addresses that the app itself makes up, like `/login`: plain words. The API's own paths and whatever looks like a
/// file are none of them, so that a mistyped address is an error there and not a page.
fn is_route(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else {
        return false;
    };
    let mut parts = rest.strip_suffix('/').unwrap_or(rest).split('/');
    let is_word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    !matches!(
        rest.split('/').next(),
        Some("api" | "assets" | "mcp" | "internal")
    ) && parts.all(is_word)
}

impl Asset {
    /// True where the same path can never have another content.
    pub(crate) fn is_immutable(&self) -> bool {
        self.path.starts_with(HASHED)
    }

    pub(crate) fn media_type(&self) -> &'static str {
        let extension = self
            .path
            .rsplit_once('.')
            .map_or("", |(_stem, extension)| extension);
        match extension {
            "html" => "text/html; charset=utf-8",
            "js" | "mjs" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            "json" => "application/json",
            "webmanifest" => "application/manifest+json",
            "txt" => "text/plain; charset=utf-8",
            "png" => "image/png",
            "ico" => "image/x-icon",
            "webp" => "image/webp",
            "woff2" => "font/woff2",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_is_embedded() {
        assert!(ASSETS.iter().any(|asset| asset.path == INDEX));
        assert!(
            ASSETS
                .iter()
                .any(|asset| asset.is_immutable() && asset.path.ends_with(".js"))
        );
        assert!(
            ASSETS
                .iter()
                .all(|asset| asset.media_type() != "application/octet-stream")
        );
    }

    #[test]
    fn nothing_stands_in_the_page_that_the_policy_forbids() {
        for path in ["/", "/docs"] {
            let page = std::str::from_utf8(find(path).unwrap().identity).unwrap();
            assert!(
                !page.contains("<style") && !page.contains(" style=") && !page.contains("onload="),
                "{page}"
            );
            let inline = page
                .split("<script")
                .skip(1)
                .filter(|script| !script.contains(" src=\""));
            assert_eq!(inline.count(), 0, "{page}");
        }
    }

    #[test]
    fn the_api_is_described_for_programs_and_for_people() {
        let described = find("/openapi.json").unwrap();
        assert_eq!(described.media_type(), "application/json");
        assert!(described.brotli.is_some_and(|small| small.len() < 40_000));
        for path in ["/docs", "/docs/"] {
            assert_eq!(find(path).map(|asset| asset.path), Some(DOCS), "{path}");
        }
    }

    #[test]
    fn routes_are_plain_words() {
        for path in ["/", "/login", "/signup", "/signup/", "/some/where"] {
            assert_eq!(find(path).map(|asset| asset.path), Some(INDEX), "{path}");
        }
        for path in [
            "/assets/none.js",
            "/none.txt",
            "/api/v2",
            "/assets",
            "/assets/",
            "/mcp",
            "//",
            "/a//b",
            "login",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_path_that_climbs_names_nothing() {
        for path in [
            "/../Cargo.toml",
            "/assets/../index.html",
            "/..",
            "/.",
            "/%2e%2e/etc/passwd",
            "/..%2fetc",
            "/.env",
            "/assets/..\\index.html",
            "/\0",
        ] {
            assert!(find(path).is_none(), "{path:?}");
        }
    }
}
