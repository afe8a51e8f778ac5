//! The names of the rules, as documents, traces, settings and metrics write them.

/// A rule of sending, in the numbering of the README's rules table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "`summary` says what each is; saying it twice would let the two drift")]
pub enum RuleId {
    A01,
    A02,
    A03,
    A04,
    A05,
    A06,
    A07,
    A08,
    A09,
    A10,
    A11,
    A12,
    A13,
    A14,
    A15,
    A16,
    A17,
    A18,
    A19,
    A20,
    A21,
    A22,
    A23,
    A24,
    A25,
    A26,
    A27,
    A28,
    A29,
}

impl RuleId {
    /// Every rule.
    pub const ALL: [Self; 29] = [
        Self::A01,
        Self::A02,
        Self::A03,
        Self::A04,
        Self::A05,
        Self::A06,
        Self::A07,
        Self::A08,
        Self::A09,
        Self::A10,
        Self::A11,
        Self::A12,
        Self::A13,
        Self::A14,
        Self::A15,
        Self::A16,
        Self::A17,
        Self::A18,
        Self::A19,
        Self::A20,
        Self::A21,
        Self::A22,
        Self::A23,
        Self::A24,
        Self::A25,
        Self::A26,
        Self::A27,
        Self::A28,
        Self::A29,
    ];

    /// Its name, such as `A04`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A01 => "A01",
            Self::A02 => "A02",
            Self::A03 => "A03",
            Self::A04 => "A04",
            Self::A05 => "A05",
            Self::A06 => "A06",
            Self::A07 => "A07",
            Self::A08 => "A08",
            Self::A09 => "A09",
            Self::A10 => "A10",
            Self::A11 => "A11",
            Self::A12 => "A12",
            Self::A13 => "A13",
            Self::A14 => "A14",
            Self::A15 => "A15",
            Self::A16 => "A16",
            Self::A17 => "A17",
            Self::A18 => "A18",
            Self::A19 => "A19",
            Self::A20 => "A20",
            Self::A21 => "A21",
            Self::A22 => "A22",
            Self::A23 => "A23",
            Self::A24 => "A24",
            Self::A25 => "A25",
            Self::A26 => "A26",
            Self::A27 => "A27",
            Self::A28 => "A28",
            Self::A29 => "A29",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name().eq_ignore_ascii_case(name.trim()))
    }

    /// False for the rules whose engine comes with a later version.
    #[must_use]
    pub const fn is_built(self) -> bool {
        !matches!(self, Self::A26)
    }

    /// True for the rules that deny by themselves, so that shadow mode means something. A01 and A27 deny for want of
    /// anything to decide by; A05, A08, A12 and A29 never deny.
    #[must_use]
    pub const fn can_be_shadowed(self) -> bool {
        self.is_built()
            && !matches!(self, Self::A01 | Self::A05 | Self::A08 | Self::A12 | Self::A27 | Self::A29)
    }

    /// What it says, in one line.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::A01 => "the sender is configured, or auto-registration is on",
            Self::A02 => "the platform has not disabled or restricted the account or number",
            Self::A03 => "the recipient is not known to be off WhatsApp",
            Self::A04 => {
                "the recipient has not opted out of everything; one confirmation of the opt-out passes"
            }
            Self::A05 => "`reply_after_opt_out`: a reply to someone who wrote again after opting out",
            Self::A06 => "neither the recipient nor the business blocked the other",
            Self::A07 => "the recipient has not opted out of this category or topic",
            Self::A08 => "a free-form message goes out while the customer service window is open",
            Self::A09 => "a free-form message without a window needs a template instead",
            Self::A10 => "an automated reply offers a way to a human",
            Self::A11 => "the template is approved and not paused or disabled",
            Self::A12 => "the platform's category of the template decides",
            Self::A13 => "the category is permitted for this sender and by dated platform rules",
            Self::A14 => "a template outside the window needs an opt-in that covers it",
            Self::A15 => "a template inside the window needs one too, unless set otherwise for its category",
            Self::A16 => "the opt-in has not expired, and its evidence suffices",
            Self::A17 => "no opt-in prompt is unanswered or declined",
            Self::A18 => "an opt-in prompt goes out only where enabled, and once every 24 hours",
            Self::A19 => "an opt-in confirmation is due once per opt-in",
            Self::A20 => "marketing rests during the recipient's quiet hours",
            Self::A21 => "no frequency cap per recipient is reached",
            Self::A22 => "low quality of the sender, sustained above all, throttles or pauses marketing",
            Self::A23 => "outside a window, the portfolio has room within its messaging limit",
            Self::A24 => "with `reserve`: the rate to one person and the number's throughput leave room",
            Self::A25 => "the platform's cool-off for this person has passed",
            Self::A26 => "custom rules of the operator",
            Self::A27 => "the state can be read in time",
            Self::A28 => "`contacts_only`: the recipient is a contact of the business",
            Self::A29 => "nothing denies: allow",
        }
    }
}
