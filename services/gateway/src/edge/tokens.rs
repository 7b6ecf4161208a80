//! Tokens of requests.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue};
use tradewind_data_plane::{Answer, Request};
use tradewind_edge::token::{Algorithm, Claims, KeySet, Profile, Refusal, VerifiedCache};
use tradewind_gateway_api::policy::jwt::{self, Authorization, Jwt, JwtMode, Provider as Wanted};

use crate::edge::keys::{Keys, Source};
use tradewind_problem::{FORBIDDEN, UNAUTHENTICATED, UNAVAILABLE};

/// Tokens that each thread remembers for each policy.
const REMEMBERED: usize = 4_096;

/// Seconds until keys that cannot be had may be there.
const WAIT: &str = "5";

/// What a rule asks of tokens.
pub(crate) struct Tokens {
    mode: JwtMode,
    providers: Vec<Provider>,
    authorization: Option<Authorization>,
    /// Headers that a client may not write: they carry what its token says.
    claim_headers: Vec<(String, HeaderName)>,
}

struct Provider {
    profile: Profile,
    keys: Held,
    cache: RefCell<VerifiedCache>,
}

/// The keys of a provider as this thread knows them.
struct Held {
    source: Option<Source>,
    /// Those that were fetched, and the version that they had.
    seen: RefCell<Option<Arc<KeySet>>>,
    version: Cell<u64>,
}

impl Held {
    fn new(source: Option<Source>) -> Self {
        Self { source, seen: RefCell::default(), version: Cell::new(0) }
    }

    /// The keys and their version. A lock is taken only where there are others than before.
    fn get(&self) -> Option<(Arc<KeySet>, u64)> {
        match self.source.as_ref()? {
            Source::Fixed(keys) => Some((keys.clone(), 1)),
            Source::Fetched(fetched) => {
                let version = fetched.version();
                if self.version.replace(version) != version {
                    *self.seen.borrow_mut() = fetched.keys();
                }
                self.seen.borrow().clone().map(|keys| (keys, version))
            }
        }
    }

    /// The issuer may have other keys by now.
    fn unknown_key(&self) {
        if let Some(Source::Fetched(fetched)) = &self.source {
            fetched.unknown_key();
        }
    }
}

/// Why a request may not go on.
pub(crate) struct Denied {
    pub(crate) answer: Answer,
}

impl Tokens {
    pub(crate) fn new(jwt: &Jwt, keys: &Keys, seed: u64) -> Self {
        let provider = |provider: &Wanted| Provider {
            profile: Profile {
                algorithms: provider.algorithms.iter().map(|one| algorithm(*one)).collect(),
                ..Profile::new(provider.issuer.clone(), provider.audiences.iter().cloned())
            },
            keys: Held::new(keys.find(&provider.jwks)),
            cache: RefCell::new(VerifiedCache::new(REMEMBERED, seed)),
        };
        let headers = jwt.claim_to_headers.iter();
        Self {
            mode: jwt.mode,
            providers: jwt.providers.iter().map(provider).collect(),
            authorization: jwt.authorization.clone(),
            claim_headers: headers.map(|pair| (pair.claim.clone(), pair.header.clone())).collect(),
        }
    }

    /// Headers that the backend must not get from the client.
    pub(crate) fn withheld(&self) -> impl Iterator<Item = &HeaderName> {
        self.claim_headers.iter().map(|(_, header)| header)
    }

    /// What the token of a request says; none where there is none and none is needed.
    pub(crate) fn judge(&self, request: &Request<'_>) -> Result<Option<Arc<Claims>>, Box<Denied>> {
        let Some(field) = request.header("authorization") else {
            return match self.mode {
                JwtMode::Required => Err(denied(None)),
                JwtMode::Optional | JwtMode::Disabled => Ok(None),
            };
        };
        let Some(token) = bearer(field) else { return Err(denied(None)) };
        let claims = self.verify(token, request.came_at() / 1_000_000)?;
        match self.authorization.as_ref().and_then(|wanted| lacking(wanted, &claims)) {
            Some(missing) => Err(forbidden(&missing)),
            None => Ok(Some(claims)),
        }
    }

    /// Of several issuers the one counts that the token names; the others refuse it before they look at its signature.
    fn verify(&self, token: &str, now: u64) -> Result<Arc<Claims>, Box<Denied>> {
        let mut refusal = None;
        for provider in &self.providers {
            let Some((keys, version)) = provider.keys.get() else {
                refusal.get_or_insert("keys-unavailable");
                continue;
            };
            let verified =
                provider.cache.borrow_mut().verify(token, (&keys, version), &provider.profile, now);
            match verified {
                Ok(claims) => return Ok(claims),
                Err(refused) => {
                    if refused == Refusal::UnknownKey {
                        provider.keys.unknown_key();
                    }
                    refusal = Some(name(refused, refusal));
                }
            }
        }
        Err(denied(refusal))
    }

    /// What the backend is told of the token.
    pub(crate) fn headers(&self, claims: &Claims) -> Vec<(HeaderName, HeaderValue)> {
        let header = |(claim, header): &(String, HeaderName)| {
            let value = said(claims, claim)?;
            Some((header.clone(), HeaderValue::from_str(&value).ok()?))
        };
        self.claim_headers.iter().filter_map(header).collect()
    }
}

fn algorithm(wanted: jwt::Algorithm) -> Algorithm {
    match wanted {
        jwt::Algorithm::RS256 => Algorithm::Rs256,
        jwt::Algorithm::ES256 => Algorithm::Es256,
        jwt::Algorithm::EdDSA => Algorithm::EdDsa,
    }
}

/// That a token is of another issuer says less than what another provider says of it.
fn name(refused: Refusal, before: Option<&'static str>) -> &'static str {
    match before {
        Some(before) if refused == Refusal::WrongIssuer => before,
        _ => refused.name(),
    }
}

fn bearer(field: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(field).ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// What a claim says, as text; lists with commas between.
fn said(claims: &Claims, claim: &str) -> Option<String> {
    match claim {
        "sub" => claims.subject.clone(),
        "iss" => Some(claims.issuer.clone()),
        "aud" => Some(claims.audience.join(",")),
        "client_id" | "azp" => claims.client.clone(),
        "jti" => claims.id.clone(),
        "scope" => Some(claims.scopes.join(" ")),
        "roles" => Some(claims.roles.join(",")),
        "groups" => Some(claims.groups.join(",")),
        _ => None,
    }
}

fn lacking(wanted: &Authorization, claims: &Claims) -> Option<String> {
    if let Some(scope) = wanted.scopes.iter().find(|scope| !claims.has_scope(scope)) {
        return Some(format!("the scope {scope}"));
    }
    let has = |role: &String| match wanted.roles_claim.as_str() {
        "groups" => claims.is_in_group(role),
        "scope" => claims.has_scope(role),
        _ => claims.has_role(role),
    };
    let needs_role = !wanted.roles.is_empty() && !wanted.roles.iter().any(has);
    needs_role.then(|| {
        let names: Vec<&str> = wanted.roles.iter().map(String::as_str).collect();
        format!("one of the roles {}", names.join(", "))
    })
}

/// RFC 6750 §3.
fn denied(refusal: Option<&'static str>) -> Box<Denied> {
    let (detail, challenge) = match refusal {
        None => ("Send an access token: Authorization: Bearer.".to_owned(), "Bearer"),
        Some("keys-unavailable") => {
            let detail = "Tokens cannot be verified at the moment.";
            let answer = Answer::problem(&UNAVAILABLE, detail).because("keys-unavailable");
            return Box::new(Denied { answer: answer.header(RETRY_AFTER, HeaderValue::from_static(WAIT)) });
        }
        Some(reason) => (
            format!("The access token is not taken ({reason}). Get a new one."),
            "Bearer error=\"invalid_token\"",
        ),
    };
    let answer = Answer::problem(&UNAUTHENTICATED, &detail).because(refusal.unwrap_or("no-token"));
    Box::new(Denied { answer: answer.header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge)) })
}

fn forbidden(missing: &str) -> Box<Denied> {
    let answer = Answer::problem(&FORBIDDEN, &format!("The access token lacks {missing}."));
    let challenge = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
    Box::new(Denied { answer: answer.header(WWW_AUTHENTICATE, challenge) })
}
