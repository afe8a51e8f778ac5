//! YAML as a tree in which every value knows where it was given. Nothing here knows any setting.

use std::{fmt, sync::Arc};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, NonFiniteFloatPolicy, SnippetMode, Spanned, UserMessageFormatter};

use super::errors::{Origin, Wrong};

/// The largest file that is read: generous for ten thousand senders, small enough to refuse a wrong file at once.
const FILE_BYTES_MAX: usize = 16 << 20;
/// The deepest nesting; the settings need nine levels.
const DEPTH_MAX: usize = 32;

/// A value and where it was given.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Left empty; the same as not given.
    Null,
    Flag(bool),
    Integer(i128),
    Fraction(f64),
    Text(String),
    List(Vec<Node>),
    /// In the order of the source, with duplicate keys, so that all of them can be reported.
    Map(Vec<(String, Node)>),
}

impl Value {
    /// The text, without blanks around it.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            Self::Null
            | Self::Flag(_)
            | Self::Integer(_)
            | Self::Fraction(_)
            | Self::List(_)
            | Self::Map(_) => None,
        }
    }
}

/// What the parser gives: values with their places, still without the name of the source.
enum Raw {
    Scalar(Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(String, Spanned<Raw>)>),
}

/// Reads the text of a file.
pub(super) fn parse_file(name: &Arc<str>, text: &str) -> Result<Node, (Origin, Wrong)> {
    let at = |line, column| Origin::File { name: Arc::clone(name), line, column };
    if text.len() > FILE_BYTES_MAX {
        let wrong = Wrong::new(format!("is {} bytes long", text.len()), "up to 16 MiB of YAML");
        return Err((at(0, 0), wrong));
    }
    match parse(text) {
        Ok(raw) => Ok(place(raw, &|line| at(line, 0))),
        Err((line, column, wrong)) => Err((at(line, column), wrong)),
    }
}

/// Reads YAML given in one value, such as an environment variable's.
pub(super) fn parse_inline(text: &str, origin: &Origin) -> Result<Node, Wrong> {
    match parse(text) {
        Ok(raw) => Ok(place(raw, &|_| origin.clone())),
        Err((_, _, wrong)) => Err(wrong),
    }
}

fn parse(text: &str) -> Result<Spanned<Raw>, (u64, u64, Wrong)> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEPTH_MAX, max_documents: 2 },
        // Passed on, so that every duplicate is reported, not only the first.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // `no` is Norwegian and `yes` an operation; only true and false are flags.
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        // An unquoted text that begins with `!` would otherwise be taken for a tag, and so for nothing at all.
        reject_unsupported_tags: true,
        // Refused later like every number with a fraction; the parser's message would show it, and it may be a secret
        // such as 9e999.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        // The lines around a mistake may hold secrets.
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = format!("cannot be read as YAML: {}", describe(&error));
        (line, column, Wrong::new(message, "one YAML document"))
    })
}

/// The parser's message without the place, which the origin says already, and without text of the source.
fn describe(error: &serde_saphyr::Error) -> String {
    if matches!(error, serde_saphyr::Error::UnsupportedTag { .. }) {
        return "unsupported tag; quote texts that begin with `!`".to_owned();
    }
    let message = error.render_with_options(serde_saphyr::render_options! {
        formatter: &UserMessageFormatter,
        snippets: SnippetMode::Off,
    });
    match message.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => message,
    }
}

fn place(raw: Spanned<Raw>, at: &impl Fn(u64) -> Origin) -> Node {
    let origin = at(raw.referenced.line());
    let value = match raw.value {
        Raw::Scalar(value) => value,
        Raw::List(items) => Value::List(items.into_iter().map(|item| place(item, at)).collect()),
        Raw::Map(fields) => {
            Value::Map(fields.into_iter().map(|(key, field)| (key, place(field, at))).collect())
        }
    };
    Node { value, origin }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Flag(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Integer(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Integer(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Fraction(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(field) = fields.next_entry()? {
            map.push(field);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Node, (Origin, Wrong)> {
        parse_file(&"x.yaml".into(), text)
    }

    #[test]
    fn every_value_knows_its_line() {
        let Value::Map(fields) = file("a: 1\nb:\n  - no\n  - 2.5\n").unwrap().value else { panic!("no map") };
        assert_eq!(fields[0].1.origin.to_string(), "x.yaml:1");
        let Value::List(items) = &fields[1].1.value else { panic!("no list") };
        assert_eq!(items[0].value, Value::Text("no".to_owned()), "Norwegian, not a flag");
        assert_eq!(items[1].value, Value::Fraction(2.5));
        assert_eq!(items[1].origin.to_string(), "x.yaml:4");
    }

    #[test]
    fn syntax_errors_name_line_and_column_but_show_no_text_of_the_file() {
        let (origin, wrong) = file("webhook:\n  verify_token: \"hunter2\n  x: [\n").unwrap_err();
        assert!(origin.to_string().starts_with("x.yaml:"), "{origin}");
        assert!(origin.to_string().matches(':').count() == 2, "{origin}");
        assert!(!wrong.wrong.contains("hunter2"), "{}", wrong.wrong);
    }

    #[test]
    fn an_empty_file_is_an_empty_tree() {
        for text in ["", "\n", "# nothing\n", "---\n"] {
            assert_eq!(file(text).unwrap().value, Value::Null, "{text:?}");
        }
    }

    #[test]
    fn nesting_alias_bombs_and_second_documents_are_refused() {
        let bomb = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
            let below = level - 1;
            let aliases = vec![format!("*a{below}"); 10].join(", ");
            format!("{text}a{level}: &a{level} [{aliases}]\n")
        });
        for text in ["[".repeat(200).as_str(), &bomb, "a: 1\n---\nb: 2\n", &" ".repeat(FILE_BYTES_MAX + 1)] {
            assert!(file(text).is_err());
        }
    }
}
