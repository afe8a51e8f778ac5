//! The proof of an opt-in, and the channels of an opt-out.

use super::{statement::Voice, time::Time};

/// Where an opt-in was obtained: the union of the source documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// In a WhatsApp conversation.
    WhatsappThread,
    /// On a web site or profile page.
    Website,
    /// On a page made for opt-ins.
    LandingPage,
    /// In an app.
    InApp,
    /// By SMS or short code.
    Sms,
    /// By e-mail.
    Email,
    /// In a call with a person.
    PhoneCall,
    /// By interactive voice response.
    Ivr,
    /// Face to face.
    InPerson,
    /// On paper.
    Paper,
    /// During a transaction.
    Transaction,
    /// By a bot on another messenger.
    MessengerBot,
    /// Through an ad that opens WhatsApp.
    ClickToWhatsappAd,
    /// Through a QR code or sign.
    QrCode,
    /// Through WhatsApp's own sign-up link.
    PlatformSignup,
    /// From an older list (asserted).
    Import,
    /// By a system of the business (asserted).
    ApiAssertion,
    /// By staff (asserted).
    StaffEntry,
    /// Otherwise; described.
    Other,
}

impl Method {
    /// The word for it in counts and labels: the contract's name without its prefix, in lower case.
    #[must_use]
    pub fn word(self) -> String {
        let mut word = String::new();
        for (at, c) in format!("{self:?}").char_indices() {
            if c.is_ascii_uppercase() && at > 0 {
                word.push('_');
            }
            word.push(c.to_ascii_lowercase());
        }
        word
    }

    /// Every method, in the order of the contract.
    pub const ALL: [Self; 19] = [
        Self::WhatsappThread,
        Self::Website,
        Self::LandingPage,
        Self::InApp,
        Self::Sms,
        Self::Email,
        Self::PhoneCall,
        Self::Ivr,
        Self::InPerson,
        Self::Paper,
        Self::Transaction,
        Self::MessengerBot,
        Self::ClickToWhatsappAd,
        Self::QrCode,
        Self::PlatformSignup,
        Self::Import,
        Self::ApiAssertion,
        Self::StaffEntry,
        Self::Other,
    ];

    /// Its position in the contract's enumeration, from 1: what records store.
    #[must_use]
    pub fn code(self) -> u8 {
        code_of(&Self::ALL, &self)
    }

    /// The method of a stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        from_code(&Self::ALL, code)
    }

    /// Whose word an opt-in by this method is.
    #[must_use]
    pub const fn voice(self) -> Voice {
        match self {
            Self::Import | Self::ApiAssertion | Self::StaffEntry => Voice::Asserted,
            Self::WhatsappThread
            | Self::Website
            | Self::LandingPage
            | Self::InApp
            | Self::Sms
            | Self::Email
            | Self::PhoneCall
            | Self::Ivr
            | Self::InPerson
            | Self::Paper
            | Self::Transaction
            | Self::MessengerBot
            | Self::ClickToWhatsappAd
            | Self::QrCode
            | Self::PlatformSignup
            | Self::Other => Voice::Own,
        }
    }
}

/// What the person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Checked an empty box.
    BoxChecked,
    /// Entered or edited the number.
    NumberEntered,
    /// Pressed a key on the phone.
    Keypad,
    /// Replied with the agreed word.
    KeywordReply,
    /// Pressed a button.
    Button,
    /// Signed.
    Signature,
    /// Said yes aloud.
    SpokenYes,
}

impl Action {
    /// Every action, in the order of the contract.
    pub const ALL: [Self; 7] = [
        Self::BoxChecked,
        Self::NumberEntered,
        Self::Keypad,
        Self::KeywordReply,
        Self::Button,
        Self::Signature,
        Self::SpokenYes,
    ];

    /// Its position in the contract's enumeration, from 1: what records store.
    #[must_use]
    pub fn code(self) -> u8 {
        code_of(&Self::ALL, &self)
    }

    /// The action of a stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        from_code(&Self::ALL, code)
    }
}

/// How an opt-out was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// A word on WhatsApp.
    Keyword,
    /// A button on WhatsApp.
    Button,
    /// WhatsApp's own marketing stop.
    PlatformPreference,
    /// Error 131050.
    DeliveryError,
    /// Interactive voice response.
    Ivr,
    /// SMS.
    Sms,
    /// Web site.
    Website,
    /// E-mail.
    Email,
    /// A call with a person.
    PhoneCall,
    /// Face to face.
    InPerson,
    /// A link.
    UnsubscribeLink,
    /// A preference page.
    PreferencePage,
    /// Staff (asserted).
    Staff,
    /// A system of the business (asserted).
    Api,
    /// An older list (asserted).
    Import,
    /// Any other way; also when none was named.
    Other,
}

impl Channel {
    /// Every channel, in the order of the contract.
    pub const ALL: [Self; 16] = [
        Self::Keyword,
        Self::Button,
        Self::PlatformPreference,
        Self::DeliveryError,
        Self::Ivr,
        Self::Sms,
        Self::Website,
        Self::Email,
        Self::PhoneCall,
        Self::InPerson,
        Self::UnsubscribeLink,
        Self::PreferencePage,
        Self::Staff,
        Self::Api,
        Self::Import,
        Self::Other,
    ];

    /// Its position in the contract's enumeration, from 1: what records store.
    #[must_use]
    pub fn code(self) -> u8 {
        code_of(&Self::ALL, &self)
    }

    /// The channel of a stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        from_code(&Self::ALL, code)
    }

    /// Whose word an opt-out through this channel is.
    #[must_use]
    pub const fn voice(self) -> Voice {
        match self {
            Self::Staff | Self::Api | Self::Import => Voice::Asserted,
            Self::Keyword
            | Self::Button
            | Self::PlatformPreference
            | Self::DeliveryError
            | Self::Ivr
            | Self::Sms
            | Self::Website
            | Self::Email
            | Self::PhoneCall
            | Self::InPerson
            | Self::UnsubscribeLink
            | Self::PreferencePage
            | Self::Other => Voice::Own,
        }
    }
}

/// The proof of an opt-in, as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it was obtained.
    pub method: Method,
    /// Describes method `Other`.
    pub method_description: String,
    /// What the person did.
    pub action: Action,
    /// The business name that was shown.
    pub business_name: String,
    /// The wording that was shown; empty where none is at hand.
    pub disclosure_text: String,
    /// The number that was shown; empty when none was.
    pub displayed_number: String,
    /// The request named WhatsApp, where no wording is at hand.
    pub mentions_whatsapp: bool,
    /// Page, document or recording.
    pub source_uri: String,
    /// Language of the request.
    pub locale: String,
    /// The law that applies.
    pub jurisdiction: Option<Jurisdiction>,
    /// Flow, campaign or staff member.
    pub collected_by: String,
    /// Further facts, sorted by key.
    pub attributes: Vec<(String, String)>,
    /// When the person confirmed a second time.
    pub double_opt_in_at: Option<Time>,
    /// The age the person stated; 0 when none.
    pub age_years: u32,
}

impl Evidence {
    /// Evidence with what every opt-in has; the rest empty.
    #[must_use]
    pub const fn new(method: Method, action: Action, business_name: String, disclosure_text: String) -> Self {
        Self {
            method,
            method_description: String::new(),
            action,
            business_name,
            disclosure_text,
            displayed_number: String::new(),
            mentions_whatsapp: false,
            source_uri: String::new(),
            locale: String::new(),
            jurisdiction: None,
            collected_by: String::new(),
            attributes: Vec::new(),
            double_opt_in_at: None,
            age_years: 0,
        }
    }
}

/// An ISO 3166 code: a country, optionally with a subdivision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jurisdiction(String);

impl Jurisdiction {
    /// Reads `BR` or `US-CA`; nothing when the country is not assigned or the form is wrong.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (country, subdivision) = text.split_once('-').map_or((text, None), |(c, s)| (c, Some(s)));
        let subdivision_fits = subdivision.is_none_or(|s| {
            (1..=3).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        });
        (crate::numbering::is_country_code(country) && subdivision_fits).then(|| Self(text.to_owned()))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country part.
    #[must_use]
    pub fn country(&self) -> &str {
        self.0.split_once('-').map_or(self.0.as_str(), |(country, _)| country)
    }
}

/// What is weak in the evidence of an opt-in: rule, field, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's ID.
    pub rule: &'static str,
    /// The field concerned.
    pub field: &'static str,
    /// What is weak, and what would mend it.
    pub message: String,
}

fn code_of<T: PartialEq, const N: usize>(all: &[T; N], value: &T) -> u8 {
    let at = all.iter().position(|item| item == value).unwrap_or_default();
    u8::try_from(at + 1).unwrap_or(u8::MAX)
}

fn from_code<T: Copy, const N: usize>(all: &[T; N], code: u8) -> Option<T> {
    all.get(usize::from(code).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for method in Method::ALL {
            assert_eq!(Method::from_code(method.code()), Some(method));
        }
        for action in Action::ALL {
            assert_eq!(Action::from_code(action.code()), Some(action));
        }
        for channel in Channel::ALL {
            assert_eq!(Channel::from_code(channel.code()), Some(channel));
        }
        assert_eq!(Method::from_code(0), None);
        assert_eq!(Method::from_code(20), None);
    }

    #[test]
    fn import_api_and_staff_are_the_businesss_word_and_the_rest_the_persons_own() {
        let asserted: Vec<_> = Method::ALL.into_iter().filter(|m| m.voice() == Voice::Asserted).collect();
        assert_eq!(asserted, [Method::Import, Method::ApiAssertion, Method::StaffEntry]);
        let asserted: Vec<_> = Channel::ALL.into_iter().filter(|c| c.voice() == Voice::Asserted).collect();
        assert_eq!(asserted, [Channel::Staff, Channel::Api, Channel::Import]);
    }

    #[test]
    fn jurisdictions_are_assigned_countries_with_an_optional_subdivision() {
        for good in ["BR", "US-CA", "GB-ENG", "DE"] {
            assert!(Jurisdiction::parse(good).is_some(), "{good}");
        }
        for bad in ["", "XX", "br", "BRA", "US-", "US-CALI", "US-ca"] {
            assert!(Jurisdiction::parse(bad).is_none(), "{bad}");
        }
    }
}
