//! The events that accounts promises. They name people by their ids only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tradewind_events::Event;
use tradewind_kernel::Id;

/// Somebody has an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountRegistered {
    /// The account.
    pub account_id: Id,
}

/// A person was erased: whoever keeps something of them removes it. What was sealed with their key cannot be read any
/// more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonErased {
    /// The account that was theirs.
    pub account_id: Id,
}

macro_rules! events {
    ($($event:ident = $kind:literal;)*) => {
        $(impl Event for $event {
            const TYPE: &'static str = $kind;

            fn partition_key(&self) -> String {
                format!("account-{}", self.account_id)
            }
        })*
    };
}

events! {
    AccountRegistered = "tradewind.accounts.account-registered.v1";
    PersonErased = "tradewind.accounts.person-erased.v1";
}
