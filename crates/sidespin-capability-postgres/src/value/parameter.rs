//! A parameter in the server's binary format.

use bytes::{BufMut as _, BytesMut};
use sidespin_world::postgres::postgres::{self as wit, ParameterValue, RangeBoundKind};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

use super::wire::{self, Bound, put_array, put_range};
use super::{ValueError, calendar, decimal};

/// JSON's binary form begins with its version.
const JSONB_VERSION: u8 = 1;

/// The bytes of a parameter; none for null.
#[derive(Clone, Debug)]
pub(crate) struct Encoded(Option<Vec<u8>>);

impl Encoded {
    /// Encodes a parameter for the type that the statement wants.
    ///
    /// # Errors
    /// The statement wants another type, or the value means nothing.
    pub(crate) fn of(value: &ParameterValue, wanted: &Type) -> Result<Self, ValueError> {
        // A domain's values are those of the type below it.
        if let Kind::Domain(inner) = wanted.kind() {
            return Self::of(value, inner);
        }
        encode(value, wanted).map(Self)
    }
}

impl ToSql for Encoded {
    fn to_sql(
        &self,
        _wanted: &Type,
        buffer: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0 {
            Some(bytes) => {
                buffer.put_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_any: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn encode(value: &ParameterValue, wanted: &Type) -> Result<Option<Vec<u8>>, ValueError> {
    let (given, fits) = kind(value, wanted);
    if !fits {
        return Err(ValueError::Mismatch {
            given,
            wanted: wanted.name().to_owned(),
        });
    }
    let bytes = match value {
        ParameterValue::DbNull => return Ok(None),
        ParameterValue::Boolean(value) => vec![u8::from(*value)],
        ParameterValue::Int8(value) => integer((*value).into(), wanted)?,
        ParameterValue::Int16(value) => integer((*value).into(), wanted)?,
        ParameterValue::Int32(value) => integer((*value).into(), wanted)?,
        ParameterValue::Int64(value) => integer(*value, wanted)?,
        ParameterValue::Floating32(value) if *wanted == Type::FLOAT8 => {
            f64::from(*value).to_be_bytes().to_vec()
        }
        ParameterValue::Floating32(value) => value.to_be_bytes().to_vec(),
        ParameterValue::Floating64(value) => value.to_be_bytes().to_vec(),
        ParameterValue::Str(value) => value.clone().into_bytes(),
        ParameterValue::Binary(value) => value.clone(),
        ParameterValue::Date(value) => calendar::days(*value)?.to_be_bytes().to_vec(),
        ParameterValue::Time(value) => calendar::micros(*value)?.to_be_bytes().to_vec(),
        ParameterValue::Datetime((year, month, day, hour, minute, second, nanosecond)) => {
            let instant = calendar::instant((*year, *month, *day), (*hour, *minute, *second, *nanosecond))?;
            instant.to_be_bytes().to_vec()
        }
        ParameterValue::Timestamp(value) => calendar::of_unix(*value)?.to_be_bytes().to_vec(),
        ParameterValue::Uuid(value) => uuid(value)?,
        ParameterValue::Jsonb(value) => json(value, wanted),
        ParameterValue::Decimal(value) => decimal::encode(value)?,
        ParameterValue::RangeInt32((lower, upper)) => put_range(&bound(lower), &bound(upper), |value| {
            Ok(value.to_be_bytes().to_vec())
        })?,
        ParameterValue::RangeInt64((lower, upper)) => put_range(&bound(lower), &bound(upper), |value| {
            Ok(value.to_be_bytes().to_vec())
        })?,
        ParameterValue::RangeDecimal((lower, upper)) => {
            put_range(&bound(lower), &bound(upper), |value| decimal::encode(value))?
        }
        ParameterValue::ArrayInt32(values) => {
            put_array(wire::INT4, values, |value| Ok(value.to_be_bytes().to_vec()))?
        }
        ParameterValue::ArrayInt64(values) => {
            put_array(wire::INT8, values, |value| Ok(value.to_be_bytes().to_vec()))?
        }
        ParameterValue::ArrayDecimal(values) => {
            put_array(wire::NUMERIC, values, |value| decimal::encode(value))?
        }
        ParameterValue::ArrayStr(values) => put_array(text_element(wanted), values, |value| {
            Ok(value.clone().into_bytes())
        })?,
        ParameterValue::Interval(value) => interval(*value),
    };
    Ok(Some(bytes))
}

/// The name of a value's kind, and whether it is one of a type's.
fn kind(value: &ParameterValue, wanted: &Type) -> (&'static str, bool) {
    let one_of = |types: &[Type]| types.contains(wanted);
    let instants = [Type::TIMESTAMP, Type::TIMESTAMPTZ];
    let is_integer = one_of(&[Type::CHAR, Type::INT2, Type::INT4, Type::INT8]);
    match value {
        ParameterValue::DbNull => ("db-null", true),
        ParameterValue::Boolean(_) => ("boolean", one_of(&[Type::BOOL])),
        ParameterValue::Int8(_) => ("int8", is_integer),
        ParameterValue::Int16(_) => ("int16", is_integer),
        ParameterValue::Int32(_) => ("int32", is_integer),
        ParameterValue::Int64(_) => ("int64", is_integer),
        ParameterValue::Floating32(_) => ("floating32", one_of(&[Type::FLOAT4, Type::FLOAT8])),
        ParameterValue::Floating64(_) => ("floating64", one_of(&[Type::FLOAT8])),
        ParameterValue::Str(_) => ("str", is_text(wanted)),
        ParameterValue::Binary(_) => ("binary", one_of(&[Type::BYTEA])),
        ParameterValue::Date(_) => ("date", one_of(&[Type::DATE])),
        ParameterValue::Time(_) => ("time", one_of(&[Type::TIME])),
        ParameterValue::Datetime(_) => ("datetime", one_of(&instants)),
        ParameterValue::Timestamp(_) => ("timestamp", one_of(&instants)),
        ParameterValue::Uuid(_) => ("uuid", one_of(&[Type::UUID])),
        ParameterValue::Jsonb(_) => ("jsonb", one_of(&[Type::JSONB, Type::JSON])),
        ParameterValue::Decimal(_) => ("decimal", one_of(&[Type::NUMERIC])),
        ParameterValue::RangeInt32(_) => ("range-int32", one_of(&[Type::INT4_RANGE])),
        ParameterValue::RangeInt64(_) => ("range-int64", one_of(&[Type::INT8_RANGE])),
        ParameterValue::RangeDecimal(_) => ("range-decimal", one_of(&[Type::NUM_RANGE])),
        ParameterValue::ArrayInt32(_) => ("array-int32", one_of(&[Type::INT4_ARRAY])),
        ParameterValue::ArrayInt64(_) => ("array-int64", one_of(&[Type::INT8_ARRAY])),
        ParameterValue::ArrayDecimal(_) => ("array-decimal", one_of(&[Type::NUMERIC_ARRAY])),
        ParameterValue::ArrayStr(_) => (
            "array-str",
            one_of(&[Type::TEXT_ARRAY, Type::VARCHAR_ARRAY, Type::BPCHAR_ARRAY]),
        ),
        ParameterValue::Interval(_) => ("interval", one_of(&[Type::INTERVAL])),
    }
}

/// Whether a type's values are texts on the wire.
pub(super) fn is_text(wanted: &Type) -> bool {
    let known = [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::UNKNOWN];
    known.contains(wanted) || matches!(wanted.kind(), Kind::Enum(_)) || wanted.name() == "citext"
}

fn text_element(wanted: &Type) -> u32 {
    match wanted.kind() {
        Kind::Array(element) => element.oid(),
        _ => wire::TEXT,
    }
}

/// An integer of any size in the size that is wanted, if it fits.
fn integer(value: i64, wanted: &Type) -> Result<Vec<u8>, ValueError> {
    let too_large = |_error| ValueError::Invalid("number of the statement's type: it is too large");
    Ok(match *wanted {
        Type::CHAR => i8::try_from(value).map_err(too_large)?.to_be_bytes().to_vec(),
        Type::INT2 => i16::try_from(value).map_err(too_large)?.to_be_bytes().to_vec(),
        Type::INT4 => i32::try_from(value).map_err(too_large)?.to_be_bytes().to_vec(),
        _ => value.to_be_bytes().to_vec(),
    })
}

/// The 16 bytes of a UUID, with hyphens or without.
fn uuid(text: &str) -> Result<Vec<u8>, ValueError> {
    const INVALID: ValueError = ValueError::Invalid("UUID");
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    if digits.len() != 32 || !text.is_ascii() {
        return Err(INVALID);
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(INVALID);
    let bytes = digits.chunks(2).map(|pair| {
        let number = pair
            .iter()
            .try_fold(0, |number, byte| Ok(number * 16 + digit(*byte)?))?;
        u8::try_from(number).map_err(|_impossible| INVALID)
    });
    bytes.collect()
}

fn json(text: &[u8], wanted: &Type) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    if *wanted == Type::JSONB {
        bytes.push(JSONB_VERSION);
    }
    bytes.extend(text);
    bytes
}

fn bound<T: Clone>(bound: &Option<(T, RangeBoundKind)>) -> Bound<T> {
    bound
        .as_ref()
        .map(|(value, kind)| (value.clone(), *kind == RangeBoundKind::Inclusive))
}

fn interval(wit::Interval { micros, days, months }: wit::Interval) -> Vec<u8> {
    let mut bytes = micros.to_be_bytes().to_vec();
    bytes.extend(days.to_be_bytes());
    bytes.extend(months.to_be_bytes());
    bytes
}
