//! Tokens: nothing is accepted that the issuer did not sign, and nothing that it signed for somebody else.
//!
//! An input is a token as it is sent; or a header and, behind a line end, claims, which are signed here; or a set of
//! keys.

use std::sync::LazyLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tradewind_edge::token::{KeySet, MAX_KEYS, Profile, verify};

const NOW: u64 = 1_767_225_600;
const ISSUER: &str = "https://them";
const AUDIENCE: &str = "shop";
const LEEWAY: f64 = 60.0;

static OURS: LazyLock<Ed25519KeyPair> = LazyLock::new(|| pair(7));
static OTHER: LazyLock<Ed25519KeyPair> = LazyLock::new(|| pair(8));
static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let text = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{}"}}]}}"#, public(&OURS));
    KeySet::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
});

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap_or_else(|error| panic!("{error}"))
}

fn public(pair: &Ed25519KeyPair) -> String {
    URL_SAFE_NO_PAD.encode(pair.public_key())
}

fn profile() -> Profile {
    Profile::new(ISSUER, [AUDIENCE.to_owned()])
}

pub(crate) fn check(bytes: &[u8]) {
    key_set(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    sent(text);
    if let Some((header, claims)) = text.split_once('\n') {
        signed(header, claims);
    }
}

fn signature(pair: &Ed25519KeyPair, signed: &str) -> String {
    URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()))
}

/// Signatures by Ed25519 are always the same: what is accepted is the text that the issuer made, to the letter.
fn sent(token: &str) {
    if verify(token, &KEYS, &profile(), NOW).is_ok() {
        let (signed, _) = token.rsplit_once('.').unwrap_or_default();
        assert_eq!(token, format!("{signed}.{}", signature(&OURS, signed)), "accepted without a signature");
    }
}

fn signed(header: &str, claims: &str) {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let right = signature(&OURS, &signed);
    for wrong in [signature(&OTHER, &signed), signature(&OURS, claims), String::new(), "A".repeat(86)] {
        let forged = format!("{signed}.{wrong}");
        assert!(verify(&forged, &KEYS, &profile(), NOW).is_err(), "a wrong signature was accepted");
    }
    if let Ok(accepted) = verify(&format!("{signed}.{right}"), &KEYS, &profile(), NOW) {
        assert_eq!(accepted.issuer, ISSUER);
        header_is_right(header);
        claims_are_right(claims);
    }
}

/// Read once more, as plainly as it goes.
fn header_is_right(header: &str) {
    let header = json(header);
    assert!(matches!(header["alg"].as_str(), Some("EdDSA" | "Ed25519")), "{header}");
    assert!(header["kid"].as_str().is_none_or(|kid| kid == "k") && header.get("crit").is_none(), "{header}");
    let kind = header["typ"].as_str().unwrap_or_default().to_ascii_lowercase();
    assert!(["", "jwt", "at+jwt"].contains(&kind.strip_prefix("application/").unwrap_or(&kind)), "{header}");
}

fn claims_are_right(claims: &str) {
    let claims = json(claims);
    assert_eq!(claims["iss"], ISSUER);
    let audience = &claims["aud"];
    let listed = audience.as_array().is_some_and(|all| all.iter().any(|each| each == AUDIENCE));
    assert!(audience == AUDIENCE || listed, "{claims}");
    let now = NOW as f64;
    assert!(claims["exp"].as_f64().is_some_and(|exp| exp > now - LEEWAY), "{claims}");
    assert!(
        claims["nbf"].is_null() || claims["nbf"].as_f64().is_some_and(|nbf| nbf <= now + LEEWAY),
        "{claims}"
    );
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text:?} was read: {error}"))
}

/// A set verifies what its keys signed and nothing else.
fn key_set(bytes: &[u8]) {
    static GOOD: LazyLock<String> = LazyLock::new(|| {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA"}"#);
        let claims = format!(r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","exp":{}}}"#, NOW + 600);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        format!("{signed}.{}", signature(&OURS, &signed))
    });
    let Ok(set) = KeySet::from_json(bytes) else { return };
    let count = set.keys().count();
    assert!((1..=MAX_KEYS).contains(&count) && count + set.skipped().len() <= MAX_KEYS);
    if verify(&GOOD, &set, &profile(), NOW).is_ok() {
        let text: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let keys = text["keys"].as_array().cloned().unwrap_or_default();
        assert!(keys.iter().any(|key| key["x"] == public(&OURS)), "a key that is not there verifies");
    }
}
