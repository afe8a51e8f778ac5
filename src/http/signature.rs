//! Whether a webhook is genuine: its signature, and the handshake by which a subscription is set up.
//!
//! Pure functions over bytes. Both comparisons take the same time wherever a difference lies, so that neither a
//! signature nor a token can be guessed piece by piece.

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The header that carries the signature.
pub const HEADER: &str = "x-hub-signature-256";

/// Why a body is not taken for the platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No signature came with the body.
    #[error("no X-Hub-Signature-256 header")]
    Missing,
    /// The header is no SHA-256 signature.
    #[error("X-Hub-Signature-256 must be `sha256=` and 64 hexadecimal digits")]
    Malformed,
    /// Signed with none of the app secrets.
    #[error("signature made with none of the configured app secrets")]
    Wrong,
}

/// Why a subscription is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// Something other than a subscription is asked.
    #[error("hub.mode must be `subscribe`")]
    NotSubscribe,
    /// The token is not ours.
    #[error("hub.verify_token is not the configured one")]
    WrongToken,
    /// Nothing to answer with.
    #[error("hub.challenge is missing")]
    NoChallenge,
}

/// Checks the value of `X-Hub-Signature-256` against the raw body, exactly as received. Several secrets are valid at
/// once while the app secret is being replaced; an empty one is no secret and never matches.
///
/// # Errors
/// When there is no signature, it has another form, or no secret made it.
pub fn verify<S: AsRef<[u8]>>(
    header: Option<&str>,
    body: &[u8],
    secrets: &[S],
) -> Result<(), SignatureError> {
    let header = header.ok_or(SignatureError::Missing)?;
    let hex = header.trim().strip_prefix("sha256=").ok_or(SignatureError::Malformed)?;
    let claimed = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).map_err(|_| SignatureError::Malformed)?;
    if claimed.len() != <Sha256 as Digest>::output_size() {
        return Err(SignatureError::Malformed);
    }
    // Every secret is tried even after a match: time must not tell which of them is in use.
    let genuine = secrets
        .iter()
        .map(AsRef::as_ref)
        .filter(|secret| !secret.is_empty())
        .fold(false, |found, secret| made_with(secret, body, &claimed) | found);
    if genuine { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn made_with(secret: &[u8], body: &[u8], claimed: &[u8]) -> bool {
    // HMAC takes keys of any length, so the error cannot happen; refusing is the safe reading of it.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    mac.chain_update(body).verify_slice(claimed).is_ok()
}

/// Answers `GET` with `hub.mode`, `hub.verify_token` and `hub.challenge`: the challenge, to be sent back as plain
/// text.
///
/// # Errors
/// When the request is not a subscription with our token. An empty configured token matches nothing.
pub fn challenge<'a>(
    mode: Option<&str>,
    token: Option<&str>,
    challenge: Option<&'a str>,
    expected: &str,
) -> Result<&'a str, HandshakeError> {
    if mode != Some("subscribe") {
        return Err(HandshakeError::NotSubscribe);
    }
    // Digests are compared, not the texts: a comparison of texts tells their lengths apart at once.
    let (given, ours) = (Sha256::digest(token.unwrap_or_default()), Sha256::digest(expected));
    if expected.is_empty() || !bool::from(given.as_slice().ct_eq(ours.as_slice())) {
        return Err(HandshakeError::WrongToken);
    }
    challenge.filter(|text| !text.is_empty()).ok_or(HandshakeError::NoChallenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    const KEY: &str = "Jefe";
    const BODY: &[u8] = b"what do ya want for nothing?";
    const MADE: &str = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn a_published_signature_is_accepted_in_either_case_of_its_digits() {
        assert_eq!(verify(Some(MADE), BODY, &[KEY]), Ok(()));
        let upper = MADE.to_uppercase().replace("SHA256=", "sha256=");
        assert_eq!(verify(Some(&upper), BODY, &[KEY]), Ok(()));
    }

    #[test]
    fn any_of_several_secrets_will_do_while_one_replaces_another() {
        assert_eq!(verify(Some(MADE), BODY, &["new", KEY]), Ok(()));
        assert_eq!(verify(Some(MADE), BODY, &[KEY, "new"]), Ok(()));
        assert_eq!(verify(Some(MADE), BODY, &["new", "newer"]), Err(SignatureError::Wrong));
    }

    #[test]
    fn without_a_secret_nothing_is_genuine() {
        // HMAC-SHA256 of nothing with the empty key, which anybody can make.
        let anybodys = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
        assert_eq!(verify(Some(anybodys), b"", &[""]), Err(SignatureError::Wrong));
        assert_eq!(verify::<&str>(Some(MADE), BODY, &[]), Err(SignatureError::Wrong));
    }

    #[test]
    fn any_change_of_body_or_signature_is_found() {
        for index in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[index] ^= 1;
            assert_eq!(verify(Some(MADE), &body, &[KEY]), Err(SignatureError::Wrong), "byte {index}");
        }
        for index in "sha256=".len()..MADE.len() {
            let mut made = MADE.as_bytes().to_vec();
            made[index] = if made[index] == b'0' { b'1' } else { b'0' };
            let made = String::from_utf8(made).unwrap();
            assert_eq!(verify(Some(&made), BODY, &[KEY]), Err(SignatureError::Wrong), "digit {index}");
        }
    }

    #[test]
    fn a_missing_signature_and_a_malformed_one_are_told_apart() {
        assert_eq!(verify(None, BODY, &[KEY]), Err(SignatureError::Missing));
        let short = MADE.strip_suffix("43").unwrap();
        let odd = MADE.strip_suffix("3").unwrap();
        let long = format!("{MADE}00");
        let sha1 = MADE.replace("sha256", "sha1");
        let bare = MADE.replace("sha256=", "");
        for header in ["", "sha256=", "sha256=zz", short, odd, &long, &sha1, &bare] {
            assert_eq!(verify(Some(header), BODY, &[KEY]), Err(SignatureError::Malformed), "{header}");
        }
    }

    #[test]
    fn the_handshake_returns_the_challenge_only_for_our_token() {
        let ask = |mode, token, text| challenge(mode, token, text, "secret");
        assert_eq!(ask(Some("subscribe"), Some("secret"), Some("1158201444")), Ok("1158201444"));
        assert_eq!(ask(None, Some("secret"), Some("1")), Err(HandshakeError::NotSubscribe));
        assert_eq!(ask(Some("unsubscribe"), Some("secret"), Some("1")), Err(HandshakeError::NotSubscribe));
        for token in [None, Some(""), Some("Secret"), Some("secret "), Some("secre")] {
            assert_eq!(
                ask(Some("subscribe"), token, Some("1")),
                Err(HandshakeError::WrongToken),
                "{token:?}"
            );
        }
        for text in [None, Some("")] {
            assert_eq!(ask(Some("subscribe"), Some("secret"), text), Err(HandshakeError::NoChallenge));
        }
    }

    #[test]
    fn a_handshake_is_refused_where_no_token_is_configured() {
        for token in [None, Some("")] {
            assert_eq!(challenge(Some("subscribe"), token, Some("1"), ""), Err(HandshakeError::WrongToken));
        }
    }
}
