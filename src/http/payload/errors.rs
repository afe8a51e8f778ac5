//! What the platform's error codes say about our account (E06). What they say of a person, `gate::Signal` knows.

/// The person wants no marketing from this business.
pub(super) const MARKETING_REFUSED: u32 = 131_050;

/// True of a code by which the number or account is restricted.
#[must_use]
pub const fn restricts(code: u32) -> bool {
    matches!(code, 131_048 | 131_031 | 368)
}
