//! TOML values as JSON values, for the tables that are handed on without being understood.

use std::ops::Range;

use serde_json::{Number, Value};
use toml::de::DeValue;

use crate::table::Node;

/// A TOML value as JSON; times become strings.
///
/// # Errors
/// A number that JSON cannot hold, with its place.
pub(crate) fn from_toml(node: &Node<'_>) -> Result<Value, (Range<usize>, String)> {
    let unrepresentable = |text: &str| {
        (
            node.span(),
            format!("`{text}` is not a number that can be used here"),
        )
    };
    Ok(match node.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Integer(integer) => {
            let text = integer.as_str();
            i64::from_str_radix(text, integer.radix())
                .map(Value::from)
                .map_err(|_overflow| unrepresentable(text))?
        }
        DeValue::Float(float) => {
            let text = float.as_str();
            text.parse()
                .ok()
                .and_then(Number::from_f64)
                .map(Value::Number)
                .ok_or_else(|| unrepresentable(text))?
        }
        DeValue::Array(elements) => Value::Array(elements.iter().map(from_toml).collect::<Result<_, _>>()?),
        DeValue::Table(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, node)| from_toml(node).map(|value| (key.get_ref().to_string(), value)))
                .collect::<Result<_, _>>()?,
        ),
    })
}
