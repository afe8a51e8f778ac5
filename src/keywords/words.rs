//! The built-in words, by language.
//!
//! Sources are the keyword lists of messaging providers and of public opt-out code, completed with the ordinary
//! equivalents. Words are written as people write them; folding happens when the table is compiled.

mod asia;
mod europe;
mod middle_east;
mod south_asia;

/// The words of one language, parted by commas.
#[derive(Debug)]
pub(super) struct Language {
    /// BCP 47 tag.
    pub(super) tag: &'static str,
    /// Unequivocal: stop everything.
    pub(super) opt_out: &'static str,
    /// Stop everything when alone, but of so many other uses that anything beside them makes the meaning open.
    pub(super) opt_out_bare: &'static str,
    /// May be a refusal.
    pub(super) ambiguous: &'static str,
    /// Asks to be subscribed.
    pub(super) opt_in: &'static str,
    /// A bare yes, to whatever was asked.
    pub(super) yes: &'static str,
    /// A yes too, where something was asked; else it only says that something was read.
    pub(super) okay: &'static str,
    /// A bare no.
    pub(super) no: &'static str,
    /// Says nothing about consent and is dropped at either end: greetings, thanks, please, urgency.
    pub(super) courtesy: &'static str,
}

/// The single words and phrases of a list.
pub(super) fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// All languages.
pub(super) fn languages() -> impl Iterator<Item = &'static Language> {
    [europe::LANGUAGES, middle_east::LANGUAGES, south_asia::LANGUAGES, asia::LANGUAGES].into_iter().flatten()
}

/// Words that differ from a built-in one by an accent alone and mean something else. They are looked at before the
/// accent goes: reading Vietnamese "đúng" (right) as "dừng" (stop) would turn a yes into an opt-out, and Portuguese
/// "já" (already) as German "ja" would turn a remark into an opt-in, and so would Polish "co" (what) read as
/// Vietnamese "có" (yes), or Arabic "أبدا" (never) as "ابدأ" (begin). Short vowels and tanwin are not looked at here either.
pub(super) const TOLD_BY_ACCENT: [(&str, Accented); 6] = [
    ("đúng", Accented::Okay),
    ("đúng rồi", Accented::Okay),
    ("có", Accented::Yes),
    ("já", Accented::Nothing),
    ("ابدأ", Accented::OptIn),
    ("أبدا", Accented::No),
];

/// What a word of [`TOLD_BY_ACCENT`] means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accented {
    /// A yes, whether or not something was asked.
    Yes,
    /// A yes where something was asked.
    Okay,
    OptIn,
    No,
    Nothing,
}

/// What is put before or after a word without a space in Chinese, Japanese, Korean and Thai to make it polite.
pub(super) const POLITE_PREFIXES: [&str; 14] = [
    "กรุณา",
    "โปรด",
    "ช่วย",
    "ขอ",
    "请帮我",
    "請幫我",
    "请",
    "請",
    "麻烦",
    "麻煩",
    "你好",
    "您好",
    "すみません",
    "저기요",
];
/// See [`POLITE_PREFIXES`].
pub(super) const POLITE_SUFFIXES: [&str; 20] = [
    "ครับ",
    "ค่ะ",
    "คะ",
    "นะ",
    "ด้วย",
    "ขอบคุณ",
    "谢谢",
    "謝謝",
    "吧",
    "一下",
    "をお願いします",
    "お願いします",
    "してください",
    "して下さい",
    "ください",
    "です",
    "해주세요",
    "부탁드립니다",
    "부탁해요",
    "입니다",
];
