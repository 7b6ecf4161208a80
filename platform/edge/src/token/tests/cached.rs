//! The cache against verifying each time.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::super::*;
use super::support::*;

#[test]
fn a_token_is_verified_once_and_expires_to_the_second() {
    let signer = Signer::ed25519();
    let keys = set(&[signer.jwk("k")]);
    let more = json!({ "exp": NOW + 10, "nbf": NOW - 10 });
    let token = signer.token(&header("EdDSA"), &with(claims(), more));
    let mut cache = VerifiedCache::new(8, 1);
    assert_eq!(cache.get(&token, 0, NOW), None);
    let first = cache.verify(&token, (&keys, 0), &profile(), NOW).unwrap();
    let second = cache.verify(&token, (&keys, 0), &profile(), NOW).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert!(cache.get(&token, 0, NOW + 69).is_some());
    assert_eq!(cache.get(&token, 0, NOW + 70), None);
    assert_eq!(cache.verify(&token, (&keys, 0), &profile(), NOW + 70), Err(Refusal::Expired));
    assert!(cache.get(&token, 0, NOW - 70).is_some());
    assert_eq!(cache.get(&token, 0, NOW - 71), None);
}

#[test]
fn only_the_whole_token_is_found() {
    let signer = Signer::ed25519();
    let keys = set(&[signer.jwk("k")]);
    let token = signer.token(&header("EdDSA"), &claims());
    let mut cache = VerifiedCache::new(1, 1);
    cache.verify(&token, (&keys, 0), &profile(), NOW).unwrap();
    for other in [token.replacen('e', "f", 1), token[1..].to_owned(), format!("{token}A"), String::new()] {
        assert_eq!(cache.get(&other, 0, NOW), None);
    }
    assert!(cache.verify(&token.replacen("eyJ", "eyK", 1), (&keys, 0), &profile(), NOW).is_err());
    assert_eq!(cache.len(), 1);
}

#[test]
fn other_keys_void_all_that_was_verified() {
    let signer = Signer::ed25519();
    let keys = set(&[signer.jwk("k")]);
    let token = signer.token(&header("EdDSA"), &claims());
    let mut cache = VerifiedCache::new(8, 1);
    cache.verify(&token, (&keys, 4), &profile(), NOW).unwrap();
    let others = set(&[Signer::ed25519().jwk("k")]);
    assert_eq!(cache.verify(&token, (&others, 5), &profile(), NOW), Err(Refusal::BadSignature));
    assert!(cache.is_empty());
    assert!(cache.verify(&token, (&keys, 6), &profile(), NOW).is_ok());
    cache.clear();
    assert_eq!(cache.get(&token, 6, NOW), None);
}

#[test]
fn it_is_bounded_and_the_one_shown_last_stays() {
    let signer = Signer::ed25519();
    let keys = set(&[signer.jwk("k")]);
    let token =
        |number: u64| signer.token(&header("EdDSA"), &with(claims(), json!({ "jti": number.to_string() })));
    let mut cache = VerifiedCache::new(4, 1);
    let kept = token(0);
    for number in 1..50 {
        cache.verify(&kept, (&keys, 0), &profile(), NOW).unwrap();
        cache.verify(&token(number), (&keys, 0), &profile(), NOW).unwrap();
        assert!(cache.len() <= 4);
    }
    assert!(cache.get(&kept, 0, NOW).is_some());
    assert_eq!(cache.len(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Whatever was asked before, the answer is that of verifying.
    #[test]
    fn it_answers_as_verifying_does(steps in prop::collection::vec((0_u64..12, 0_u64..40, 0_u64..3), 1..60)) {
        let signers = [Signer::ed25519(), Signer::ed25519()];
        let tokens: Vec<String> = (0..12)
            .map(|number| {
                let more = json!({ "exp": NOW + number * 3, "nbf": NOW + number });
                signers[number as usize % 2].token(&header("EdDSA"), &with(claims(), more))
            })
            .collect();
        let sets = [set(&[signers[0].jwk("k")]), set(&[signers[1].jwk("k")])];
        let profile = Profile { leeway: 2, ..profile() };
        let mut cache = VerifiedCache::new(4, 1);
        let mut generation = 0;
        for (token, second, step) in steps {
            generation += u64::from(step == 0);
            let keys = &sets[generation as usize % 2];
            let now = NOW + second;
            let token = &tokens[token as usize];
            let found = cache.verify(token, (keys, generation), &profile, now).map(Arc::unwrap_or_clone);
            prop_assert_eq!(found, verify(token, keys, &profile, now));
        }
    }
}
