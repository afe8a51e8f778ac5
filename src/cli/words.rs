//! The contract's enumerations as words: `CONSENT_METHOD_LANDING_PAGE` is `landing-page` to a person.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::grpc::pb;

/// An enumeration of the contract.
pub(super) trait Words: Copy + Send + Sync + TryFrom<i32> + 'static {
    /// What every value's name begins with.
    const PREFIX: &'static str;
    /// The name in the contract.
    fn name(self) -> &'static str;
}

macro_rules! words {
    ($($enumeration:ident $prefix:literal)*) => {
        $(impl Words for pb::$enumeration {
            const PREFIX: &'static str = $prefix;
            fn name(self) -> &'static str {
                self.as_str_name()
            }
        })*
    };
}

words! {
    Category "CATEGORY_"
    MessageKind "MESSAGE_KIND_"
    Reason "REASON_"
    Outcome "OUTCOME_"
    ConsentMethod "CONSENT_METHOD_"
    ConsentAction "CONSENT_ACTION_"
    ConsentStatus "CONSENT_STATUS_"
    OptOutChannel "OPT_OUT_CHANNEL_"
    OptInPromptOutcome "OPT_IN_PROMPT_OUTCOME_"
    PromptState "PROMPT_STATE_"
    BlockState "BLOCK_STATE_"
    EntryKind "ENTRY_KIND_"
    Voice "VOICE_"
    Durability "DURABILITY_"
    Rating "RATING_"
}

/// No enumeration of the contract numbers its values higher than this.
const NUMBER_MAX: i32 = 127;

/// Every value but the unspecified one.
pub(super) fn all<E: Words>() -> impl Iterator<Item = E> {
    (1..=NUMBER_MAX).filter_map(|number| E::try_from(number).ok())
}

/// The word for a value.
pub(super) fn word<E: Words>(value: E) -> String {
    code(value).to_ascii_lowercase().replace('_', "-")
}

/// The word for a number from the wire; a newer server may send one that this client does not know.
pub(super) fn word_of<E: Words>(number: i32) -> String {
    E::try_from(number).map_or_else(|_| format!("unknown ({number})"), word)
}

/// The code without what all of them begin with: `OPTED_OUT`.
pub(super) fn code<E: Words>(value: E) -> &'static str {
    let name = value.name();
    name.strip_prefix(E::PREFIX).unwrap_or(name)
}

/// Reads a word, in any case, with dashes or underscores, with or without the contract's prefix.
///
/// # Errors
/// What would have been accepted.
pub(super) fn parse<E: Words>(text: &str) -> Result<E, String> {
    let folded = text.trim().to_ascii_uppercase().replace(['-', ' '], "_");
    let short = folded.strip_prefix(E::PREFIX).unwrap_or(&folded);
    all::<E>().find(|value| code(*value) == short).ok_or_else(|| {
        let known: Vec<String> = all::<E>().map(word).collect();
        format!("must be one of {}", known.join(", "))
    })
}

/// The same for an argument, with the words in the help and in completions. Use with `ignore_case`.
pub(super) fn argument<E: Words>() -> impl TypedValueParser<Value = E> {
    PossibleValuesParser::new(all::<E>().map(|value| {
        PossibleValue::new(word(value)).alias(code(value).to_ascii_lowercase()).alias(value.name())
    }))
    .try_map(|text| parse::<E>(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_in_every_spelling_of_it() {
        for text in ["landing-page", "landing_page", " Landing Page ", "CONSENT_METHOD_LANDING_PAGE"] {
            assert_eq!(parse(text), Ok(pb::ConsentMethod::LandingPage), "{text}");
        }
    }

    #[test]
    fn an_unknown_word_is_told_the_known_ones_and_unspecified_is_none_of_them() {
        assert_eq!(
            parse::<pb::Category>("promo"),
            Err("must be one of marketing, utility, authentication, service".to_owned())
        );
        assert!(parse::<pb::Category>("unspecified").is_err());
    }

    #[test]
    fn every_value_of_the_contract_has_a_word_that_reads_back() {
        fn check<E: Words + PartialEq + std::fmt::Debug>(count: usize) {
            assert_eq!(all::<E>().count(), count, "{}", E::PREFIX);
            for value in all::<E>() {
                assert_eq!(parse(&word(value)), Ok(value));
                assert_ne!(code(value), value.name(), "the prefix is wrong");
            }
        }
        check::<pb::Category>(4);
        check::<pb::MessageKind>(5);
        check::<pb::ConsentMethod>(19);
        check::<pb::ConsentAction>(10);
        check::<pb::OptOutChannel>(16);
        check::<pb::Reason>(37);
        check::<pb::EntryKind>(11);
        check::<pb::BlockState>(4);
    }

    #[test]
    fn a_number_of_a_newer_server_is_shown_as_it_is() {
        assert_eq!(word_of::<pb::Voice>(99), "unknown (99)");
    }
}
