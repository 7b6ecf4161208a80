//! Why a token is refused.

/// The longest token, in bytes: nothing longer is even taken apart.
pub const MAX_TOKEN: usize = 8_192;

/// Why a token is refused. None of it shows any part of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is longer than [`MAX_TOKEN`].
    #[error("it is longer than {MAX_TOKEN} bytes")]
    TooLong,
    /// It is no signed token in compact form.
    #[error("it is no signed token")]
    Malformed,
    /// It is a token of another kind.
    #[error("it is no access token")]
    WrongType,
    /// It needs an extension.
    #[error("it needs an extension that is not known")]
    Extension,
    /// Its algorithm is not the one of its key.
    #[error("its algorithm is not the one of its key")]
    WrongAlgorithm,
    /// It was signed with a key that is not in the set. The set may be old.
    #[error("its key is not known")]
    UnknownKey,
    /// It does not say which of several keys signed it.
    #[error("it does not say which key signed it")]
    NoKeyId,
    /// It has no end.
    #[error("it does not say when it expires")]
    NoExpiry,
    /// It is over.
    #[error("it has expired")]
    Expired,
    /// It is not valid yet.
    #[error("it is not valid yet")]
    NotYet,
    /// Somebody else issued it, or nobody says who.
    #[error("it was issued by somebody else")]
    WrongIssuer,
    /// It is for somebody else, or does not say for whom.
    #[error("it is for somebody else")]
    WrongAudience,
    /// Its signature is another's.
    #[error("its signature is not valid")]
    BadSignature,
}

impl Refusal {
    /// A stable name in kebab case, for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::Malformed => "malformed",
            Self::WrongType => "wrong-type",
            Self::Extension => "extension",
            Self::WrongAlgorithm => "wrong-algorithm",
            Self::UnknownKey => "unknown-key",
            Self::NoKeyId => "no-key-id",
            Self::NoExpiry => "no-expiry",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::WrongIssuer => "wrong-issuer",
            Self::WrongAudience => "wrong-audience",
            Self::BadSignature => "bad-signature",
        }
    }
}
