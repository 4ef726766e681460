//! Walks through a request before the codec decodes it, and refuses what is cut short or claims too much.
//!
//! The codec reserves memory for as many array elements as a request says it has. Two thousand million of them in a
//! request of forty bytes would end this process, so each count is compared with what is really there first.

use bytes::Buf;

/// Array elements and unknown fields in one request: far more than any client sends, and few enough megabytes.
const MAX_ELEMENTS: usize = 200_000;

/// How one request is laid out.
#[derive(Debug)]
pub(crate) struct Shape {
    /// From this version on lengths are compact and structures end in tagged fields.
    pub(crate) flexible_since: i16,
    pub(crate) fields: &'static [Field],
}

/// One field of a structure.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) kind: Kind,
    pub(crate) since: i16,
    pub(crate) until: i16,
}

/// What a field is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// So many bytes.
    Fixed(usize),
    /// A string, or none.
    Text,
    /// Bytes, or none.
    Bytes,
    /// An array of elements of so many bytes.
    Fixeds(usize),
    /// An array of strings.
    Texts,
    /// An array of structures.
    Structures(&'static [Field]),
}

/// Why a request is not decoded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the request ends too early, or a length in it is wrong")]
    Truncated,
    #[error("the request has more than {MAX_ELEMENTS} elements")]
    TooManyElements,
}

/// Checks the body of a request. What follows it is ignored, as the codec does.
pub(crate) fn check(shape: &Shape, version: i16, body: &[u8]) -> Result<(), Malformed> {
    walk(shape, version, body).map(|_rest| ())
}

fn walk<'body>(shape: &Shape, version: i16, body: &'body [u8]) -> Result<&'body [u8], Malformed> {
    let flexible = version >= shape.flexible_since;
    let mut walker = Walker {
        rest: body,
        version,
        flexible,
        elements: 0,
    };
    walker.structure(shape.fields)?;
    Ok(walker.rest)
}

/// Gives back what follows the tagged fields at the beginning of `bytes`.
pub(crate) fn after_tagged_fields(bytes: &[u8]) -> Result<&[u8], Malformed> {
    let mut walker = Walker {
        rest: bytes,
        version: 0,
        flexible: true,
        elements: 0,
    };
    walker.structure(&[])?;
    Ok(walker.rest)
}

struct Walker<'body> {
    rest: &'body [u8],
    version: i16,
    flexible: bool,
    elements: usize,
}

impl Walker<'_> {
    fn structure(&mut self, fields: &[Field]) -> Result<(), Malformed> {
        for field in fields {
            if (field.since..=field.until).contains(&self.version) {
                self.field(&field.kind)?;
            }
        }
        if self.flexible {
            for _ in 0..self.varint()? {
                self.element()?;
                let _tag = self.varint()?;
                let size = self.varint()?;
                self.skip(size as usize)?;
            }
        }
        Ok(())
    }

    fn field(&mut self, kind: &Kind) -> Result<(), Malformed> {
        match kind {
            Kind::Fixed(size) => self.skip(*size),
            Kind::Text => self.text(),
            Kind::Bytes => {
                let length = self.long_length()?;
                self.skip(length)
            }
            Kind::Fixeds(size) => self.array(|walker| walker.skip(*size)),
            Kind::Texts => self.array(Self::text),
            Kind::Structures(fields) => self.array(|walker| walker.structure(fields)),
        }
    }

    fn array(&mut self, each: impl Fn(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        for _ in 0..self.long_length()? {
            self.element()?;
            each(self)?;
        }
        Ok(())
    }

    fn element(&mut self) -> Result<(), Malformed> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            Err(Malformed::TooManyElements)
        } else {
            Ok(())
        }
    }

    fn text(&mut self) -> Result<(), Malformed> {
        let length = if self.flexible {
            self.compact_length()?
        } else {
            let length = self.rest.try_get_i16().map_err(|_short| Malformed::Truncated)?;
            optional_length(i32::from(length))?
        };
        self.skip(length)
    }

    fn long_length(&mut self) -> Result<usize, Malformed> {
        if self.flexible {
            return self.compact_length();
        }
        optional_length(self.rest.try_get_i32().map_err(|_short| Malformed::Truncated)?)
    }

    fn compact_length(&mut self) -> Result<usize, Malformed> {
        // 0 stands for none, anything else is one too many.
        Ok(self.varint()?.saturating_sub(1) as usize)
    }

    fn varint(&mut self) -> Result<u32, Malformed> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.rest.try_get_u8().map_err(|_short| Malformed::Truncated)?;
            value |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Truncated)
    }

    fn skip(&mut self, count: usize) -> Result<(), Malformed> {
        self.rest = self.rest.get(count..).ok_or(Malformed::Truncated)?;
        Ok(())
    }
}

fn optional_length(length: i32) -> Result<usize, Malformed> {
    match length {
        -1 => Ok(0),
        length => usize::try_from(length).map_err(|_negative| Malformed::Truncated),
    }
}

#[cfg(test)]
mod tests;
