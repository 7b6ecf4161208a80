//! What can go wrong with an API server.

/// Why the API server did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// How to reach it is not known, or is wrong.
    #[error(
        "no cluster is configured: {0}; run in a pod with a service account's token, or name a file by KUBECONFIG"
    )]
    Configuration(String),
    /// The request could not be made of what was given, such as a name with a slash.
    #[error("no such request can be made: {0}")]
    Request(String),
    /// It did not answer, or not in time.
    #[error("the API server did not answer: {0}")]
    Unreachable(String),
    /// It answered with more than is taken in.
    #[error("the API server answered with more than {limit} bytes; follow fewer objects, or raise the limit")]
    TooLarge {
        /// How many bytes are taken in.
        limit: usize,
    },
    /// It answered with what is no answer.
    #[error("the API server's answer cannot be read: {0}")]
    Unreadable(String),
    /// It refused.
    #[error("the API server refused with {code} {reason}: {message}{}", advice(*code))]
    Refused {
        /// The status of the answer.
        code: u16,
        /// A word for machines, such as `Forbidden`.
        reason: String,
        /// A sentence for people.
        message: String,
    },
}

/// What to change where it is who asks that is not welcome.
fn advice(code: u16) -> &'static str {
    match code {
        401 => {
            "; it does not know who asks: see that the token or the client certificate is one of this cluster, and has \
             not expired"
        }
        403 => "; give whoever asks that right by a Role or a ClusterRole",
        _ => "",
    }
}

impl ClusterError {
    /// Whether it refused because what was asked for is too long ago.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Refused { code: 410, .. })
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. })
    }

    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { code: 409, .. })
    }
}
