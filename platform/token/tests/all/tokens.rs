//! What is accepted, and each thing that is not.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tradewind_kernel::{Entropy, Id, Secret, Timestamp};
use tradewind_token::{Claims, Expected, KeySet, Refusal, Sealer, SigningKey, verify};

const NOW: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
const EXPECTED: Expected<'static> = Expected { issuer: "https://us", audience: "shop", now: NOW };

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(&Entropy::seeded(seed)).unwrap()
}

fn keys(keys: &[&SigningKey]) -> KeySet {
    KeySet::new(keys.iter().map(|key| key.public().clone()))
}

fn claims() -> Claims {
    Claims {
        issuer: "https://us".to_owned(),
        audience: vec!["other".to_owned(), "shop".to_owned()],
        subject: "0198".to_owned(),
        client: "browser".to_owned(),
        roles: vec!["staff".to_owned()],
        issued_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(600)),
        id: Id::from_u128(7),
    }
}

fn refused(claims: &Claims) -> Option<Refusal> {
    let key = key(1);
    verify(key.issue(claims).expose(), &keys(&[&key]), EXPECTED).err()
}

/// The token with another header, signed as it was.
fn with_header(token: &Secret, header: &str) -> String {
    let rest = token.expose().split_once('.').unwrap().1;
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

#[test]
fn what_is_issued_is_accepted_as_it_was_said() {
    let key = key(1);
    let token = key.issue(&claims());
    assert_eq!(verify(token.expose(), &keys(&[&self::key(2), &key]), EXPECTED), Ok(claims()));
}

#[test]
fn issuer_audience_and_time_are_judged() {
    assert_eq!(
        refused(&Claims { issuer: "https://them".to_owned(), ..claims() }),
        Some(Refusal::WrongIssuer)
    );
    assert_eq!(
        refused(&Claims { audience: vec!["bank".to_owned()], ..claims() }),
        Some(Refusal::WrongAudience)
    );
    let over = |ago| Claims { expires_at: NOW.minus(Duration::from_secs(ago)), ..claims() };
    assert_eq!(refused(&over(59)), None);
    assert_eq!(refused(&over(60)), Some(Refusal::Expired));
    let later = |ahead| Claims { issued_at: NOW.plus(Duration::from_secs(ahead)), ..claims() };
    assert_eq!(refused(&later(60)), None);
    assert_eq!(refused(&later(61)), Some(Refusal::NotYet));
}

#[test]
fn the_header_decides_nothing() {
    let key = key(1);
    let (token, set, kid) = (key.issue(&claims()), keys(&[&key]), key.public().id());
    let judge = |header: String| verify(&with_header(&token, &header), &set, EXPECTED).err();
    for alg in ["none", "None", "HS256", "RS256", "ES256", "Ed25519"] {
        let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{kid}"}}"#);
        assert_eq!(judge(header), Some(Refusal::WrongAlgorithm), "{alg}");
    }
    let extended = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}","crit":["exp"]}}"#);
    assert_eq!(judge(extended), Some(Refusal::WrongAlgorithm));
    assert_eq!(judge(format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}"}}"#)), Some(Refusal::WrongType));
    assert_eq!(judge(format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#)), Some(Refusal::WrongType));
    assert_eq!(judge(r#"{"alg":"EdDSA","typ":"at+jwt"}"#.to_owned()), Some(Refusal::UnknownKey));
    let reordered = format!(r#"{{"kid":"{kid}","alg":"EdDSA","typ":"at+jwt"}}"#);
    assert_eq!(judge(reordered), Some(Refusal::BadSignature));
}

#[test]
fn keys_of_others_and_changed_tokens_are_refused() {
    let (ours, theirs) = (key(1), key(2));
    let token = theirs.issue(&claims());
    assert_eq!(verify(token.expose(), &keys(&[&ours]), EXPECTED), Err(Refusal::UnknownKey));
    // Signed by them, and said to be ours.
    let header = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{}"}}"#, ours.public().id());
    assert_eq!(verify(&with_header(&token, &header), &keys(&[&ours]), EXPECTED), Err(Refusal::BadSignature));
    let unsigned = token.expose().rsplit_once('.').unwrap().0;
    assert_eq!(verify(&format!("{unsigned}."), &keys(&[&theirs]), EXPECTED), Err(Refusal::BadSignature));
}

#[test]
fn no_text_gets_further_than_its_form_allows() {
    let set = keys(&[&key(1)]);
    for text in ["", ".", "..", "a.b.c", "e30.e30.", "dev-user-1", "e30=.e30=.e30="] {
        assert!(verify(text, &set, EXPECTED).is_err(), "{text}");
    }
    assert_eq!(verify(&"a".repeat(4_097), &set, EXPECTED), Err(Refusal::TooLong));
    let entropy = Entropy::seeded(3);
    let token = key(1).issue(&claims());
    for _ in 0..2_000 {
        let mut bytes = token.expose().as_bytes().to_vec();
        let place = usize::try_from(entropy.below(bytes.len() as u64)).unwrap();
        bytes[place] = u8::try_from(33 + entropy.below(90)).unwrap();
        if bytes != token.expose().as_bytes() {
            let text = String::from_utf8(bytes).unwrap();
            assert!(verify(&text, &set, EXPECTED).is_err(), "{place}");
        }
    }
}

#[test]
fn a_set_is_read_as_it_was_written_and_passes_over_what_it_does_not_know() {
    let set = keys(&[&key(1), &key(2)]);
    let text = set.to_json().to_string();
    assert_eq!(KeySet::from_json(text.as_bytes()), Ok(set));
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let others = format!(
        r#"{{"keys":[{{"kty":"RSA","kid":"r","n":"x","e":"AQAB"}},{{"kty":"oct","kid":"o","k":"x"}},
        {{"kty":"OKP","crv":"X25519","kid":"x","x":"{x}"}},{{"kty":"OKP","crv":"Ed25519","x":"{x}"}},
        {{"kty":"OKP","crv":"Ed25519","kid":"e","use":"enc","x":"{x}"}},
        {{"kty":"OKP","crv":"Ed25519","kid":"s","x":"short"}},
        {{"kty":"OKP","crv":"Ed25519","kid":"ours","x":"{x}"}}]}}"#
    );
    let read = KeySet::from_json(others.as_bytes()).unwrap();
    assert_eq!(read.len(), 1);
    assert!(read.find("ours").is_some());
    let many = vec![r#"{"kty":"oct"}"#; 17].join(",");
    assert!(KeySet::from_json(format!(r#"{{"keys":[{many}]}}"#).as_bytes()).is_err());
    assert!(KeySet::from_json(b"[]").is_err());
}

#[test]
fn a_key_is_kept_sealed_under_its_own_id() {
    let (key, entropy) = (key(1), Entropy::seeded(9));
    let sealer = Sealer::new(&Secret::new("of the data folder")).unwrap();
    let sealed = key.sealed(&sealer, &entropy).unwrap();
    let opened = SigningKey::open(key.public().id(), &sealed, &sealer).unwrap();
    assert_eq!(opened.public(), key.public());
    assert!(SigningKey::open("another", &sealed, &sealer).is_err());
    assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.public().id()));
}

/// The example of RFC 8037, appendix A.3.
#[test]
fn the_id_of_a_key_is_its_thumbprint() {
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let id = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    let sealer = Sealer::new(&Secret::new("s")).unwrap();
    let sealed = sealer.seal(id, &seed, &Entropy::seeded(1)).unwrap();
    assert_eq!(SigningKey::open(id, &sealed, &sealer).unwrap().public().id(), id);
}
