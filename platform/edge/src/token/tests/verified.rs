//! Tokens against keys and a profile.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;
use super::support::*;

fn judge(more: Value) -> Result<Claims, Refusal> {
    let signer = Signer::ed25519();
    let token = signer.token(&header("EdDSA"), &with(claims(), more));
    verify(&token, &set(&[signer.jwk("k")]), &profile(), NOW)
}

fn judge_header(header: &Value) -> Result<Claims, Refusal> {
    let signer = Signer::ed25519();
    verify(&signer.token(header, &claims()), &set(&[signer.jwk("k")]), &profile(), NOW)
}

#[test]
fn every_algorithm_verifies_what_it_signed() {
    let (rsa, p256, ed25519) = (Signer::rsa(), Signer::p256(), Signer::ed25519());
    for (signer, alg) in [
        (&rsa, "RS256"),
        (&rsa, "RS384"),
        (&rsa, "RS512"),
        (&rsa, "PS256"),
        (&p256, "ES256"),
        (&ed25519, "EdDSA"),
        (&ed25519, "Ed25519"),
    ] {
        let keys = set(&[with(signer.jwk("k"), json!({ "alg": alg }))]);
        let token = signer.token(&header(alg), &claims());
        let found = verify(&token, &keys, &profile(), NOW).unwrap();
        assert_eq!((found.issuer.as_str(), found.subject.as_deref()), ("https://them", Some("ann")), "{alg}");
        let other = verify(&signer.token(&header(alg), &json!({})), &keys, &profile(), NOW);
        assert!(other.is_err(), "{alg}");
        let unsigned = token.rsplit_once('.').unwrap().0;
        for signature in [encode([0; 64]), encode([0; 256]), String::new()] {
            let forged = format!("{unsigned}.{signature}");
            assert_eq!(verify(&forged, &keys, &profile(), NOW), Err(Refusal::BadSignature), "{alg}");
        }
    }
}

#[test]
fn a_token_does_not_choose_its_algorithm() {
    let rsa = Signer::rsa();
    let keys = set(&[with(rsa.jwk("k"), json!({ "alg": "RS256" }))]);
    for alg in ["none", "None", "", "HS256", "RS384", "PS256", "ES256", "EdDSA", "rs256"] {
        let token = rsa.token(&header(alg), &claims());
        assert_eq!(verify(&token, &keys, &profile(), NOW), Err(Refusal::WrongAlgorithm), "{alg}");
    }
}

#[test]
fn a_token_names_its_key() {
    let (one, two) = (Signer::ed25519(), Signer::ed25519());
    let both = set(&[one.jwk("one"), two.jwk("two")]);
    let named = |kid: Value| with(json!({ "alg": "EdDSA" }), json!({ "kid": kid }));
    let judge =
        |header: Value, keys: &KeySet| verify(&two.token(&header, &claims()), keys, &profile(), NOW).err();
    assert_eq!(judge(named(json!("two")), &both), None);
    assert_eq!(judge(named(json!("one")), &both), Some(Refusal::BadSignature));
    assert_eq!(judge(named(json!("three")), &both), Some(Refusal::UnknownKey));
    assert_eq!(judge(named(Value::Null), &both), Some(Refusal::NoKeyId));
    assert_eq!(judge(named(Value::Null), &set(&[Signer::p256().jwk("one"), two.jwk("two")])), None);
    // A key that comes along with the token is no key.
    let own = with(named(json!("one")), json!({ "jwk": two.jwk("one"), "jku": "https://evil" }));
    assert_eq!(judge(own, &both), Some(Refusal::BadSignature));
}

#[test]
fn types_and_extensions_are_judged() {
    let typed = |typ: &str| judge_header(&with(header("EdDSA"), json!({ "typ": typ }))).err();
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        assert_eq!(typed(typ), None, "{typ}");
    }
    for typ in ["logout+jwt", "dpop+jwt", "application/jose", "x/jwt"] {
        assert_eq!(typed(typ), Some(Refusal::WrongType), "{typ}");
    }
    for crit in [json!(["exp"]), json!([]), json!(true), Value::Null] {
        let found = judge_header(&json!({ "alg": "EdDSA", "kid": "k", "crit": crit }));
        assert_eq!(found, Err(Refusal::Extension), "{crit}");
    }
}

#[test]
fn issuer_and_audience_are_required() {
    assert_eq!(judge(json!({ "iss": "https://us" })), Err(Refusal::WrongIssuer));
    assert_eq!(judge(json!({ "iss": null })), Err(Refusal::WrongIssuer));
    assert_eq!(judge(json!({ "aud": null })), Err(Refusal::WrongAudience));
    assert_eq!(judge(json!({ "aud": [] })), Err(Refusal::WrongAudience));
    assert_eq!(judge(json!({ "aud": "shopping" })), Err(Refusal::WrongAudience));
    assert_eq!(judge(json!({ "aud": { "shop": 1 } })), Err(Refusal::WrongAudience));
    assert_eq!(judge(json!({ "aud": "bank" })).unwrap().audience, ["bank"]);
    assert_eq!(judge(json!({ "aud": ["x", 7, "shop"] })).unwrap().audience, ["x", "shop"]);
}

#[test]
fn times_are_judged_to_the_second() {
    assert_eq!(judge(json!({ "exp": null })), Err(Refusal::NoExpiry));
    for (exp, expected) in [
        (json!(NOW - 59), None),
        (json!(NOW - 60), Some(Refusal::Expired)),
        (json!(NOW as f64 - 59.5), Some(Refusal::Expired)),
        (json!(NOW as f64 - 58.5), None),
        (json!(-1), Some(Refusal::Expired)),
        (json!(1e300), None),
        (json!(u64::MAX), None),
        (json!((NOW + 5).to_string()), Some(Refusal::Malformed)),
    ] {
        assert_eq!(judge(json!({ "exp": exp })).err(), expected, "{exp}");
    }
    for (nbf, expected) in [
        (json!(NOW + 60), None),
        (json!(NOW + 61), Some(Refusal::NotYet)),
        (json!(NOW as f64 + 60.5), Some(Refusal::NotYet)),
        (json!(0), None),
        (json!(true), Some(Refusal::Malformed)),
    ] {
        assert_eq!(judge(json!({ "nbf": nbf })).err(), expected, "{nbf}");
    }
}

#[test]
fn scopes_roles_and_groups_are_read_as_issuers_write_them() {
    let found = judge(json!({
        "scope": "read  write", "scp": ["more"], "roles": ["a b", 7], "groups": "one", "azp": "app", "jti": "id",
    }))
    .unwrap();
    assert_eq!(found.scopes, ["read", "write", "more"]);
    assert_eq!((found.roles.clone(), found.groups.clone()), (vec!["a b".to_owned()], vec!["one".to_owned()]));
    assert_eq!((found.client.as_deref(), found.id.as_deref()), (Some("app"), Some("id")));
    assert!(found.has_scope("write") && !found.has_scope("writ") && found.has_role("a b"));
    assert!(found.is_in_group("one") && !found.is_in_group("two"));
    let odd = judge(json!({ "scope": 7, "roles": { "a": 1 }, "groups": true })).unwrap();
    assert!(odd.scopes.is_empty() && odd.roles.is_empty() && odd.groups.is_empty());
}

#[test]
fn what_is_said_twice_is_refused() {
    let signer = Signer::ed25519();
    let keys = set(&[signer.jwk("k")]);
    let twice = format!(r#"{{"iss":"https://us","iss":"https://them","aud":"shop","exp":{}}}"#, NOW + 600);
    let token = signer.token_of(&header("EdDSA"), &twice);
    assert_eq!(verify(&token, &keys, &profile(), NOW), Err(Refusal::Malformed));
}

#[test]
fn no_text_gets_further_than_its_form_allows() {
    let keys = set(&[Signer::ed25519().jwk("k")]);
    for text in ["", ".", "..", "...", "a.b.c", "e30.e30.", "e30=.e30=.e30=", "e30.e30", "é.é.é"] {
        assert_eq!(verify(text, &keys, &profile(), NOW), Err(Refusal::Malformed), "{text}");
    }
    assert_eq!(verify(&"a".repeat(MAX_TOKEN + 1), &keys, &profile(), NOW), Err(Refusal::TooLong));
}

proptest! {
    /// A token in which any one character is another is refused.
    #[test]
    fn a_changed_token_is_refused(place in any::<prop::sample::Index>(), byte in 33_u8..127) {
        let signer = Signer::ed25519();
        let token = signer.token(&header("EdDSA"), &claims());
        let keys = set(&[signer.jwk("k")]);
        let mut bytes = token.clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(verify(&changed, &keys, &profile(), NOW).is_ok(), changed == token);
    }
}
