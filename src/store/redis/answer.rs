//! Reading what Redis answers: every shape is checked, since a proxy or another program may answer anything.

use redis::Value;

use super::fault::senseless;
use crate::store::StoreError;

/// The bytes of a string; nothing when there is none.
pub(super) fn bytes(value: Value) -> Result<Option<Vec<u8>>, StoreError> {
    match value {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Ok(Some(text.into_bytes())),
        // What Lua answers for something that is not there.
        Value::Boolean(false) => Ok(None),
        _ => Err(senseless("string")),
    }
}

/// A text.
pub(super) fn text(value: Value) -> Result<Option<String>, StoreError> {
    bytes(value)?.map(|bytes| String::from_utf8(bytes).map_err(|_| senseless("text"))).transpose()
}

/// A number, sent as such or as its digits.
pub(super) fn number(value: Value) -> Result<u64, StoreError> {
    match value {
        Value::Int(number) => u64::try_from(number).map_err(|_| senseless("count")),
        other => {
            let digits = text(other)?.ok_or_else(|| senseless("number"))?;
            digits.parse().map_err(|_| senseless("number"))
        }
    }
}

/// The items of a list; none when there is no list.
pub(super) fn items(value: Value) -> Result<Vec<Value>, StoreError> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::Array(items) | Value::Set(items) => Ok(items),
        Value::Map(pairs) => Ok(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect()),
        _ => Err(senseless("list")),
    }
}

/// The items of a list two by two.
pub(super) fn pairs(value: Value) -> Result<Vec<(Value, Value)>, StoreError> {
    let mut items = items(value)?.into_iter();
    let mut pairs = Vec::with_capacity(items.len() / 2);
    while let Some(first) = items.next() {
        pairs.push((first, items.next().ok_or_else(|| senseless("list of pairs"))?));
    }
    Ok(pairs)
}
