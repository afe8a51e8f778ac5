//! From bytes to JSON.

use serde_json::Value;

use super::PayloadError;

/// Parses a body.
///
/// Texts are cut by machines, in the middle of a character or of a pair of `\u` escapes. One such text must not cost
/// the other items of its batch, so what is not a character is replaced by U+FFFD: harmless in what people wrote, and
/// an ID or number that is hit fails alone.
pub(super) fn parse(body: &[u8]) -> Result<Value, PayloadError> {
    let text = String::from_utf8_lossy(body);
    // Some relays write a byte order mark before it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(&mended(text)))
        .map_err(|_| PayloadError::NotJson)
}

/// The same JSON with `\ufffd` for every escaped half of a surrogate pair whose other half is missing.
fn mended(json: &str) -> String {
    /// `uXXXX`.
    const UNIT: usize = 5;
    /// `uXXXX\uXXXX`.
    const PAIR: usize = 11;
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    // A backslash stands only in strings and only before an escape, so that no other syntax has to be understood.
    while let Some((before, escape)) = rest.split_once('\\') {
        out.push_str(before);
        let second = || escape.get(UNIT..).and_then(|next| next.strip_prefix('\\')).and_then(unit);
        let (length, whole) = match unit(escape) {
            Some(0xd800..=0xdbff) if matches!(second(), Some(0xdc00..=0xdfff)) => (PAIR, true),
            Some(0xd800..=0xdfff) => (UNIT, false),
            _ => (escape.chars().next().map_or(0, char::len_utf8), true),
        };
        let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        out.push('\\');
        out.push_str(if whole { escape } else { "ufffd" });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The code unit of `uXXXX`, what follows a backslash.
fn unit(escape: &str) -> Option<u16> {
    u16::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_halves_of_pairs_are_replaced_and_whole_pairs_kept() {
        for (json, text) in [
            (r#""\ud83d\ude00""#, "😀"),
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""\ude00b""#, "\u{fffd}b"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\\ud83d""#, r"\ud83d"),
            (r#""\ud83d\n\"\u0041""#, "\u{fffd}\n\"A"),
            (r#""é\ud83dé""#, "é\u{fffd}é"),
        ] {
            assert_eq!(serde_json::from_str::<String>(&mended(json)).unwrap(), text, "{json}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(parse(b"\xef\xbb\xbf{}"), parse(b"{}"));
        assert!(parse(b"\xef\xbb\xbf{}").is_ok());
    }

    #[test]
    fn what_is_not_an_escape_at_all_stays_wrong() {
        for json in ["\"\\", "\"\\u", "\"\\ud8", "\"\\ud83d", "\"\\ud83d\\", "\\é", "\"\\ud83d\\u\""] {
            assert_eq!(parse(json.as_bytes()), Err(PayloadError::NotJson), "{json}");
        }
    }
}
