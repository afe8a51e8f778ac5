//! National numbers as people write them behind a calling code, with the digit that is dialled inside the country only.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::variants;

/// How national numbers are written, from libphonenumber; its first lines say how.
pub(super) static SOURCE: &str = include_str!("plans.tsv");

static PLANS: LazyLock<Vec<(u64, Plan)>> = LazyLock::new(|| {
    let lines = SOURCE.lines().filter(|line| !line.starts_with('#'));
    let mut plans: Vec<_> = lines.filter_map(parse).flatten().collect();
    plans.sort_unstable_by_key(|(code, _)| *code);
    plans
});

/// Digits of the longest calling code.
const CODE_DIGITS_MAX: usize = 3;
/// Digits of a number in Russia with the 8 that is dialled before it.
const RUSSIAN_DIGITS: usize = 11;

/// The national numbers of one calling code.
#[derive(Clone, Debug)]
struct Plan {
    /// Numbers may begin with a zero that is part of them.
    zero: bool,
    /// What is dialled before a number inside the country only, the longest first.
    trunk: Vec<&'static str>,
    lengths: Vec<usize>,
}

fn parse(line: &'static str) -> Option<impl Iterator<Item = (u64, Plan)>> {
    let mut parts = line.split('\t');
    let (zero, trunk, lengths, codes) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let mut trunk: Vec<_> = trunk.split(' ').filter(|prefix| *prefix != "-").collect();
    trunk.sort_unstable_by_key(|prefix| std::cmp::Reverse(prefix.len()));
    let lengths = lengths.split(' ').filter_map(|length| length.parse().ok()).collect();
    let plan = Plan { zero: zero == "zero", trunk, lengths };
    Some(codes.split(' ').filter_map(|code| code.parse().ok()).map(move |code| (code, plan.clone())))
}

fn plan(code: u64) -> Option<&'static Plan> {
    let at = PLANS.binary_search_by_key(&code, |(known, _)| *known).ok()?;
    PLANS.get(at).map(|(_, plan)| plan)
}

/// The calling code of a number, its national part and how that is written. No calling code begins with another.
fn split(digits: &str) -> Option<(&str, &str, &'static Plan)> {
    (1..=CODE_DIGITS_MAX).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        Some((code, national, plan(code.parse().ok()?)?))
    })
}

impl Plan {
    fn fits(&self, national: &str) -> bool {
        self.lengths.contains(&national.len()) && (self.zero || !national.starts_with('0'))
    }
}

/// True where a number may begin with a zero that is part of it.
pub(super) fn keeps_leading_zero(code: u64) -> bool {
    plan(code).is_some_and(|plan| plan.zero)
}

/// The number as it is dialled from anywhere.
pub(super) fn international(digits: &str) -> Option<Cow<'_, str>> {
    // 89 is no calling code: a Russian mobile number as it is dialled there.
    if let Some(national) = digits.strip_prefix('8').filter(|rest| rest.starts_with('9'))
        && digits.len() == RUSSIAN_DIGITS
    {
        return Some(Cow::Owned(format!("7{national}")));
    }
    let Some((code, national, plan)) = split(digits) else { return Some(Cow::Borrowed(digits)) };
    if plan.fits(national) {
        return Some(Cow::Borrowed(digits));
    }
    let without = plan.trunk.iter().find_map(|prefix| {
        let whole = format!("{code}{}", national.strip_prefix(prefix)?);
        // Some have another mark in them still, such as the 15 of Argentina.
        let folded = variants::canonical(whole.parse().ok()?).to_string();
        plan.fits(folded.strip_prefix(code)?).then_some(whole)
    });
    let is_none = national.starts_with('0') && !plan.zero;
    without.map(Cow::Owned).or_else(|| (!is_none).then_some(Cow::Borrowed(digits)))
}
