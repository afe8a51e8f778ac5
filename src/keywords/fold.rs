//! From what a person typed to folded words, in bounded work.
//!
//! Two texts that a reader would call the same word fold to the same string: case, width, accents, Arabic letter
//! forms, invisible characters and emoji do not count. Vowel signs and viramas of Indic scripts do count, since
//! without them the words are no words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::forms::without_repeats;
use super::lookalikes::{plain, small_capital, unmixed};

/// Longest text that is looked at, in characters: the platform's own limit for a text message.
pub(super) const MAX_CHARS: usize = 4096;
/// Most words a statement about consent can have; repetitions of the same word count once.
pub(super) const MAX_TOKENS: usize = 32;
/// Characters read of the end of a longer text.
const MAX_END_CHARS: usize = 512;
/// Longest decoration after the text that is looked at.
const MAX_DECORATION: usize = 65_536;

/// Stretch of words between two punctuation marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Clause {
    /// The folded words, without neighbouring repetitions.
    pub(super) tokens: Vec<String>,
    /// Whether a question mark ended it.
    pub(super) question: bool,
}

/// What one folded character does to the word being built.
enum Kind {
    Letter,
    Invisible,
    Apostrophe,
    Hyphen,
    Space,
    Question,
    Break,
}

/// What is read of a message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// All of it, or its beginning as far as the limits go.
    pub(super) start: Vec<Clause>,
    /// Its end, where the limits leave something out.
    pub(super) end: Option<Vec<Clause>>,
}

/// Stands for words that are left out: no word of any list, so that what is read of a message that is cut is never
/// taken for all of it.
pub(super) const LEFT_OUT: &str = "\u{2026}";

/// Folds a text and cuts it into clauses, within the limits.
pub(super) fn message(text: &str) -> Message {
    let text = text.trim();
    // Only the first characters are ever counted, so that the size of the text does not matter.
    let limit = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
    let (first, rest) = text.split_at_checked(limit).unwrap_or((text, ""));
    let (mut start, unfinished) = fold(first);
    if !has_letters(rest) {
        return match words(&start) > MAX_TOKENS {
            false => Message { start, end: None },
            true => Message { end: Some(end_of(&start)), start: start_of(start) },
        };
    }
    let last = if unfinished { start.pop() } else { None };
    let mut tokens = last.map(|clause| clause.tokens).unwrap_or_default();
    // The last word may have been cut.
    tokens.pop();
    tokens.push(LEFT_OUT.to_owned());
    start.push(Clause { tokens, question: false });
    let from = text.char_indices().rev().nth(MAX_END_CHARS).map_or(0, |(at, _)| at);
    let (mut end, _) = fold(text.get(from..).unwrap_or(rest));
    // So may its first.
    if let Some(word) = end.first_mut().and_then(|clause| clause.tokens.first_mut()) {
        LEFT_OUT.clone_into(word);
    }
    Message { start: start_of(start), end: Some(end_of(&end)) }
}

/// The clauses of a text, and whether the last of them goes on.
fn fold(text: &str) -> (Vec<Clause>, bool) {
    let mut folder = Folder::default();
    for c in plain(text).nfkd() {
        folder.push(c);
    }
    let unfinished = !(folder.token.is_empty() && folder.clause.tokens.is_empty());
    folder.end_clause();
    (folder.clauses, unfinished)
}

/// Whether a text has more than marks and emoji.
fn has_letters(text: &str) -> bool {
    text.chars().take(MAX_DECORATION).any(char::is_alphanumeric) || text.chars().nth(MAX_DECORATION).is_some()
}

fn words(clauses: &[Clause]) -> usize {
    clauses.iter().map(|clause| clause.tokens.len()).sum()
}

/// The clauses as far as the limit of words goes.
fn start_of(clauses: Vec<Clause>) -> Vec<Clause> {
    if words(&clauses) <= MAX_TOKENS {
        return clauses;
    }
    let mut left = MAX_TOKENS;
    let mut start = Vec::new();
    for mut clause in clauses {
        let whole = clause.tokens.len() <= left;
        clause.tokens.truncate(left);
        left -= clause.tokens.len();
        if whole {
            start.push(clause);
            continue;
        }
        clause.tokens.push(LEFT_OUT.to_owned());
        start.push(Clause { question: false, ..clause });
        break;
    }
    start
}

/// The clauses from the end as far as the limit of words goes.
fn end_of(clauses: &[Clause]) -> Vec<Clause> {
    let mut left = MAX_TOKENS;
    let mut end = Vec::new();
    for clause in clauses.iter().rev() {
        let out = clause.tokens.len().saturating_sub(left);
        let kept = clause.tokens.iter().skip(out).cloned();
        let mark = (out > 0).then(|| LEFT_OUT.to_owned());
        end.push(Clause { tokens: mark.into_iter().chain(kept).collect(), question: clause.question });
        left = left.saturating_sub(clause.tokens.len());
        if out > 0 {
            break;
        }
    }
    end.reverse();
    end
}

/// The clauses of a text that is within the limits.
pub(super) fn clauses(text: &str) -> Option<Vec<Clause>> {
    let message = message(text);
    message.end.is_none().then_some(message.start)
}

/// The folded words of a text as one string, as the word tables are keyed; empty when nothing is left.
pub(super) fn key(text: &str) -> Option<String> {
    let clauses = clauses(text)?;
    Some(join(clauses.iter().flat_map(|clause| &clause.tokens)))
}

/// Joins words by a space, or by nothing where a word of a script written without reliable spaces is among them.
pub(super) fn join<'a>(tokens: impl Iterator<Item = &'a String> + Clone) -> String {
    let space = if tokens.clone().any(|token| token.chars().any(is_cjk)) { "" } else { " " };
    let mut joined = String::new();
    for token in tokens {
        if !joined.is_empty() {
            joined.push_str(space);
        }
        joined.push_str(token);
    }
    joined
}

/// Whether the character belongs to Chinese, Japanese or Korean writing.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether the character belongs to a writing that puts polite words on without a space.
pub(super) fn is_unspaced(c: char) -> bool {
    is_cjk(c) || matches!(c, '\u{e00}'..='\u{e7f}')
}

/// State of the fold.
#[derive(Default)]
struct Folder {
    clauses: Vec<Clause>,
    clause: Clause,
    token: String,
    after_space: bool,
}

impl Folder {
    fn push(&mut self, decomposed: char) {
        let mut space = false;
        for c in decomposed.to_lowercase() {
            match kind(c) {
                Kind::Letter => push_letter(&mut self.token, c),
                Kind::Invisible => {}
                Kind::Apostrophe => {
                    if ELIDED.contains(&self.token.as_str()) {
                        self.end_token();
                    }
                }
                Kind::Hyphen => {
                    self.end_token();
                    if self.after_space {
                        self.end_clause();
                    }
                }
                Kind::Space => {
                    self.end_token();
                    space = true;
                }
                Kind::Question => {
                    self.end_token();
                    self.mark_question();
                    self.end_clause();
                }
                Kind::Break => self.end_clause(),
            }
        }
        self.after_space = space;
    }

    fn end_token(&mut self) {
        if self.token.is_empty() {
            return;
        }
        // Kana and Hangul were taken apart with everything else; what was kept goes together again.
        let token = unmixed(std::mem::take(&mut self.token).nfc().collect());
        if self.clause.tokens.last() != Some(&token) {
            self.clause.tokens.push(token);
        }
    }

    fn mark_question(&mut self) {
        // In "what!?" the clause is closed before the question mark comes.
        let open = !self.clause.tokens.is_empty();
        if let Some(clause) = if open { Some(&mut self.clause) } else { self.clauses.last_mut() } {
            clause.question = true;
        }
    }

    fn end_clause(&mut self) {
        self.end_token();
        if self.clause.tokens.is_empty() {
            return;
        }
        let mut clause = std::mem::take(&mut self.clause);
        if clause.tokens.len() > MAX_TOKENS {
            without_repeats(&mut clause.tokens);
        }
        match self.clauses.last_mut() {
            Some(last) if last.tokens == clause.tokens => {
                last.question |= clause.question;
            }
            _ => self.clauses.push(clause),
        }
    }
}

/// Words that lose their vowel before another: the apostrophe after them parts two words ("n'envoyez"), whereas
/// elsewhere it stands inside one ("don't").
const ELIDED: [&str; 17] = [
    "l", "d", "m", "n", "s", "j", "t", "c", "qu", "dell", "all", "dall", "nell", "sull", "un", "quest",
    "jusqu",
];

fn kind(c: char) -> Kind {
    match c {
        '\'' => Kind::Apostrophe,
        '-' | '\u{2010}' | '\u{2011}' => Kind::Hyphen,
        '?' | '\u{61f}' | '\u{55e}' | '\u{1367}' => Kind::Question,
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => Kind::Break,
        // Marks of emphasis and quotation say nothing about where a sentence ends.
        '*' | '_' | '~' | '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => Kind::Space,
        _ if is_invisible(c) || is_stripped_mark(c) => Kind::Invisible,
        _ if c.is_whitespace() => Kind::Space,
        _ if c.is_alphanumeric() || is_combining_mark(c) => Kind::Letter,
        _ => Kind::Break,
    }
}

/// Characters without a shape of their own, which phones and web pages slip into texts.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Accents, Arabic short vowels and hamza carriers, the Arabic elongation stroke, Hebrew points.
fn is_stripped_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}'
        | '\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}' | '\u{6e7}' | '\u{6e8}' | '\u{6ea}'..='\u{6ed}')
}

/// Adds a lower-case letter, written the way the tables have it.
fn push_letter(token: &mut String, c: char) {
    match c {
        // Letters whose stroke or ligature is no combining mark, so decomposition leaves them alone.
        'ß' => token.push_str("ss"),
        'æ' => token.push_str("ae"),
        'œ' => token.push_str("oe"),
        'ı' => token.push('i'),
        'ø' => token.push('o'),
        'đ' | 'ð' => token.push('d'),
        'ł' => token.push('l'),
        'ς' => token.push('σ'),
        // Arabic keyboards of different countries: alef wasla, alef maksura and Farsi yeh, keheh, teh marbuta.
        'ٱ' => token.push('ا'),
        'ى' | 'ی' => token.push('ي'),
        'ک' => token.push('ك'),
        'ة' => token.push('ه'),
        _ => token.push(small_capital(c).unwrap_or(c)),
    }
}
