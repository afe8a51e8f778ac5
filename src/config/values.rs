//! What single values look like. Each function reads one kind of value, and says what it accepts.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{errors::Wrong, secret::Secret, tree::Value};
use crate::model::{Category, Millis, Time};

/// Longer texts of a mistake are cut: a message is a line, not a document.
const SHOWN_CHARS_MAX: usize = 60;

type Read<T> = Result<T, Wrong>;

/// A value as a message shows it: never for secrets.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Flag(flag) => format!("`{flag}`"),
        Value::Integer(number) => format!("`{number}`"),
        Value::Fraction(_) => "a number with a fraction".to_owned(),
        Value::Text(text) => quoted(text),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    }
}

/// What a value is, where a list or a map should be: without its text, which may be a secret in the wrong place.
pub(super) fn shape(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Flag(_) => "`true` or `false`",
        Value::Integer(_) | Value::Fraction(_) => "a number",
        Value::Text(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    }
}

/// Input in backticks, shortened and without control characters.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .take(SHOWN_CHARS_MAX)
        .collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn wrong(value: &Value, accepted: impl Into<String>) -> Wrong {
    Wrong::new(format!("is {}", shown(value)), accepted)
}

/// True or false.
pub(super) fn flag(value: &Value) -> Read<bool> {
    match value {
        Value::Flag(flag) => Ok(*flag),
        Value::Text(text) if text == "true" => Ok(true),
        Value::Text(text) if text == "false" => Ok(false),
        other => Err(wrong(other, "`true` or `false`")),
    }
}

/// Text. A number without quotes is refused, since it may have lost its zeros on the way.
pub(super) fn text(value: &Value) -> Read<String> {
    match value {
        Value::Text(text) if !text.trim().is_empty() => Ok(text.clone()),
        other => Err(wrong(other, "text; numbers and `true` in quotes")),
    }
}

/// A secret: text of which no message shows anything.
pub(super) fn secret(value: &Value) -> Read<Secret<String>> {
    match value {
        Value::Text(text) if !text.is_empty() => Ok(Secret::new(text.clone())),
        _ => Err(Wrong::new("is not text, or is empty", "text; numbers and `true` in quotes")),
    }
}

/// A key of 32 bytes.
pub(super) fn key(value: &Value) -> Read<Secret<[u8; 32]>> {
    let refused = || Wrong::new("is not a key", "64 hexadecimal digits (32 bytes), in quotes");
    let Some(text) = value.text() else { return Err(refused()) };
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| refused())?;
    <[u8; 32]>::try_from(bytes).map(Secret::new).map_err(|_| refused())
}

/// A whole number between two bounds.
pub(super) fn count(min: u32, max: u32) -> impl Fn(&Value) -> Read<u32> {
    move |value| {
        let number = match value {
            Value::Integer(number) => u32::try_from(*number).ok(),
            other => other.text().and_then(|text| text.parse().ok()),
        };
        let number = number.filter(|number| (min..=max).contains(number));
        number.ok_or_else(|| wrong(value, format!("a whole number from {min} to {max}")))
    }
}

/// A part of a whole, as a number or in percent.
pub(super) fn ratio(value: &Value) -> Read<f64> {
    let of_text = |text: &str| match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim_end().parse::<f64>().ok().map(|percent| percent / 100.0),
        None => text.trim().parse().ok(),
    };
    let number = match value {
        Value::Integer(0) => Some(0.0),
        Value::Integer(1) => Some(1.0),
        Value::Fraction(number) => Some(*number),
        other => other.text().and_then(of_text),
    };
    let number = number.filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| wrong(value, "a part from `0` to `1`, such as `0.01` or `1%`"))
}

/// A size in bytes, at least 1 KiB, at most 1 GiB.
pub(super) fn bytes(value: &Value) -> Read<u32> {
    let size = match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        other => other.text().and_then(size_of),
    };
    let size = size.filter(|size| (1 << 10..=1 << 30).contains(size)).and_then(|size| size.try_into().ok());
    size.ok_or_else(|| wrong(value, "a size from `1KiB` to `1GiB`, such as `4MiB`; a number is bytes"))
}

/// An amount of memory, at least 1 MiB, at most 1 TiB.
pub(super) fn memory(value: &Value) -> Read<u64> {
    let size = match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        other => other.text().and_then(size_of),
    };
    let size = size.filter(|size| (1 << 20..=1 << 40).contains(size));
    size.ok_or_else(|| wrong(value, "a size from `1MiB` to `1024GiB`, such as `512MiB`; a number is bytes"))
}

fn size_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(unit_at)?;
    let unit = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// A length of time between two bounds, in whole milliseconds.
pub(super) fn lasting(min: Millis, max: Millis) -> impl Fn(&Value) -> Read<Millis> {
    move |value| {
        // Zero needs no unit.
        let zero = (*value == Value::Integer(0)).then_some(Millis::ZERO);
        let length = zero.or_else(|| length_of(value.text()?));
        length.filter(|length| (min..=max).contains(length)).ok_or_else(|| {
            let bounds = [min, max].map(|bound| humantime::format_duration(duration(bound)).to_string());
            wrong(
                value,
                format!(
                    "a time from `{}` with its unit, such as `500ms`, `30s`, `24h`, `30d`",
                    bounds.join("` to `")
                ),
            )
        })
    }
}

fn length_of(text: &str) -> Option<Millis> {
    let length = humantime::parse_duration(text.trim()).ok()?;
    let whole = length.subsec_nanos() % 1_000_000 == 0;
    i64::try_from(length.as_millis()).ok().filter(|_| whole).map(Millis::new)
}

/// The standard library's form of a length of time.
pub(super) fn duration(length: Millis) -> Duration {
    Duration::from_millis(u64::try_from(length.get()).unwrap_or_default())
}

/// An address to listen at.
pub(super) fn address(value: &Value) -> Read<SocketAddr> {
    let accepted = "an IP address and a port, such as `127.0.0.1:7070` or `[::1]:7070`";
    let Some(text) = value.text() else { return Err(wrong(value, accepted)) };
    text.parse().map_err(|_| wrong(value, accepted))
}

/// The path of a file.
pub(super) fn path(value: &Value) -> Read<PathBuf> {
    let accepted = "the path of a file; `~` and variables are not expanded";
    match value {
        Value::Text(text) if !text.is_empty() && !text.starts_with('~') && !text.contains('\0') => {
            Ok(PathBuf::from(text))
        }
        other => Err(wrong(other, accepted)),
    }
}

/// One of some words.
pub(super) fn word<T: Copy>(words: &'static [(&'static str, T)]) -> impl Fn(&Value) -> Read<T> {
    move |value| {
        let found =
            value.text().and_then(|text| words.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)));
        found
            .map(|(_, meaning)| *meaning)
            .ok_or_else(|| wrong(value, one_of(words.iter().map(|(word, _)| *word))))
    }
}

/// Names as a message lists them.
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// The word that takes a setting away again, such as the listener or an outer level's quiet hours.
pub(super) fn is_none_word(value: &Value) -> bool {
    value.text() == Some("none")
}

/// A value, or `none`.
pub(super) fn or_none<T>(read: impl Fn(&Value) -> Read<T>) -> impl Fn(&Value) -> Read<Option<T>> {
    move |value| {
        if is_none_word(value) {
            return Ok(None);
        }
        read(value).map(Some).map_err(|Wrong { wrong, accepted }| Wrong::new(wrong, accepted + "; or `none`"))
    }
}

/// A message category.
pub(super) fn category(value: &Value) -> Read<Category> {
    let known = value.text().and_then(Category::from_word);
    known.ok_or_else(|| wrong(value, one_of(Category::ALL.map(Category::word))))
}

/// A category that templates have.
pub(super) fn template_category(value: &Value) -> Read<Category> {
    let templates = || Category::ALL.into_iter().filter(|category| *category != Category::Service);
    match category(value) {
        Ok(category) if category != Category::Service => Ok(category),
        Ok(_) | Err(_) => Err(wrong(value, one_of(templates().map(Category::word)))),
    }
}

/// An instant: RFC 3339, or a date for its midnight in UTC.
pub(super) fn time(value: &Value) -> Read<Time> {
    let accepted = "a time from 1970 on, such as `2025-04-01T00:00:00Z`, or a date (midnight UTC)";
    let Some(text) = value.text() else { return Err(wrong(value, accepted)) };
    let timestamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date = text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == "2025-04-01".len())?;
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|midnight| midnight.timestamp())
    });
    let time = timestamp.and_then(|timestamp| Time::from_millis(timestamp.as_millisecond()));
    time.ok_or_else(|| wrong(value, accepted))
}

/// A time of day, as minutes after midnight.
pub(super) fn time_of_day(value: &Value) -> Read<u16> {
    let accepted = "a time of day from `00:00` to `23:59`";
    let Some(text) = value.text() else { return Err(wrong(value, accepted)) };
    let minutes = text.split_once(':').and_then(|(hours, minutes)| {
        let part = |digits: &str, below: u16| {
            let two = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|number| two && *number < below)
        };
        Some(part(hours, 24)? * 60 + part(minutes, 60)?)
    });
    minutes.ok_or_else(|| wrong(value, accepted))
}

/// A time zone.
pub(super) fn time_zone(value: &Value) -> Read<jiff::tz::TimeZone> {
    let accepted = "an IANA time zone, such as `America/Sao_Paulo`";
    let Some(text) = value.text() else { return Err(wrong(value, accepted)) };
    jiff::tz::TimeZone::get(text).map_err(|_| wrong(value, accepted))
}

/// Text that a type of the vocabulary reads itself, with its own words on what it accepts.
pub(super) fn parsed<T, E: std::fmt::Display>(
    parse: impl Fn(&str) -> Result<T, E>,
) -> impl Fn(&Value) -> Read<T> {
    move |value| match value {
        Value::Text(text) => parse(text).map_err(|error| wrong(value, accepted_by(&error))),
        // Phone numbers and their IDs are digits: without quotes, YAML takes them for numbers.
        Value::Integer(number) => {
            parse(&number.to_string()).map_err(|error| wrong(value, accepted_by(&error)))
        }
        other => Err(wrong(other, "text, in quotes when it is a number")),
    }
}

/// Errors of the vocabulary begin with "must be"; what follows is what is accepted.
fn accepted_by(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.strip_prefix("must be ").map_or_else(|| "not empty".to_owned(), ToOwned::to_owned)
}
