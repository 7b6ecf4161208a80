//! People who register and sign in.

use tradewind_accounts_contract::{
    AccountsClient, EraseMe, IssuedTokens, Password, RegisterAccount, TokenRequest,
};
use tradewind_kernel::Id;

use crate::Fleet;

/// Somebody who has registered.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their account, and their id as a customer.
    pub id: Id,
    /// Their e-mail address.
    pub email: String,
    /// Their password.
    pub password: String,
}

impl Person {
    /// Registers somebody, and waits until everybody has heard of them.
    pub async fn register(fleet: &Fleet, name: &str) -> Self {
        let email = format!("{}@example.com", name.to_lowercase());
        let password = format!("the password of {name}");
        let account = RegisterAccount {
            name: name.to_owned(),
            email: email.clone(),
            password: Password::new(password.as_str()),
        };
        let id = fleet.accounts("nobody").register(&account).await.unwrap().account_id;
        fleet.quiet().await;
        Self { id, email, password }
    }

    /// Signs them in; gives their tokens.
    pub async fn signed_in(&self, fleet: &Fleet) -> IssuedTokens {
        fleet.accounts("nobody").token(&TokenRequest::password(&self.email, &self.password)).await.unwrap()
    }

    /// Signs them in and has them erased; what follows may not have happened yet.
    pub async fn erase(&self, fleet: &Fleet) {
        let token = self.signed_in(fleet).await.access_token;
        let confirmation = EraseMe { password: Password::new(self.password.as_str()) };
        fleet.accounts(token.expose()).erase(&confirmation).await.unwrap();
    }
}

impl Fleet {
    /// Accounts, through the gateway; `nobody` shows no token.
    #[must_use]
    pub fn accounts(&self, token: &str) -> AccountsClient {
        let door = "gateway/data-plane";
        AccountsClient::new(if token == "nobody" { self.stranger(door) } else { self.caller(door, token) })
    }
}
