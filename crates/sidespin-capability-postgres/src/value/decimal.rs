//! `numeric` as text in base 10. The server sends digits in base 10,000.

use super::ValueError;
use super::wire::Reader;

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NOT_A_NUMBER: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// Decimal digits in one of the server's.
const GROUP: usize = 4;

const INVALID: ValueError = ValueError::Invalid("decimal number");

/// Writes a text such as `-12.50`.
pub(super) fn encode(text: &str) -> Result<Vec<u8>, ValueError> {
    let special = match text {
        "NaN" => Some(NOT_A_NUMBER),
        "Infinity" => Some(INFINITY),
        "-Infinity" => Some(MINUS_INFINITY),
        _ => None,
    };
    if let Some(sign) = special {
        return write(0, sign, 0, &[]);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (NEGATIVE, digits),
        None => (POSITIVE, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) {
        return Err(INVALID);
    }
    // Filled up so that the point lies between two groups.
    let missing = whole.len().next_multiple_of(GROUP) - whole.len();
    let mut padded = "0".repeat(missing);
    padded.push_str(whole);
    let whole_groups = padded.len() / GROUP;
    padded.push_str(fraction);
    padded.push_str(&"0".repeat(fraction.len().next_multiple_of(GROUP) - fraction.len()));
    let groups: Vec<i16> = padded
        .as_bytes()
        .chunks(GROUP)
        .map(|group| {
            group
                .iter()
                .fold(0, |number, digit| number * 10 + i16::from(digit - b'0'))
        })
        .collect();
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let groups = groups.get(leading..).unwrap_or_default();
    let trailing = groups.iter().rev().take_while(|group| **group == 0).count();
    let groups = groups.get(..groups.len() - trailing).unwrap_or_default();
    let weight =
        i64::try_from(whole_groups).unwrap_or(i64::MAX) - 1 - i64::try_from(leading).unwrap_or(i64::MAX);
    let weight = if groups.is_empty() { 0 } else { weight };
    let scale = i16::try_from(fraction.len()).map_err(|_too_long| INVALID)?;
    write(
        i16::try_from(weight).map_err(|_too_long| INVALID)?,
        sign,
        scale,
        groups,
    )
}

fn write(weight: i16, sign: u16, scale: i16, groups: &[i16]) -> Result<Vec<u8>, ValueError> {
    let count = i16::try_from(groups.len()).map_err(|_too_long| INVALID)?;
    let mut buffer = Vec::with_capacity(8 + groups.len() * 2);
    buffer.extend(count.to_be_bytes());
    buffer.extend(weight.to_be_bytes());
    buffer.extend(sign.to_be_bytes());
    buffer.extend(scale.to_be_bytes());
    for group in groups {
        buffer.extend(group.to_be_bytes());
    }
    Ok(buffer)
}

/// Reads what the server sends; the digits behind the point are as many as its column keeps.
pub(super) fn decode(raw: &[u8]) -> Result<String, ValueError> {
    let mut reader = Reader(raw);
    let (count, weight) = (reader.i16()?, reader.i16()?);
    let sign = u16::from_be_bytes(reader.array()?);
    let scale = usize::try_from(reader.i16()?).unwrap_or_default();
    let mut text = String::new();
    match sign {
        POSITIVE => {}
        NEGATIVE => text.push('-'),
        NOT_A_NUMBER => return Ok("NaN".to_owned()),
        INFINITY => return Ok("Infinity".to_owned()),
        MINUS_INFINITY => return Ok("-Infinity".to_owned()),
        _ => return Err(ValueError::Untellable("a number of an unknown form")),
    }
    let groups = (0..count)
        .map(|_index| reader.i16())
        .collect::<Result<Vec<_>, _>>()?;
    // The group of 10,000 to this power.
    let group = |power: i32| {
        let index = i32::from(weight) - power;
        usize::try_from(index)
            .ok()
            .and_then(|index| groups.get(index))
            .copied()
            .unwrap_or_default()
    };
    let mut whole = String::new();
    for power in (0..=i32::from(weight)).rev() {
        whole.push_str(&format!("{:04}", group(power)));
    }
    let whole = whole.trim_start_matches('0');
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        let mut fraction = String::new();
        let mut power = -1;
        while fraction.len() < scale {
            fraction.push_str(&format!("{:04}", group(power)));
            power -= 1;
        }
        fraction.truncate(scale);
        text.push('.');
        text.push_str(&fraction);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_as_it_was_written() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "9999",
            "10000",
            "10001",
            "12345678",
            "0.1",
            "0.0001",
            "0.00001",
            "-0.00000001",
            "100000000",
            "123.4500",
            "99999999999999999999999999.999999999999",
            "1000000.0000001",
            "NaN",
            "Infinity",
            "-Infinity",
        ] {
            assert_eq!(decode(&encode(text).unwrap()).unwrap(), text);
        }
        assert_eq!(decode(&encode("+007.5").unwrap()).unwrap(), "7.5");
        assert_eq!(decode(&encode(".5").unwrap()).unwrap(), "0.5");
        assert_eq!(decode(&encode("5.").unwrap()).unwrap(), "5");
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", ".", "-", "1e5", "1,5", "0x10", "1.2.3", " 1", "nan", "--1", "٣",
        ] {
            assert!(encode(text).is_err(), "{text}");
        }
    }
}
