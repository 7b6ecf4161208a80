//! Sets of keys.

use serde_json::{Value, json};

use super::super::*;
use super::support::*;

/// Why this key is skipped, beside one that is not.
fn skipped(key: Value) -> &'static str {
    let set = set(&[Signer::ed25519().jwk("good"), key]);
    assert_eq!(set.keys().count(), 1);
    set.skipped()[0].why
}

#[test]
fn each_kind_has_one_algorithm() {
    let (rsa, p256, ed25519) = (Signer::rsa(), Signer::p256(), Signer::ed25519());
    let ps256 = with(rsa.jwk("ps"), json!({ "alg": "PS256" }));
    let set = set(&[rsa.jwk("r"), p256.jwk("e"), ed25519.jwk("o"), ps256]);
    let found: Vec<_> = set.keys().collect();
    let expected = [
        (Some("r"), Algorithm::Rs256),
        (Some("e"), Algorithm::Es256),
        (Some("o"), Algorithm::EdDsa),
        (Some("ps"), Algorithm::Ps256),
    ];
    assert_eq!(found, expected);
}

#[test]
fn keys_that_verify_nothing_are_passed_over() {
    let key = Signer::p256().jwk("k");
    for (change, why) in [
        (json!({ "use": "enc" }), "it is not for signatures"),
        (json!({ "key_ops": ["sign"] }), "it is not for verifying"),
        (json!({ "key_ops": [] }), "it is not for verifying"),
        (json!({ "alg": "RS256" }), "its algorithm is not one of its kind"),
        (json!({ "alg": "HS256" }), "its algorithm is not accepted"),
        (json!({ "crv": "P-521" }), "its kind is not known"),
        (json!({ "kty": "oct" }), "its kind is not known"),
        (json!({ "kty": "PQC" }), "its kind is not known"),
        (json!({ "kty": 7 }), "a member is missing, doubled or of a wrong type"),
        (json!({ "y": "AA" }), "its numbers are missing or no key"),
        (json!({ "y": encode([1; 32]) }), "its numbers are missing or no key"),
    ] {
        assert_eq!(skipped(with(key.clone(), change.clone())), why, "{change}");
    }
    for change in [json!({ "use": "sig" }), json!({ "key_ops": ["verify"] }), json!({ "alg": "ES256" })] {
        assert_eq!(set(&[with(key.clone(), change)]).keys().count(), 1);
    }
}

#[test]
fn weak_keys_of_rsa_are_passed_over() {
    let key = Signer::rsa().jwk("k");
    let modulus = |bytes: usize, first: u8| {
        let mut number = vec![0xff; bytes];
        number[0] = first;
        json!({ "n": encode(number) })
    };
    let short = "its modulus is shorter than 2,048 bits or longer than 8,192";
    for weak in [modulus(128, 0xff), modulus(255, 0xff), modulus(256, 0x7f), modulus(1_025, 1)] {
        assert_eq!(skipped(with(key.clone(), weak)), short);
    }
    assert_eq!(set(&[with(key.clone(), modulus(257, 0))]).keys().count(), 1);
    for exponent in [&[1][..], &[2], &[], &[0, 1], &[1, 0, 0]] {
        assert_eq!(
            skipped(with(key.clone(), json!({ "e": encode(exponent) }))),
            "its numbers are missing or no key"
        );
    }
}

#[test]
fn what_is_no_set_is_refused() {
    let error = |text: &str| KeySet::from_json(text.as_bytes()).unwrap_err();
    assert!(matches!(error("[]"), KeySetError::Malformed(_)));
    assert!(matches!(error(r#"{"keys":{}}"#), KeySetError::Malformed(_)));
    assert_eq!(error(r#"{"keys":[]}"#), KeySetError::Empty);
    assert_eq!(error(r#"{"keys":[7]}"#), KeySetError::Empty);
    assert_eq!(error(&" ".repeat(MAX_KEY_SET + 1)), KeySetError::TooLong);
    let many = json!({ "keys": vec![json!({}); MAX_KEYS + 1] });
    assert_eq!(error(&many.to_string()), KeySetError::TooMany);
}
