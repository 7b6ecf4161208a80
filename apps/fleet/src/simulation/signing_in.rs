//! Those who sign in, and show the tokens that they got.

use tradewind_accounts_contract::{AccountsClient, IssuedTokens, TokenRequest};
use tradewind_customers_contract::CustomersClient;
use tradewind_kernel::{Principal, Secret};
use tradewind_problem::Problem;
use tradewind_sim::Failure;

use crate::seed::{LoadSize, Seeder};
use crate::simulation::SIZE;
use crate::simulation::client::{Answer, Client, broken};

/// Makes it possible for all customers that are there from the beginning.
pub(super) async fn register(seeder: &Seeder) -> Result<(), Problem> {
    for customer in 0..SIZE.customers {
        let (email, password) = (email(customer), password(customer));
        seeder.load_account(customer, &email, &Secret::new(password)).await?;
    }
    Ok(())
}

fn email(customer: u32) -> String {
    format!("customer-{customer}@example.com")
}

fn password(customer: u32) -> String {
    format!("the password of customer {customer}")
}

impl Client<'_> {
    fn accounts(&self) -> AccountsClient {
        AccountsClient::new(self.caller("gateway/data-plane", Principal::Anonymous))
    }

    /// Who knows their password signs in, whatever happens to keys and accounts meanwhile. A session may have ended: when
    /// an answer was lost, its token is shown twice.
    pub(super) async fn sign_in(&self, customer: u32) -> Vec<Failure> {
        let session = self.shop.with(|known| known.sessions.remove(&customer));
        if let Some(token) = session.and_then(|tokens| tokens.refresh_token)
            && let Ok(tokens) = self.accounts().token(&TokenRequest::refresh(token)).await
        {
            self.shop.count("sessions gone on with", 1);
            return self.signed(customer, tokens).await;
        }
        let asked = TokenRequest::password(email(customer), password(customer));
        match self.insist(async || self.accounts().token(&asked).await).await {
            Answer::Given(tokens) => {
                self.shop.count("signed in", 1);
                self.signed(customer, tokens).await
            }
            Answer::Refused(problem) => {
                broken("who knows their password signs in", format!("customer {customer}: {problem}"))
            }
            Answer::Nothing => Vec::new(),
        }
    }

    /// Shows the token to another service, which knows accounts by its keys alone: it is good for its own person. While
    /// clocks jump and keys change it may be refused, as not valid yet, not any more, or of a key that is not known yet.
    async fn signed(&self, customer: u32, tokens: IssuedTokens) -> Vec<Failure> {
        let token = tokens.access_token.secret().clone();
        self.shop.with(|known| known.sessions.insert(customer, tokens));
        let caller = self.caller("gateway/data-plane", Principal::Anonymous).bearer(token);
        match CustomersClient::new(caller).me().await {
            Ok(account) if account.customer_id.id() == LoadSize::customer(customer) => {
                self.shop.count("tokens taken", 1);
                Vec::new()
            }
            Ok(account) => broken("a token is good for its own person", format!("{customer}: {account:?}")),
            Err(problem) => {
                self.shop.count("tokens refused", u64::from(problem.status() == 401));
                Vec::new()
            }
        }
    }

    /// Who does not know it stays outside.
    pub(super) async fn guess(&self, customer: u32) -> Vec<Failure> {
        let asked = TokenRequest::password(email(customer), "another password");
        match self.insist(async || self.accounts().token(&asked).await).await {
            Answer::Given(_) => broken("a wrong password is refused", format!("customer {customer}")),
            Answer::Refused(_) | Answer::Nothing => Vec::new(),
        }
    }
}
