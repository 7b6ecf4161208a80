//! Judging a token.

use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use tradewind_kernel::Timestamp;

use crate::claims::{Claims, Wire, seconds};
use crate::compact::{ALGORITHM, Parts, TYPE};
use crate::key_set::KeySet;
use crate::refusal::Refusal;

/// How far the clock of whoever issued a token may be off.
pub const LEEWAY: Duration = Duration::from_secs(60);

/// What a token must say to be for us.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who must have issued it.
    pub issuer: &'a str,
    /// For whom it must be.
    pub audience: &'a str,
    /// The moment at which it must be valid.
    pub now: Timestamp,
}

/// The key that the token says it was signed with. Nothing of the token is verified.
///
/// # Errors
/// When it is no access token that could be verified with any key.
pub fn key_id(token: &str) -> Result<String, Refusal> {
    named_key(&Parts::of(token)?).map(str::to_owned)
}

/// Judges a token: its form, type and algorithm, its signature, and then what it says.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(token: &str, keys: &KeySet, expected: Expected<'_>) -> Result<Claims, Refusal> {
    let parts = Parts::of(token)?;
    let key = keys.find(named_key(&parts)?).ok_or(Refusal::UnknownKey)?;
    let public = UnparsedPublicKey::new(&ED25519, key.bytes());
    public.verify(parts.signed.as_bytes(), &parts.signature).map_err(|_| Refusal::BadSignature)?;
    let wire: Wire = serde_json::from_slice(&parts.claims).map_err(|_| Refusal::Malformed)?;
    let (now, leeway) = (seconds(expected.now), i64::try_from(LEEWAY.as_secs()).unwrap_or(0));
    if now >= wire.valid_until().saturating_add(leeway) {
        return Err(Refusal::Expired);
    }
    if now < wire.valid_from().saturating_sub(leeway) {
        return Err(Refusal::NotYet);
    }
    let claims = Claims::from(wire);
    if claims.issuer != expected.issuer {
        return Err(Refusal::WrongIssuer);
    }
    if !claims.audience.iter().any(|audience| audience == expected.audience) {
        return Err(Refusal::WrongAudience);
    }
    Ok(claims)
}

/// The key that a header names, if everything else in it is as it must be.
fn named_key<'a>(parts: &'a Parts<'_>) -> Result<&'a str, Refusal> {
    let header = &parts.header;
    if header.alg != ALGORITHM || header.crit.is_some() {
        return Err(Refusal::WrongAlgorithm);
    }
    let kind = header.typ.as_deref().unwrap_or_default().to_ascii_lowercase();
    if kind.strip_prefix("application/").unwrap_or(&kind) != TYPE {
        return Err(Refusal::WrongType);
    }
    header.kid.as_deref().ok_or(Refusal::UnknownKey)
}
