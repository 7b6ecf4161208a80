//! What is recorded.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_kernel::{Id, Principal, Timestamp};

use crate::digest::Digest;
use crate::document::Document;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Its number in its chain, from 1 without gaps.
    pub sequence: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, as a stable name.
    pub action: String,
    /// To what.
    pub target: Target,
    /// What it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Document>,
    /// What it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Document>,
    /// The process it belongs to.
    pub correlation: Id,
    /// The trace of the request; empty where there was none.
    pub trace_id: String,
    /// What became of it.
    #[schemars(with = "String")]
    pub outcome: Outcome,
    /// The hash of the record before.
    pub previous: Digest,
    /// Its own hash.
    pub hash: Digest,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// What they were when they did it.
    pub role: Role,
    /// The person or the service; empty where nobody was known.
    pub id: String,
    /// For whom they did it, where that is somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Id>,
}

impl Actor {
    pub(crate) fn of(principal: Option<&Principal>, on_behalf_of: Option<Id>) -> Self {
        let (role, id) = match principal {
            None => (Role::System, String::new()),
            Some(Principal::Anonymous) => (Role::Anonymous, String::new()),
            Some(Principal::User(id)) => (Role::User, id.to_string()),
            Some(Principal::Staff(id)) => (Role::Staff, id.to_string()),
            Some(Principal::Admin(id)) => (Role::Admin, id.to_string()),
            Some(Principal::Service(name)) => (Role::Service, name.clone()),
        };
        Self { role, id, on_behalf_of }
    }
}

macro_rules! roles {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// What somebody is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum Role {
            $($(#[$meta])* $name,)*
        }

        impl Role {
            /// Its name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

roles! {
    /// The service itself, for its own upkeep.
    System = "system",
    /// Nobody said who they are.
    Anonymous = "anonymous",
    /// A person who owns objects.
    User = "user",
    /// A person who works for the operator.
    Staff = "staff",
    /// A person who works for the operator and decides for it.
    Admin = "admin",
    /// A service, a program or the command line.
    Service = "service",
}

/// What something was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// What kind of thing.
    pub kind: String,
    /// Which one.
    pub id: String,
}

/// What became of something: `done`, or `refused:<code>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused, for the reason with this code.
    Refused(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Refused(code) => write!(f, "refused:{code}"),
        }
    }
}

impl FromStr for Outcome {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("refused:") {
            Some(code) => Ok(Self::Refused(code.to_owned())),
            None if text == "done" => Ok(Self::Done),
            None => Err("an outcome is done or refused:<code>"),
        }
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        outcome.to_string()
    }
}

impl TryFrom<String> for Outcome {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// How far a chain has grown. Kept elsewhere it shows later that nothing of the chain is gone or rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// Whose chain it is.
    pub chain: String,
    /// How many records it has.
    pub records: i64,
    /// The hash of the last one.
    pub hash: Digest,
}
