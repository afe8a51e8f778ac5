//! Short words that say "yes" in one language and something else in others: "ya" is "now" or "enough" in Spanish, "ja ja"
//! is how Spaniards laugh, "SIM" is what a telephone needs. A "yes" may lift a refusal, so it must be unmistakable, and a
//! second bubble tells nothing of its language. Such a word counts from people of a country where it is the "yes", as their
//! number or user ID says, or on a button, whose label the business wrote. From others it is no word about consent.

use crate::model::{Contact, Recipient};

/// Where a word, as folded, is a "yes": calling codes, and countries of user IDs.
struct Home {
    words: &'static [&'static str],
    codes: &'static [&'static str],
    countries: &'static [&'static str],
}

const HOMES: [Home; 7] = [
    Home {
        words: &["ya", "iya", "mula"],
        codes: &["62", "60", "65", "673", "670"],
        countries: &["ID", "MY", "SG", "BN", "TL"],
    },
    Home {
        words: &["ja"],
        codes: &[
            "49", "43", "41", "423", "352", "32", "31", "297", "599", "597", "47", "46", "45", "27", "264",
        ],
        countries: &[
            "DE", "AT", "CH", "LI", "LU", "BE", "NL", "AW", "CW", "BQ", "SX", "SR", "NO", "SE", "DK", "ZA",
            "NA",
        ],
    },
    Home {
        words: &["sim"],
        codes: &["55", "351", "244", "258", "238", "245", "239", "670"],
        countries: &["BR", "PT", "AO", "MZ", "CV", "GW", "ST", "TL"],
    },
    Home {
        words: &["jo"],
        codes: &["49", "43", "41", "423", "352", "47", "46", "45"],
        countries: &["DE", "AT", "CH", "LI", "LU", "NO", "SE", "DK"],
    },
    Home {
        words: &["da"],
        codes: &[
            "7", "375", "380", "373", "40", "359", "381", "382", "385", "386", "387", "389", "996", "998",
            "992", "993", "994", "995", "374", "84",
        ],
        countries: &[
            "RU", "KZ", "BY", "UA", "MD", "RO", "BG", "RS", "ME", "HR", "SI", "BA", "MK", "KG", "UZ", "TJ",
            "TM", "AZ", "GE", "AM", "VN",
        ],
    },
    Home {
        words: &["han", "haa", "haan", "ji"],
        codes: &["91", "92", "977"],
        countries: &["IN", "PK", "NP"],
    },
    Home { words: &["oo"], codes: &["63"], countries: &["PH"] },
];

/// True of a word that means the same wherever it is said, or that one of these people says at home.
pub(super) fn is_unmistakable(keyword: &str, contact: &Contact, who: Option<&Recipient>) -> bool {
    let home = HOMES.iter().find(|home| home.words.contains(&keyword));
    home.is_none_or(|home| {
        let known: Vec<Recipient> = contact.names().collect();
        known.iter().chain(who).any(|name| home.has(name))
    })
}

impl Home {
    fn has(&self, name: &Recipient) -> bool {
        match name {
            Recipient::Phone(phone) => {
                let digits = phone.digits().to_string();
                self.codes.iter().any(|code| digits.starts_with(code))
            }
            Recipient::User(id) => self.countries.contains(&id.country()),
        }
    }
}

/// The words that count at home only.
#[cfg(test)]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    HOMES.iter().flat_map(|home| home.words).copied()
}
