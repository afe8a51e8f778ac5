//! Placeholder until the branch lands.
/// One additional word of an operator's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraWord {
    /// Language.
    pub language: String,
    /// What it does.
    pub operation: Operation,
    /// The word.
    pub text: String,
}
/// What a word does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Out.
    OptOut,
    /// Hold.
    Ambiguous,
    /// In.
    OptIn,
    /// Yes.
    Yes,
    /// No.
    No,
}
