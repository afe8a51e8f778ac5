//! What one inbound message says about consent.
//!
//! A message counts as a keyword only as a whole: after folding, and after punctuation, emoji and courtesy words at
//! its ends are gone, it must equal a word or phrase of the lists. A keyword inside a sentence proves nothing
//! ("stop by the shop", "como parar a dor"). People who refuse in a sentence of their own are read by a small
//! matcher of verbs and objects; where it is not sure, the answer is that a person should look.

mod edges;
mod fold;
mod forms;
mod frames;
mod lookalikes;
mod loose;
mod phrases;
mod table;
mod words;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use fold::Clause;
use forms::{impolite, once, squeeze, undisguised};
use phrases::Verdict;
use table::{Entry, trimmed, without_courtesies};
use unicode_normalization::UnicodeNormalization;
use words::Accented;

/// Longest additional word, in characters after folding.
pub const MAX_EXTRA_CHARS: usize = 80;
/// Longest number that can follow a keyword as a code ("STOP 12345").
const MAX_CODE_DIGITS: usize = 8;
/// Shortest number that is certainly a code; "stop 2" may be the second stop of a bus.
const MIN_CODE_DIGITS: usize = 3;

/// What one inbound message says about consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Nothing about consent.
    None,
    /// Unequivocal: stop everything.
    OptOut {
        /// The folded word or phrase that matched.
        keyword: String,
    },
    /// May be a refusal: hold marketing and let a person look.
    Ambiguous {
        /// The folded word or phrase that matched.
        keyword: String,
    },
    /// A word that opts in by itself in the right context (START, UNSTOP, SUBSCRIBE, ALTA).
    OptIn {
        /// The folded word or phrase that matched.
        keyword: String,
    },
    /// A bare yes: only means something as the answer to a question.
    Yes {
        /// The folded word or phrase that matched.
        keyword: String,
    },
    /// A bare no: only means something as the answer to an open opt-in prompt.
    No {
        /// The folded word or phrase that matched.
        keyword: String,
    },
}

/// What a word of a list stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Stop everything.
    OptOut,
    /// May be a refusal.
    Ambiguous,
    /// Subscribe.
    OptIn,
    /// A bare yes.
    Yes,
    /// A bare no.
    No,
}

impl Operation {
    fn intent(self, keyword: String) -> Intent {
        match self {
            Self::OptOut => Intent::OptOut { keyword },
            Self::Ambiguous => Intent::Ambiguous { keyword },
            Self::OptIn => Intent::OptIn { keyword },
            Self::Yes => Intent::Yes { keyword },
            Self::No => Intent::No { keyword },
        }
    }
}

/// One additional word of an operator's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraWord {
    /// Language tag, for the operator's own order and for messages; it does not restrict where the word matches.
    pub language: String,
    /// What the word stands for.
    pub operation: Operation,
    /// The word or short phrase, in any case and dress.
    pub text: String,
}

/// Why an additional word was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeywordError {
    /// Nothing of the word is left after folding.
    #[error("keyword {text:?} ({language}) has no letters or digits")]
    Empty {
        /// Language tag of the refused word.
        language: String,
        /// The refused word.
        text: String,
    },
    /// The word is longer than a keyword may be.
    #[error("keyword ({language}) starting with {start:?} is longer than {MAX_EXTRA_CHARS} characters")]
    TooLong {
        /// Language tag of the refused word.
        language: String,
        /// Its first characters.
        start: String,
    },
    /// The word belongs to another operation already; one word belongs to one operation.
    #[error("keyword {text:?} ({language}) cannot mean {wanted:?}: it already means {existing:?}")]
    Conflict {
        /// Language tag of the refused word.
        language: String,
        /// The refused word.
        text: String,
        /// The operation asked for.
        wanted: Operation,
        /// The operation the word belongs to.
        existing: Operation,
    },
}

/// Compiled lists: the built-in ones plus additions. Built-in words cannot be removed or reassigned.
#[derive(Debug, Clone, Default)]
pub struct Keywords {
    /// Shared by all senders that add the same words.
    extras: Arc<HashMap<String, Operation>>,
    /// The folded words of each name of the business.
    names: Vec<Vec<String>>,
}

/// Every built-in word as (language tag, operation, word), for documentation and for showing an operator.
pub fn builtin_words() -> impl Iterator<Item = (&'static str, Operation, &'static str)> {
    words::languages().flat_map(|language| {
        let tagged =
            move |(list, operation, _)| words::entries(list).map(move |word| (language.tag, operation, word));
        table::lists(language).into_iter().flat_map(tagged)
    })
}

/// The folded words that say yes in one language and are in the lists or the vocabulary of another with another meaning.
#[cfg(test)]
pub(crate) fn yes_words_of_other_uses() -> Vec<String> {
    let key = |word: &str| fold::key(word).unwrap_or_default();
    let has = |list: &'static str, word: &str| words::entries(list).any(|other| key(other) == word);
    let yes = words::languages().flat_map(|language| words::entries(language.yes).map(key));
    let mut clashes: Vec<String> = yes
        .filter(|word| {
            words::languages().filter(|language| !has(language.yes, word)).any(|language| {
                let listed = table::lists(language)
                    .into_iter()
                    .any(|(list, operation, _)| operation != Operation::Yes && has(list, word));
                listed || has(language.courtesy, word) || phrases::is_in_the_vocabulary_of(language.tag, word)
            })
        })
        .collect();
    clashes.dedup();
    clashes
}

/// One list entry found for some words of a message.
#[derive(Debug, Clone)]
struct Hit {
    keyword: String,
    operation: Operation,
    bare: bool,
    /// A number stood after the word and was dropped.
    code: Code,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    None,
    Short,
    Long,
}

impl Keywords {
    /// The built-in lists alone.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// The built-in lists and additions.
    ///
    /// # Errors
    /// Everything that is wrong, at once: a word that is empty after folding, too long, or belongs already to another
    /// operation.
    pub fn with_extras(extras: &[ExtraWord]) -> Result<Self, Vec<KeywordError>> {
        let mut keywords = Self::builtin();
        let mut errors = Vec::new();
        for extra in extras {
            if let Err(error) = keywords.add(extra) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(keywords) } else { Err(errors) }
    }

    /// The same without those that are wrong.
    #[must_use]
    pub fn with_what_fits(extras: &[ExtraWord]) -> Self {
        let mut keywords = Self::builtin();
        for extra in extras {
            // Told where the configuration is read.
            let _ = keywords.add(extra);
        }
        keywords
    }

    /// The same, knowing the names of the business: "STOP Acme Shoes" may be a refusal.
    #[must_use]
    pub fn naming(mut self, names: &[String]) -> Self {
        let words = |name: &String| -> Vec<String> {
            fold::clauses(name).into_iter().flatten().flat_map(|clause| clause.tokens).collect()
        };
        self.names = names.iter().map(words).filter(|words: &Vec<String>| !words.is_empty()).collect();
        self
    }

    fn add(&mut self, extra: &ExtraWord) -> Result<(), KeywordError> {
        let language = extra.language.clone();
        let key = fold::key(&extra.text).filter(|key| key.chars().nth(MAX_EXTRA_CHARS).is_none());
        let Some(key) = key else {
            return Err(KeywordError::TooLong {
                language,
                start: extra.text.chars().take(MAX_EXTRA_CHARS).collect(),
            });
        };
        let text = extra.text.clone();
        if key.is_empty() {
            return Err(KeywordError::Empty { language, text });
        }
        match self.entry(&key) {
            Some(entry) if entry.operation != extra.operation => Err(KeywordError::Conflict {
                language,
                text,
                wanted: extra.operation,
                existing: entry.operation,
            }),
            Some(_) => Ok(()),
            None => {
                Arc::make_mut(&mut self.extras).insert(key, extra.operation);
                Ok(())
            }
        }
    }

    /// Reads one message. Work is bounded whatever the length of the text: of a long one the beginning and the end are
    /// read.
    pub fn read(&self, text: &str) -> Intent {
        let message = fold::message(text);
        match (self.read_clauses(text, &message.start), message.end) {
            (Intent::None, Some(end)) => self.read_clauses(text, &end),
            (Intent::None, None)
                if message.start.iter().all(|clause| without_courtesies(clause).is_none()) =>
            {
                edges::sign(text)
            }
            (intent, _) => intent,
        }
    }

    fn read_clauses(&self, text: &str, clauses: &[Clause]) -> Intent {
        if clauses.is_empty() {
            return Intent::None;
        }
        if let Some(intent) = told_by_accent(text, clauses) {
            return intent;
        }
        let tokens: Vec<String> = clauses.iter().flat_map(|clause| clause.tokens.iter().cloned()).collect();
        if let Some(hit) = self.find(&tokens) {
            return weigh(hit, clauses.iter().any(|clause| clause.question));
        }
        let hits: Vec<Option<Hit>> = clauses.iter().filter_map(|clause| self.clause_hit(clause)).collect();
        if let Some(intent) = combine(&hits).or_else(|| self.yes_then_opt_out(clauses)) {
            return intent;
        }
        let trimmed: Vec<Clause> = clauses.iter().filter_map(without_courtesies).collect();
        match phrases::judge(&trimmed) {
            Verdict::OptOut(keyword) => Intent::OptOut { keyword },
            Verdict::Ambiguous(keyword) => Intent::Ambiguous { keyword },
            Verdict::Nothing => self.edges(&hits, clauses),
        }
    }

    /// True of a word that opts out when somebody writes it alone, and has so many other uses that elsewhere it is open what it
    /// means.
    #[must_use]
    pub fn is_of_many_uses(&self, keyword: &str) -> bool {
        self.entry(keyword).is_some_and(|entry| entry.bare)
    }

    /// True of a word that says yes even where nothing was asked: "okay" only says that something was read.
    #[must_use]
    pub fn is_plain_yes(&self, keyword: &str) -> bool {
        let by_accent = || words::TOLD_BY_ACCENT.contains(&(keyword, Accented::Yes));
        self.entry(keyword).is_some_and(|entry| entry.operation == Operation::Yes && !entry.bare)
            || by_accent()
    }

    fn entry(&self, key: &str) -> Option<Entry> {
        let extra = || self.extras.get(key).map(|operation| Entry { operation: *operation, bare: false });
        table::entry(key).or_else(extra)
    }

    /// The entry for a whole clause; `None` outside for one of courtesy alone, `None` inside for an unknown one.
    fn clause_hit(&self, clause: &Clause) -> Option<Option<Hit>> {
        if let Some(hit) = self.find(&clause.tokens) {
            return Some(Some(hit).filter(|_| !clause.question));
        }
        without_courtesies(clause).map(|_| None)
    }

    /// "OK stop", without the comma.
    fn yes_then_opt_out(&self, clauses: &[Clause]) -> Option<Intent> {
        let [clause] = clauses else { return None };
        let (yes, rest) = clause.tokens.split_at_checked(1)?;
        self.find(yes).filter(|hit| hit.operation == Operation::Yes)?;
        let hit = self.find(rest).filter(|hit| hit.operation == Operation::OptOut)?;
        let doubtful = hit.bare && !clause.question;
        Some(if doubtful { Intent::Ambiguous { keyword: hit.keyword } } else { weigh(hit, clause.question) })
    }

    /// The entry that these words are, less courtesies at the ends, repetition, and a code after them.
    fn find(&self, tokens: &[String]) -> Option<Hit> {
        if let Some(hit) = self.find_trimming(tokens) {
            return Some(hit);
        }
        let (last, rest) = tokens.split_last()?;
        let digits = last.chars().count();
        if rest.is_empty() || digits > MAX_CODE_DIGITS || !last.chars().all(char::is_numeric) {
            return None;
        }
        let code = if digits < MIN_CODE_DIGITS { Code::Short } else { Code::Long };
        // "Yes 3" answers some other question.
        let takes_code = |hit: &Hit| !matches!(hit.operation, Operation::Yes | Operation::No);
        self.find_trimming(rest).filter(takes_code).map(|hit| Hit { code, ..hit })
    }

    fn find_trimming(&self, tokens: &[String]) -> Option<Hit> {
        trimmed(tokens).into_iter().find_map(|tokens| self.lookup(once(tokens)))
    }

    /// The entry that exactly these words are, also when spelled out (S.T.O.P), drawn out (stoooop), or written with
    /// a polite affix in a script without spaces.
    fn lookup(&self, tokens: &[String]) -> Option<Hit> {
        let joined = fold::join(tokens.iter());
        if joined.len() > MAX_EXTRA_CHARS * 8 {
            return None;
        }
        let get = |key: &str| {
            self.entry(key).map(|Entry { operation, bare }| Hit {
                keyword: key.to_owned(),
                operation,
                bare,
                code: Code::None,
            })
        };
        let spelled = || {
            let letters = tokens.len() > 2 && tokens.iter().all(|token| token.chars().nth(1).is_none());
            letters.then(|| tokens.concat()).and_then(|key| get(&key))
        };
        let drawn_out = || {
            let mut shorter = [1, 2].into_iter().filter_map(|keep| squeeze(&joined, keep));
            shorter.find_map(|key| get(&key))
        };
        let strong = |hit: &Hit| hit.operation == Operation::OptOut && !hit.bare;
        let disguised = || undisguised(&joined).find_map(|word| get(&word).filter(strong));
        let polite = || impolite(&joined).find_map(get);
        get(&joined).or_else(spelled).or_else(drawn_out).or_else(polite).or_else(disguised)
    }
}

/// What a hit on the whole message means.
fn weigh(hit: Hit, question: bool) -> Intent {
    let Hit { keyword, operation, bare, code } = hit;
    match operation {
        // "Stop?" may be a refusal or a doubt, "cancel?" is anything at all.
        Operation::OptOut if question && bare => Intent::None,
        Operation::OptOut if question => Intent::Ambiguous { keyword },
        _ if question => Intent::None,
        // "Cancel 48213" is probably about an order, "stop 2" about a bus.
        Operation::OptOut if code == Code::Short || (bare && code == Code::Long) => {
            Intent::Ambiguous { keyword }
        }
        Operation::OptIn if code == Code::Short => Intent::None,
        _ => operation.intent(keyword),
    }
}

/// What a message means of which every clause is an entry ("No. Stop!", "yes, I agree").
fn combine(hits: &[Option<Hit>]) -> Option<Intent> {
    let hits: Vec<&Hit> = hits.iter().map(Option::as_ref).collect::<Option<_>>()?;
    let of = |operation| hits.iter().find(|hit| hit.operation == operation).map(|hit| (*hit).clone());
    if let Some(hit) = of(Operation::OptOut) {
        // "Yes, cancel" and "no, cancel" may answer a question about an order.
        let answers = of(Operation::Yes).is_some() || of(Operation::No).is_some();
        let doubtful = of(Operation::OptIn).is_some() || (hit.bare && answers);
        return Some(if doubtful { Intent::Ambiguous { keyword: hit.keyword } } else { weigh(hit, false) });
    }
    if let Some(hit) = of(Operation::Ambiguous) {
        return Some(weigh(hit, false));
    }
    let (yes, no) = (of(Operation::Yes), of(Operation::No));
    match (of(Operation::OptIn), yes, no) {
        (Some(_), _, Some(_)) | (None, Some(_), Some(_)) => Some(Intent::None),
        (Some(hit), _, None) | (None, Some(hit), None) | (None, None, Some(hit)) => Some(weigh(hit, false)),
        (None, None, None) => None,
    }
}

/// The reading of a word whose accent tells it from a built-in one.
fn told_by_accent(text: &str, clauses: &[Clause]) -> Option<Intent> {
    let tokens: Vec<String> = clauses.iter().flat_map(|clause| clause.tokens.iter().cloned()).collect();
    let cores: Vec<String> = trimmed(&tokens).into_iter().map(|core| fold::join(core.iter())).collect();
    let spelled: String = text.nfc().filter(|c| !is_arabic_vowel(*c)).flat_map(char::to_lowercase).collect();
    let is_it =
        |word: &str| fold::key(word).is_some_and(|key| cores.contains(&key)) && spelled.contains(word);
    let (word, meaning) = words::TOLD_BY_ACCENT.iter().find(|(word, _)| is_it(word))?;
    let keyword = (*word).to_owned();
    let question = clauses.iter().any(|clause| clause.question);
    Some(match meaning {
        Accented::Yes | Accented::Okay if !question => Intent::Yes { keyword },
        Accented::OptIn if !question => Intent::OptIn { keyword },
        Accented::No if !question => Intent::No { keyword },
        Accented::Yes | Accented::Okay | Accented::OptIn | Accented::No | Accented::Nothing => Intent::None,
    })
}

/// Short vowels, tanwin, and the stroke that draws a word out.
fn is_arabic_vowel(c: char) -> bool {
    matches!(c, '\u{640}' | '\u{64b}'..='\u{652}')
}
