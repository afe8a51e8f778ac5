//! Numbers as a row of bars, one character each.

/// What bars are drawn with: nothing, then the lowest to the highest.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The same where only ASCII can be shown.
const ASCII: [char; 9] = [' ', '.', ':', '-', '=', '+', '*', '#', '@'];

/// One bar for each number, the greatest being full; what is more than nothing is never drawn as nothing.
pub(super) fn bars(numbers: &[f64], unicode: bool) -> String {
    let set = if unicode { BARS } else { ASCII };
    let most = numbers.iter().copied().fold(0.0, f64::max);
    numbers.iter().filter_map(|number| set.get(height(*number, most)).copied()).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 8")]
fn height(number: f64, most: f64) -> usize {
    if number > 0.0 { (number / most * 8.0).ceil().clamp(1.0, 8.0) as usize } else { 0 }
}

/// Whether what is written to a terminal may be more than ASCII, as the environment says.
pub(super) fn speaks_unicode(terminal: bool) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    terminal && set.into_iter().find(|value| !value.is_empty()).is_some_and(|value| is_utf8(&value))
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.ends_with("utf-8") || locale.ends_with("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_to_scale_and_a_little_is_not_nothing() {
        assert_eq!(bars(&[0.0, 1.0, 40.0, 80.0], true), " ▁▄█");
        assert_eq!(bars(&[0.0, 1.0, 40.0, 80.0], false), " .=@");
        assert_eq!(bars(&[0.0; 3], true), "   ");
        assert_eq!(bars(&[], true), "");
    }

    #[test]
    fn a_locale_says_whether_it_is_unicode() {
        assert!(is_utf8("en_US.UTF-8") && is_utf8("C.utf8"));
        assert!(!is_utf8("C") && !is_utf8("de_DE.ISO-8859-1"));
        assert!(!speaks_unicode(false));
    }
}
