//! Signatures by which receivers know who sent a message, and that nobody changed it: Standard Webhooks 1.0.0.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How secrets begin, so that they are recognised where they must not be.
const PREFIX: &str = "whsec_";

/// Random bytes of a secret: as many as the hash gives.
pub(crate) const SECRET_BYTES: usize = 32;

/// What an endpoint's owner and this service both know.
#[derive(Clone)]
pub(crate) struct SigningSecret([u8; SECRET_BYTES]);

impl SigningSecret {
    pub(crate) fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// A secret as it was sealed.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as it is shown to its owner, once.
    pub(crate) fn shown(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

/// The value of `webhook-signature`: one signature by each secret, with a space between each two. What is signed is the
/// id, the seconds since 1970 and the body, with dots between. `None` when the library takes no such key.
pub(crate) fn sign(secrets: &[SigningSecret], id: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let signatures: Option<Vec<String>> =
        secrets.iter().map(|secret| one(secret.bytes(), id, seconds, body)).collect();
    signatures.map(|signatures| signatures.join(" "))
}

fn one(key: &[u8], id: &str, seconds: i64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries; its secret has 24 bytes.
    #[test]
    fn a_signature_is_the_one_that_receivers_expect() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = one(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_the_id_the_time_and_the_body() {
        let (one, two) = (SigningSecret::new([1; SECRET_BYTES]), SigningSecret::new([2; SECRET_BYTES]));
        let both = sign(&[one.clone(), two], "id", 7, b"{}").unwrap();
        let alone = sign(std::slice::from_ref(&one), "id", 7, b"{}").unwrap();
        assert!(both.starts_with(&format!("{alone} v1,")), "{both}");
        for (id, seconds, body) in [("ie", 7, b"{}"), ("id", 8, b"{}"), ("id", 7, b"{ ")] {
            assert_ne!(sign(std::slice::from_ref(&one), id, seconds, body).unwrap(), alone);
        }
    }

    #[test]
    fn a_secret_is_shown_to_nobody_by_chance() {
        let secret = SigningSecret::new([7; SECRET_BYTES]);
        assert_eq!(format!("{secret:?}"), "SigningSecret");
        assert!(secret.shown().starts_with("whsec_"));
    }
}
