//! The names of contacts in the store, and the tokens that callers hold.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{
    model::{BusinessId, Recipient, StatementId},
    store::{ContactId, StoreError},
};

/// Makes contact ids: HMAC-SHA256 over business and identity, cut to 128 bits. The key is the store's; without it an id
/// says nothing of the number behind it.
#[derive(Clone)]
pub struct ContactNames(Hmac<Sha256>);

impl ContactNames {
    /// Names under a key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        // HMAC pads a short key with zeros to the block, which is what this is.
        let mut block = [0; 64];
        let (front, _) = block.split_at_mut(32);
        front.copy_from_slice(key);
        Self(Hmac::<Sha256>::new(&block.into()))
    }

    /// The id of a person for a business.
    #[must_use]
    pub fn id(&self, business: &BusinessId, recipient: &Recipient) -> ContactId {
        let mut mac = self.0.clone();
        mac.update(business.as_str().as_bytes());
        match recipient {
            Recipient::Phone(phone) => {
                mac.update(b"\0p");
                mac.update(&phone.digits().to_be_bytes());
            }
            Recipient::User(id) => {
                mac.update(b"\0u");
                mac.update(id.reveal().as_bytes());
            }
        }
        ContactId(first_16(&mac.finalize().into_bytes()))
    }

    /// What only a holder of the key can make of some bytes.
    #[must_use]
    pub fn seal(&self, bytes: &[u8]) -> u64 {
        let mut mac = self.0.clone();
        mac.update(b"\0t");
        mac.update(bytes);
        u64::from_be_bytes(mac.finalize().into_bytes().first_chunk().copied().unwrap_or_default())
    }

    /// The id of a statement with an idempotency key or message ID; keys and message IDs do not meet. Keyed as well, since it
    /// outlives an erasure, and what callers make keys of may be numbers.
    #[must_use]
    pub fn statement(&self, kind: &str, key: &str) -> StatementId {
        let mut mac = self.0.clone();
        for part in ["\0s", kind, "\0", key] {
            mac.update(part.as_bytes());
        }
        StatementId(first_16(&mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for ContactNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactNames")
    }
}

/// The state of one contact that an answer was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The first half of the contact's id, to tell a token of another contact.
    pub contact: [u8; 8],
    /// Its version.
    pub version: u64,
}

impl Revision {
    /// The revision of a contact at a version.
    #[must_use]
    pub fn of(id: ContactId, version: u64) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = id.0;
        Self { contact: [a, b, c, d, e, f, g, h], version }
    }

    /// True when it is one of this contact.
    #[must_use]
    pub fn is_of(self, id: ContactId) -> bool {
        Self::of(id, self.version) == self
    }

    /// The token.
    #[must_use]
    pub fn token(self) -> String {
        let mut bytes = [0; 16];
        let (contact, version) = bytes.split_at_mut(8);
        contact.copy_from_slice(&self.contact);
        version.copy_from_slice(&self.version.to_be_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a token; nothing when it is none.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (contact, version) = bytes.split_at_checked(8)?;
        Some(Self {
            contact: contact.try_into().ok()?,
            version: u64::from_be_bytes(version.try_into().ok()?),
        })
    }
}

/// The id of a statement that follows from another, or from contact ids, which say nothing of anybody.
pub(super) fn derived_id(kind: &str, key: &str) -> StatementId {
    use sha2::Digest as _;
    let digest = Sha256::new().chain_update(kind).chain_update(b"\0").chain_update(key).finalize();
    StatementId(first_16(&digest))
}

/// A digest of a request, to tell a repetition from another use of its key.
#[must_use]
pub fn request_digest(parts: &[u8]) -> [u8; 16] {
    use sha2::Digest as _;
    first_16(&Sha256::digest(parts))
}

/// Sixteen random bytes.
///
/// # Errors
/// When the system gives none: then nothing may be written, since two statements could get one id.
pub(super) fn random_16() -> Result<[u8; 16], StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Unavailable(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}

fn first_16(bytes: &[u8]) -> [u8; 16] {
    bytes.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_round_trip_and_garbage_is_none() {
        let revision = Revision::of(ContactId([3; 16]), 42);
        assert_eq!(Revision::parse(&revision.token()), Some(revision));
        for garbage in ["", "x", "AAAA", "!!!!", &"A".repeat(23)] {
            assert_eq!(Revision::parse(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn ids_differ_by_business_identity_kind_and_key() {
        let names = ContactNames::new(&[1; 32]);
        let acme = BusinessId::parse("acme").unwrap();
        let phone = Recipient::parse("16505551234").unwrap();
        let id = names.id(&acme, &phone);
        assert_eq!(id, names.id(&acme, &phone));
        assert_ne!(id, names.id(&BusinessId::parse("other").unwrap(), &phone));
        assert_ne!(id, names.id(&acme, &Recipient::parse("US.16505551234").unwrap()));
        assert_ne!(id, ContactNames::new(&[2; 32]).id(&acme, &phone));
    }
}
