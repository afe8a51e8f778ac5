//! What a statement is about: everything, a category, or a topic.

use std::{fmt, sync::Arc};

/// WhatsApp's message category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Offers, promotions, news.
    Marketing,
    /// Orders, appointments, accounts.
    Utility,
    /// One-time passwords.
    Authentication,
    /// Free-form replies.
    Service,
}

impl Category {
    /// Every category, in the order of the contract.
    pub const ALL: [Self; 4] = [Self::Marketing, Self::Utility, Self::Authentication, Self::Service];

    /// The word for it in settings, labels and traces.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
            Self::Service => "service",
        }
    }

    /// Reads the word, in any case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.word().eq_ignore_ascii_case(word.trim()))
    }
}

/// The business's own message type, such as `order_updates`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

/// What is wrong with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters: ASCII letters, digits, `_`, `-`, `.`")]
pub struct TopicError;

impl Topic {
    /// Reads a topic.
    ///
    /// # Errors
    /// When it is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        // In one case: an opt-out of `promo` holds for `Promo`.
        if fits { Ok(Self(text.to_ascii_lowercase().into())) } else { Err(TopicError) }
    }

    /// The topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// One scope: the key of a consent register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything.
    Everything,
    /// One category.
    Category(Category),
    /// One topic.
    Topic(Topic),
}

impl Scope {
    /// The word for it in messages: the category's, or the topic.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Everything => "everything",
            Self::Category(category) => category.word(),
            Self::Topic(topic) => topic.as_str(),
        }
    }
}

/// The scopes one statement names; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScopeSet(Vec<Scope>);

impl ScopeSet {
    /// Everything.
    #[must_use]
    pub fn everything() -> Self {
        Self(vec![Scope::Everything])
    }

    /// The union of some scopes; none at all means everything, as in the contract.
    #[must_use]
    pub fn of(mut scopes: Vec<Scope>) -> Self {
        if scopes.is_empty() {
            return Self::everything();
        }
        scopes.sort();
        scopes.dedup();
        Self(scopes)
    }

    /// One category.
    #[must_use]
    pub fn category(category: Category) -> Self {
        Self(vec![Scope::Category(category)])
    }

    /// The scopes, sorted, each once.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.0
    }

    /// True when everything is among them.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.0.contains(&Scope::Everything)
    }

    /// The categories named.
    pub fn categories(&self) -> impl Iterator<Item = Category> + '_ {
        self.0.iter().filter_map(|scope| match scope {
            Scope::Category(category) => Some(*category),
            Scope::Everything | Scope::Topic(_) => None,
        })
    }

    /// The topics named.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> + '_ {
        self.0.iter().filter_map(|scope| match scope {
            Scope::Topic(topic) => Some(topic),
            Scope::Everything | Scope::Category(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_named_means_everything() {
        assert!(ScopeSet::of(Vec::new()).is_everything());
    }

    #[test]
    fn topics_that_differ_in_case_are_one() {
        assert_eq!(Topic::parse("Promo"), Topic::parse("promo"));
    }

    #[test]
    fn a_topic_of_5000_characters_is_refused() {
        assert_eq!(Topic::parse(&"a".repeat(5000)), Err(TopicError));
        assert!(Topic::parse(&"a".repeat(64)).is_ok());
        assert_eq!(Topic::parse("order updates"), Err(TopicError));
    }
}
