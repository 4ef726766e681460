//! Every kind of value there and back, and the ends of each.

use super::*;
use wit::{Interval, RangeBoundKind};

const INCLUSIVE: RangeBoundKind = RangeBoundKind::Inclusive;
const EXCLUSIVE: RangeBoundKind = RangeBoundKind::Exclusive;

/// Sends a parameter of a type and expects a value back, by its text for debugging: values of the interface have no equality.
async fn check(lease: &mut Lease, kind: &str, parameter: ParameterValue, expected: DbValue) {
    let statement = format!("SELECT $1::{kind} AS value, NULL::{kind} AS nothing");
    let told = lease.query(&statement, std::slice::from_ref(&parameter)).await;
    let told = told.unwrap_or_else(|error| panic!("{kind} {parameter:?}: {error}"));
    let [row] = told.rows.as_slice() else {
        panic!("{kind}: {:?}", told.rows)
    };
    assert_eq!(format!("{:?}", row[0]), format!("{expected:?}"), "{kind}");
    assert!(matches!(row[1], DbValue::DbNull), "{kind}");
    // What the server makes of the parameter is what the interface says of it.
    let null = lease.query(&statement, &[ParameterValue::DbNull]).await.unwrap();
    assert!(matches!(null.rows[0][0], DbValue::DbNull), "{kind}");
}

macro_rules! same {
    ($lease:expr, $kind:expr, $variant:ident, [$($value:expr),+ $(,)?]) => {
        $(check($lease, $kind, ParameterValue::$variant($value), DbValue::$variant($value)).await;)+
    };
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_was_sent() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    let lease = &mut lease;
    same!(lease, "bool", Boolean, [true, false]);
    same!(lease, "\"char\"", Int8, [0, 65, i8::MAX, i8::MIN]);
    same!(lease, "int2", Int16, [0, i16::MAX, i16::MIN]);
    same!(lease, "int4", Int32, [0, i32::MAX, i32::MIN]);
    same!(lease, "int8", Int64, [0, i64::MAX, i64::MIN]);
    same!(
        lease,
        "float4",
        Floating32,
        [0.1, f32::MAX, f32::MIN_POSITIVE, f32::NAN, f32::INFINITY]
    );
    same!(
        lease,
        "float8",
        Floating64,
        [0.1, f64::MAX, -f64::MIN_POSITIVE, f64::NAN, f64::NEG_INFINITY]
    );
    let text = || "Grüße, 'quoted' \u{1F600}\n".to_owned();
    same!(lease, "text", Str, [text(), String::new()]);
    same!(lease, "varchar(40)", Str, [text()]);
    same!(lease, "name", Str, ["a_name".to_owned()]);
    same!(lease, "bytea", Binary, [vec![], vec![0, 255, 39]]);
    same!(
        lease,
        "date",
        Date,
        [(2024, 2, 29), (1969, 12, 31), (-4712, 1, 1), (9999, 12, 31)]
    );
    same!(lease, "time", Time, [(0, 0, 0, 0), (23, 59, 59, 999_999_000)]);
    same!(
        lease,
        "timestamp",
        Datetime,
        [(2024, 2, 29, 23, 59, 59, 123_456_000), (1815, 12, 10, 0, 0, 0, 0)]
    );
    same!(lease, "timestamptz", Datetime, [(2024, 7, 1, 12, 0, 0, 1_000)]);
    same!(
        lease,
        "uuid",
        Uuid,
        ["01900000-0000-7000-8000-0000000000aa".to_owned()]
    );
    let json = || r#"{"a": [1, null, "ü"]}"#.as_bytes().to_vec();
    same!(lease, "jsonb", Jsonb, [json()]);
    same!(lease, "json", Jsonb, [br#"{"b":1,  "a":2}"#.to_vec()]);
    let decimals = ["0", "-12.50", "12345678901234567890.0000000001", "NaN"];
    for decimal in decimals {
        same!(lease, "numeric", Decimal, [decimal.to_owned()]);
    }
}

#[tokio::test]
async fn ranges_arrays_and_intervals_come_back_as_they_were_sent() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    let lease = &mut lease;
    same!(
        lease,
        "int4range",
        RangeInt32,
        [
            (Some((-1, INCLUSIVE)), Some((7, EXCLUSIVE))),
            (None, Some((7, EXCLUSIVE))),
            (Some((1, INCLUSIVE)), None),
            (None, None)
        ]
    );
    same!(
        lease,
        "int8range",
        RangeInt64,
        [(Some((i64::MIN, INCLUSIVE)), Some((i64::MAX, EXCLUSIVE)))]
    );
    same!(
        lease,
        "numrange",
        RangeDecimal,
        [(
            Some(("0.5".to_owned(), EXCLUSIVE)),
            Some(("1.50".to_owned(), INCLUSIVE))
        )]
    );
    same!(
        lease,
        "int4[]",
        ArrayInt32,
        [vec![], vec![Some(1), None, Some(i32::MIN)]]
    );
    same!(lease, "int8[]", ArrayInt64, [vec![None, Some(i64::MAX)]]);
    same!(
        lease,
        "numeric[]",
        ArrayDecimal,
        [vec![Some("1.5".to_owned()), None]]
    );
    same!(
        lease,
        "text[]",
        ArrayStr,
        [vec![Some("ü\"{},".to_owned()), None, Some(String::new())]]
    );
    same!(lease, "varchar[]", ArrayStr, [vec![Some("a".to_owned())]]);
    same!(
        lease,
        "interval",
        Interval,
        [Interval {
            micros: -1,
            days: 40,
            months: -14
        }]
    );
}

#[tokio::test]
async fn kinds_that_say_the_same_are_understood() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    let lease = &mut lease;
    check(
        lease,
        "timestamptz",
        ParameterValue::Timestamp(86_399),
        DbValue::Datetime((1970, 1, 1, 23, 59, 59, 0)),
    )
    .await;
    check(lease, "int2", ParameterValue::Int64(-7), DbValue::Int16(-7)).await;
    check(lease, "int8", ParameterValue::Int8(7), DbValue::Int64(7)).await;
    check(
        lease,
        "float8",
        ParameterValue::Floating32(0.5),
        DbValue::Floating64(0.5),
    )
    .await;
    // The canonical form of a range of integers, and of none at all.
    check(
        lease,
        "int4range",
        ParameterValue::RangeInt32((Some((1, EXCLUSIVE)), Some((3, INCLUSIVE)))),
        DbValue::RangeInt32((Some((2, INCLUSIVE)), Some((4, EXCLUSIVE)))),
    )
    .await;
    check(
        lease,
        "int4range",
        ParameterValue::RangeInt32((Some((5, EXCLUSIVE)), Some((5, INCLUSIVE)))),
        DbValue::RangeInt32((Some((0, INCLUSIVE)), Some((0, EXCLUSIVE)))),
    )
    .await;
    execute(lease, "CREATE TYPE mood AS ENUM ('glad', 'sad')").await;
    execute(lease, "CREATE DOMAIN positive AS int8 CHECK (VALUE > 0)").await;
    check(
        lease,
        "mood",
        ParameterValue::Str("glad".into()),
        DbValue::Str("glad".into()),
    )
    .await;
    check(lease, "positive", ParameterValue::Int64(1), DbValue::Int64(1)).await;
}

#[tokio::test]
async fn a_type_that_the_interface_lacks_is_told_by_name_and_bytes() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    let told = lease
        .query("SELECT '10.0.0.0/8'::cidr AS network", &[])
        .await
        .unwrap();
    assert!(matches!(&told.columns[0].data_type, wit::DbDataType::Other(name) if name == "cidr"));
    assert_eq!(told.columns[0].name, "network");
    assert!(matches!(&told.rows[0][0], DbValue::Unsupported(bytes) if !bytes.is_empty()));
    let none = lease.query("SELECT 1 AS a WHERE false", &[]).await.unwrap();
    assert_eq!((none.columns.len(), none.rows.len()), (1, 0));
    for untellable in [
        "'infinity'::date",
        "'-infinity'::timestamp",
        "'{{1,2},{3,4}}'::int4[]",
    ] {
        let error = lease
            .query(&format!("SELECT {untellable} AS x"), &[])
            .await
            .unwrap_err();
        assert!(error.to_string().starts_with("column `x` holds"), "{error}");
        assert!(matches!(
            wit::Error::from(error),
            wit::Error::ValueConversionFailed(_)
        ));
    }
    assert_eq!(number(&value(&mut lease, "SELECT 1").await), 1);
}

#[tokio::test]
async fn a_parameter_that_does_not_fit_is_told_by_its_number_and_never_by_its_value() {
    let Some(fixture) = Fixture::new(Limits::default()) else {
        return;
    };
    let mut lease = fixture.connect().await;
    for (kind, parameter, expected) in [
        (
            "int4",
            ParameterValue::Str("secret".into()),
            "`str`, but the statement wants `int4`",
        ),
        (
            "text",
            ParameterValue::Int32(1),
            "`int32`, but the statement wants `text`",
        ),
        ("int2", ParameterValue::Int64(40_000), "too large"),
        ("uuid", ParameterValue::Uuid("secret".into()), "no valid UUID"),
        ("date", ParameterValue::Date((2023, 2, 29)), "no valid date"),
        ("time", ParameterValue::Time((25, 0, 0, 0)), "no valid time"),
        (
            "numeric",
            ParameterValue::Decimal("secret".into()),
            "no valid decimal",
        ),
    ] {
        let statement = format!("SELECT $1::{kind}");
        let error = lease.query(&statement, &[parameter]).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("parameter $1 is") && text.contains(expected),
            "{text}"
        );
        assert!(!text.contains("secret"), "{text}");
        assert!(matches!(wit::Error::from(error), wit::Error::BadParameter(_)));
    }
    let error = lease
        .execute("SELECT $1::int4, $2::int4", &[ParameterValue::Int32(1)])
        .await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "the statement has 2 parameters, but 1 were given"
    );
    assert_eq!(number(&value(&mut lease, "SELECT 1").await), 1);
}
