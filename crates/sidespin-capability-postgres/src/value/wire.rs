//! Bytes in network order: a writer and a reader, and what arrays and ranges have in common.

use super::ValueError;

const MALFORMED: ValueError = ValueError::Untellable("bytes of an unknown form");

/// The oids of the types that are elements of arrays.
pub(super) const INT4: u32 = 23;
pub(super) const INT8: u32 = 20;
pub(super) const TEXT: u32 = 25;
pub(super) const NUMERIC: u32 = 1700;

/// Reads from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], ValueError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(MALFORMED)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(MALFORMED)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn i16(&mut self) -> Result<i16, ValueError> {
        self.array().map(i16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, ValueError> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, ValueError> {
        self.array().map(i64::from_be_bytes)
    }

    /// A value behind its length; nothing for null.
    pub(super) fn value(&mut self) -> Result<Option<&'a [u8]>, ValueError> {
        let length = self.i32()?;
        match usize::try_from(length) {
            Ok(length) => self.bytes(length).map(Some),
            Err(_negative) => Ok(None),
        }
    }
}

/// Writes a value behind its length.
fn put(buffer: &mut Vec<u8>, value: Option<&[u8]>) -> Result<(), ValueError> {
    let Some(value) = value else {
        buffer.extend((-1_i32).to_be_bytes());
        return Ok(());
    };
    let length =
        i32::try_from(value.len()).map_err(|_too_long| ValueError::Invalid("value: it is too long"))?;
    buffer.extend(length.to_be_bytes());
    buffer.extend(value);
    Ok(())
}

/// An array of one dimension.
pub(super) fn put_array<T>(
    element: u32,
    items: &[Option<T>],
    encode: impl Fn(&T) -> Result<Vec<u8>, ValueError>,
) -> Result<Vec<u8>, ValueError> {
    let mut buffer = Vec::new();
    let has_nulls = items.iter().any(Option::is_none);
    let dimensions = i32::from(!items.is_empty());
    buffer.extend(dimensions.to_be_bytes());
    buffer.extend(i32::from(has_nulls).to_be_bytes());
    buffer.extend(element.to_be_bytes());
    if !items.is_empty() {
        let length =
            i32::try_from(items.len()).map_err(|_too_long| ValueError::Invalid("array: it is too long"))?;
        buffer.extend(length.to_be_bytes());
        // The index of the first one.
        buffer.extend(1_i32.to_be_bytes());
    }
    for item in items {
        put(&mut buffer, item.as_ref().map(&encode).transpose()?.as_deref())?;
    }
    Ok(buffer)
}

/// The items of an array of at most one dimension.
pub(super) fn array<T>(
    raw: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, ValueError>,
) -> Result<Vec<Option<T>>, ValueError> {
    let mut reader = Reader(raw);
    let dimensions = reader.i32()?;
    let (_has_nulls, _element) = (reader.i32()?, reader.i32()?);
    match dimensions {
        0 => return Ok(Vec::new()),
        1 => {}
        _ => return Err(ValueError::Untellable("an array of more than one dimension")),
    }
    let (length, _first) = (reader.i32()?, reader.i32()?);
    (0..length)
        .map(|_index| reader.value()?.map(&decode).transpose())
        .collect()
}

const EMPTY: u8 = 0x01;
const LOWER_INCLUSIVE: u8 = 0x02;
const UPPER_INCLUSIVE: u8 = 0x04;
const LOWER_INFINITE: u8 = 0x08;
const UPPER_INFINITE: u8 = 0x10;

/// A bound, and whether it belongs to the range; nothing where there is no end.
pub(super) type Bound<T> = Option<(T, bool)>;

/// A range between two bounds.
pub(super) fn put_range<T>(
    lower: &Bound<T>,
    upper: &Bound<T>,
    encode: impl Fn(&T) -> Result<Vec<u8>, ValueError>,
) -> Result<Vec<u8>, ValueError> {
    let flags = |bound: &Bound<T>, inclusive, infinite| match bound {
        Some((_value, true)) => inclusive,
        Some((_value, false)) => 0,
        None => infinite,
    };
    let mut buffer =
        vec![flags(lower, LOWER_INCLUSIVE, LOWER_INFINITE) | flags(upper, UPPER_INCLUSIVE, UPPER_INFINITE)];
    for (value, _inclusive) in [lower, upper].into_iter().flatten() {
        put(&mut buffer, Some(&encode(value)?))?;
    }
    Ok(buffer)
}

/// The lower and the upper bound.
pub(super) type Bounds<T> = (Bound<T>, Bound<T>);

/// The bounds of a range; nothing for an empty one.
pub(super) fn range<T>(
    raw: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, ValueError>,
) -> Result<Option<Bounds<T>>, ValueError> {
    let mut reader = Reader(raw);
    let [flags] = reader.array::<1>()?;
    if flags & EMPTY != 0 {
        return Ok(None);
    }
    let mut bound = |infinite, inclusive| -> Result<Bound<T>, ValueError> {
        if flags & infinite != 0 {
            return Ok(None);
        }
        let value = reader.value()?.ok_or(MALFORMED)?;
        Ok(Some((decode(value)?, flags & inclusive != 0)))
    };
    let lower = bound(LOWER_INFINITE, LOWER_INCLUSIVE)?;
    let upper = bound(UPPER_INFINITE, UPPER_INCLUSIVE)?;
    Ok(Some((lower, upper)))
}
