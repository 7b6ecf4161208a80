//! Judging a token.

use crate::token::algorithm::Algorithm;
use crate::token::claims::Claims;
use crate::token::compact::{Header, Parts};
use crate::token::key_set::KeySet;
use crate::token::refusal::Refusal;

/// What a token must say to be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who must have issued it.
    pub issuer: String,
    /// It must be for one of these. When there is none, no token is accepted.
    pub audiences: Vec<String>,
    /// How far the clock of the issuer may be off, in seconds.
    pub leeway: u64,
    /// The types that it may have (`typ`), in lower case and without `application/`. A token without a type is
    /// accepted when the empty text is among them.
    pub types: Vec<String>,
    /// The algorithms that its key may have; all that are known when there is none.
    pub algorithms: Vec<Algorithm>,
}

impl Profile {
    /// The usual profile: a leeway of a minute; a token of type `at+jwt` (RFC 9068) or `jwt`, or without a type. Others
    /// are for something else: a logout, a proof, an event.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audiences: impl IntoIterator<Item = String>) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: audiences.into_iter().collect(),
            leeway: 60,
            types: ["", "at+jwt", "jwt"].map(str::to_owned).to_vec(),
            algorithms: Vec::new(),
        }
    }

    fn allows(&self, header: &Header) -> Result<(), Refusal> {
        if header.crit.is_some() {
            return Err(Refusal::Extension);
        }
        let kind = header.typ.as_deref().unwrap_or_default().to_ascii_lowercase();
        let kind = kind.strip_prefix("application/").unwrap_or(&kind);
        if self.types.iter().any(|each| each == kind) { Ok(()) } else { Err(Refusal::WrongType) }
    }

    fn accepts(&self, claims: &Claims, now: u64) -> Result<(), Refusal> {
        if claims.issuer != self.issuer {
            return Err(Refusal::WrongIssuer);
        }
        if !claims.audience.iter().any(|audience| self.audiences.contains(audience)) {
            return Err(Refusal::WrongAudience);
        }
        if now < self.valid_from(claims) {
            return Err(Refusal::NotYet);
        }
        if now >= self.valid_until(claims) { Err(Refusal::Expired) } else { Ok(()) }
    }

    /// The first second at which it is accepted.
    pub(super) fn valid_from(&self, claims: &Claims) -> u64 {
        claims.not_before.saturating_sub(self.leeway)
    }

    /// The first second at which it is not any more.
    pub(super) fn valid_until(&self, claims: &Claims) -> u64 {
        claims.expires_at.saturating_add(self.leeway)
    }
}

/// Judges a token at `now`, in seconds since 1970. The signature costs more than everything else together and comes
/// last, so that what is over or for somebody else costs little.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(token: &str, keys: &KeySet, profile: &Profile, now: u64) -> Result<Claims, Refusal> {
    let parts = Parts::of(token)?;
    profile.allows(&parts.header)?;
    let key = keys.find(parts.header.kid.as_deref(), &parts.header.alg)?;
    if !profile.algorithms.is_empty() && !profile.algorithms.contains(&key.algorithm) {
        return Err(Refusal::WrongAlgorithm);
    }
    let claims = Claims::parse(&parts.claims)?;
    profile.accepts(&claims, now)?;
    let verified = key.public.verify_sig(parts.signed.as_bytes(), &parts.signature);
    verified.map(|()| claims).map_err(|_| Refusal::BadSignature)
}
