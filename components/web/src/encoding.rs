//! Chooses the form in which a file is sent, from the header `Accept-Encoding` (RFC 9110, 12.5.3).

use crate::assets::Asset;

/// A form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    /// As `Content-Encoding` names it; uncompressed content has no such header.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// Tells the entity tags of one file's forms apart: a strong tag stands for exact bytes.
    pub(crate) fn tag_suffix(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Gzip => "-gz",
            Self::Brotli => "-br",
        }
    }
}

/// The form that the client likes best, and of equals the smallest. Where it accepts nothing that there is, it gets the file
/// uncompressed, which RFC 9110 allows and everybody can read.
pub(crate) fn choose(asset: &'static Asset, accepted: &str) -> (Encoding, &'static [u8]) {
    let forms = [
        (Encoding::Brotli, asset.brotli),
        (Encoding::Gzip, asset.gzip),
        (Encoding::Identity, Some(asset.identity)),
    ];
    let mut best = (Encoding::Identity, asset.identity, 0);
    for (encoding, content) in forms {
        let quality = quality(accepted, encoding.name().unwrap_or("identity"));
        if let Some(content) = content.filter(|_content| quality > best.2) {
            best = (encoding, content, quality);
        }
    }
    (best.0, best.1)
}

/// How much a coding is wanted, in thousandths; 0 is not at all.
fn quality(accepted: &str, coding: &str) -> u16 {
    let mut any = None;
    for entry in accepted.split(',') {
        let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case(coding) || (coding == "gzip" && name.eq_ignore_ascii_case("x-gzip")) {
            return weight(parameters);
        }
        if name == "*" {
            any = Some(weight(parameters));
        }
    }
    // Uncompressed content is acceptable unless it is refused, but least liked of all.
    any.unwrap_or(u16::from(coding == "identity"))
}

fn weight(parameters: &str) -> u16 {
    let parameter = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    match parameter {
        None => 1000,
        Some(value) => thousandths(value).unwrap_or(0),
    }
}

/// `0`, `0.5`, `1.000`; anything else is no quality.
fn thousandths(value: &str) -> Option<u16> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_plain = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: u16 = if is_plain {
        format!("{fraction:0<3}").parse().ok()?
    } else {
        return None;
    };
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BOTH: Asset = Asset {
        path: "/a.js",
        hash: "1",
        identity: b"identity",
        gzip: Some(b"gzip"),
        brotli: Some(b"br"),
    };
    static PLAIN: Asset = Asset {
        path: "/a.png",
        hash: "1",
        identity: b"identity",
        gzip: None,
        brotli: None,
    };

    fn chosen(accepted: &str) -> Encoding {
        choose(&BOTH, accepted).0
    }

    #[test]
    fn the_smallest_of_equals_is_chosen() {
        assert_eq!(chosen("gzip, deflate, br, zstd"), Encoding::Brotli);
        assert_eq!(chosen("gzip, deflate"), Encoding::Gzip);
        assert_eq!(chosen("BR"), Encoding::Brotli);
        assert_eq!(chosen("*"), Encoding::Brotli);
        assert_eq!(chosen("x-gzip"), Encoding::Gzip);
    }

    #[test]
    fn qualities_decide() {
        assert_eq!(chosen("br;q=0.5, gzip;q=0.8"), Encoding::Gzip);
        assert_eq!(chosen("br; Q=0.800, gzip;q=0.8"), Encoding::Brotli);
        assert_eq!(chosen("br;q=0, gzip;q=0.001"), Encoding::Gzip);
        assert_eq!(chosen("br;q=0, *"), Encoding::Gzip);
        assert_eq!(chosen("identity, br;q=0.9, gzip;q=0.1"), Encoding::Identity);
    }

    #[test]
    fn without_a_wish_nothing_is_compressed() {
        assert_eq!(chosen(""), Encoding::Identity);
        assert_eq!(chosen("deflate"), Encoding::Identity);
        assert_eq!(chosen("br;q=nonsense, gzip;q=1.5"), Encoding::Identity);
        assert_eq!(chosen("identity;q=0"), Encoding::Identity);
        assert_eq!(chosen("*;q=0"), Encoding::Identity);
    }

    #[test]
    fn a_file_without_a_compressed_form_is_sent_as_it_is() {
        assert_eq!(choose(&PLAIN, "br, gzip"), (Encoding::Identity, &b"identity"[..]));
    }
}
