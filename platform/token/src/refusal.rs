//! Why a token is refused.

/// The longest token, in bytes: nothing longer is even taken apart.
pub const MAX_TOKEN: usize = 4_096;

/// Why a token is refused. None of it shows any part of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is longer than [`MAX_TOKEN`].
    #[error("it is longer than {MAX_TOKEN} bytes")]
    TooLong,
    /// It is no signed token in compact form, or lacks a claim.
    #[error("it is no signed access token")]
    Malformed,
    /// It is a token of another kind.
    #[error("it is no access token")]
    WrongType,
    /// Its algorithm is not the one of the keys, or it needs an extension.
    #[error("its algorithm is not accepted")]
    WrongAlgorithm,
    /// It was signed with a key that is not in the set.
    #[error("its key is not known")]
    UnknownKey,
    /// Its signature is another's.
    #[error("its signature is not valid")]
    BadSignature,
    /// Somebody else issued it.
    #[error("it was issued by somebody else")]
    WrongIssuer,
    /// It is for somebody else.
    #[error("it is for somebody else")]
    WrongAudience,
    /// It is over.
    #[error("it has expired")]
    Expired,
    /// It is not valid yet.
    #[error("it is not valid yet")]
    NotYet,
}
