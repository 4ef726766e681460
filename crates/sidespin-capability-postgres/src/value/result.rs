//! A value of a result in the interface's types.

use sidespin_world::postgres::postgres::{self as wit, DbDataType, DbValue, RangeBoundKind};
use tokio_postgres::types::{FromSql, Kind, Type};
use tokio_postgres::{Column, Row};

use super::parameter::is_text;
use super::wire::{Bound, Bounds, Reader, array, range};
use super::{ValueError, calendar, decimal};
use crate::error::PostgresError;

/// A column's name and type.
pub(crate) fn column(column: &Column) -> wit::Column {
    wit::Column {
        name: column.name().to_owned(),
        data_type: data_type(column.type_()),
    }
}

fn data_type(kind: &Type) -> DbDataType {
    if let Kind::Domain(inner) = kind.kind() {
        return data_type(inner);
    }
    match *kind {
        Type::BOOL => DbDataType::Boolean,
        Type::CHAR => DbDataType::Int8,
        Type::INT2 => DbDataType::Int16,
        Type::INT4 => DbDataType::Int32,
        Type::INT8 => DbDataType::Int64,
        Type::FLOAT4 => DbDataType::Floating32,
        Type::FLOAT8 => DbDataType::Floating64,
        Type::BYTEA => DbDataType::Binary,
        Type::DATE => DbDataType::Date,
        Type::TIME => DbDataType::Time,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => DbDataType::Datetime,
        Type::UUID => DbDataType::Uuid,
        Type::JSONB | Type::JSON => DbDataType::Jsonb,
        Type::NUMERIC => DbDataType::Decimal,
        Type::INT4_RANGE => DbDataType::RangeInt32,
        Type::INT8_RANGE => DbDataType::RangeInt64,
        Type::NUM_RANGE => DbDataType::RangeDecimal,
        Type::INT4_ARRAY => DbDataType::ArrayInt32,
        Type::INT8_ARRAY => DbDataType::ArrayInt64,
        Type::NUMERIC_ARRAY => DbDataType::ArrayDecimal,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => DbDataType::ArrayStr,
        Type::INTERVAL => DbDataType::Interval,
        _ if is_text(kind) => DbDataType::Str,
        _ => DbDataType::Other(kind.name().to_owned()),
    }
}

/// The server's bytes, whatever the type.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_kind: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_any: &Type) -> bool {
        true
    }
}

/// A row's values.
///
/// # Errors
/// A value that the interface cannot tell.
pub(crate) fn decode_row(row: &Row) -> Result<wit::Row, PostgresError> {
    let values = row.columns().iter().enumerate().map(|(index, column)| {
        let raw: Raw<'_> = row
            .try_get(index)
            .map_err(|error| PostgresError::of_statement(&error))?;
        let Some(raw) = raw.0 else {
            return Ok(DbValue::DbNull);
        };
        decode(column.type_(), raw).map_err(|error| PostgresError::Column {
            column: column.name().to_owned(),
            error,
        })
    });
    values.collect()
}

fn decode(kind: &Type, raw: &[u8]) -> Result<DbValue, ValueError> {
    let mut reader = Reader(raw);
    Ok(match data_type(kind) {
        DbDataType::Boolean => DbValue::Boolean(reader.array::<1>()? != [0]),
        DbDataType::Int8 => DbValue::Int8(i8::from_be_bytes(reader.array()?)),
        DbDataType::Int16 => DbValue::Int16(reader.i16()?),
        DbDataType::Int32 => DbValue::Int32(reader.i32()?),
        DbDataType::Int64 => DbValue::Int64(reader.i64()?),
        DbDataType::Floating32 => DbValue::Floating32(f32::from_be_bytes(reader.array()?)),
        DbDataType::Floating64 => DbValue::Floating64(f64::from_be_bytes(reader.array()?)),
        DbDataType::Str => DbValue::Str(text(raw)?),
        DbDataType::Binary => DbValue::Binary(raw.to_vec()),
        DbDataType::Date => DbValue::Date(calendar::date(reader.i32()?)?),
        DbDataType::Time => DbValue::Time(calendar::time(reader.i64()?)?),
        DbDataType::Datetime | DbDataType::Timestamp => {
            let ((year, month, day), (hour, minute, second, nanosecond)) =
                calendar::date_and_time(reader.i64()?)?;
            DbValue::Datetime((year, month, day, hour, minute, second, nanosecond))
        }
        DbDataType::Uuid => DbValue::Uuid(uuid(reader.array()?)),
        // JSONB begins with its version, JSON with the text.
        DbDataType::Jsonb if is_jsonb(kind) => DbValue::Jsonb(raw.get(1..).unwrap_or_default().to_vec()),
        DbDataType::Jsonb => DbValue::Jsonb(raw.to_vec()),
        DbDataType::Decimal => DbValue::Decimal(decimal::decode(raw)?),
        DbDataType::RangeInt32 => DbValue::RangeInt32(bounds(range(raw, int32)?, 0)),
        DbDataType::RangeInt64 => DbValue::RangeInt64(bounds(range(raw, int64)?, 0)),
        DbDataType::RangeDecimal => {
            DbValue::RangeDecimal(bounds(range(raw, decimal::decode)?, "0".to_owned()))
        }
        DbDataType::ArrayInt32 => DbValue::ArrayInt32(array(raw, int32)?),
        DbDataType::ArrayInt64 => DbValue::ArrayInt64(array(raw, int64)?),
        DbDataType::ArrayDecimal => DbValue::ArrayDecimal(array(raw, decimal::decode)?),
        DbDataType::ArrayStr => DbValue::ArrayStr(array(raw, text)?),
        DbDataType::Interval => DbValue::Interval(wit::Interval {
            micros: reader.i64()?,
            days: reader.i32()?,
            months: reader.i32()?,
        }),
        DbDataType::Other(_) => DbValue::Unsupported(raw.to_vec()),
    })
}

fn is_jsonb(kind: &Type) -> bool {
    match kind.kind() {
        Kind::Domain(inner) => is_jsonb(inner),
        _ => *kind == Type::JSONB,
    }
}

fn text(raw: &[u8]) -> Result<String, ValueError> {
    String::from_utf8(raw.to_vec())
        .map_err(|_other_encoding| ValueError::Untellable("text that is not UTF-8"))
}

fn int32(raw: &[u8]) -> Result<i32, ValueError> {
    Reader(raw).i32()
}

fn int64(raw: &[u8]) -> Result<i64, ValueError> {
    Reader(raw).i64()
}

fn uuid(bytes: [u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default().to_owned();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

type WitBound<T> = Option<(T, RangeBoundKind)>;

/// The bounds of a range. An empty one, which the interface has no word for, is told as one from a value up to but without it.
fn bounds<T: Clone>(range: Option<Bounds<T>>, zero: T) -> (WitBound<T>, WitBound<T>) {
    let (lower, upper) = range.unwrap_or_else(|| (Some((zero.clone(), true)), Some((zero, false))));
    let bound = |bound: Bound<T>| {
        bound.map(|(value, is_inclusive)| {
            let kind = if is_inclusive {
                RangeBoundKind::Inclusive
            } else {
                RangeBoundKind::Exclusive
            };
            (value, kind)
        })
    };
    (bound(lower), bound(upper))
}
