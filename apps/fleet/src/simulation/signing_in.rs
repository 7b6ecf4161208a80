//! Those who sign in, and ask with the tokens that they got.

use tradewind_accounts_contract::{AccountsClient, IssuedTokens, TokenRequest};
use tradewind_kernel::{Principal, Secret};
use tradewind_problem::Problem;
use tradewind_sim::Failure;

use crate::seed::Seeder;
use crate::simulation::SIZE;
use crate::simulation::client::{Answer, Client, broken};
use crate::simulation::known::Signed;

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
    /// The token of a customer who is signed in.
    pub(super) fn token_of(&self, customer: u32) -> Option<Secret> {
        let now = self.world.clock().now();
        let token = self.shop.with(|known| {
            let signed = known.sessions.get(&customer).filter(|signed| now < signed.until)?;
            Some(signed.tokens.access_token.secret().clone())
        })?;
        self.shop.count("calls with a token", 1);
        Some(token)
    }

    fn accounts(&self) -> AccountsClient {
        AccountsClient::new(self.caller("gateway/data-plane", Principal::Anonymous))
    }

    /// Who knows their password signs in, whatever happens to keys and accounts meanwhile. A session may have ended: when
    /// an answer was lost, its token is shown twice.
    pub(super) async fn sign_in(&self, customer: u32) -> Vec<Failure> {
        let session = self.shop.with(|known| known.sessions.remove(&customer));
        if let Some(token) = session.and_then(|signed| signed.tokens.refresh_token)
            && let Ok(tokens) = self.accounts().token(&TokenRequest::refresh(token)).await
        {
            self.shop.count("sessions gone on with", 1);
            self.signed(customer, tokens);
            return Vec::new();
        }
        let asked = TokenRequest::password(email(customer), password(customer));
        match self.insist(async || self.accounts().token(&asked).await).await {
            Answer::Given(tokens) => {
                self.shop.count("signed in", 1);
                self.signed(customer, tokens);
                Vec::new()
            }
            Answer::Refused(problem) => {
                broken("who knows their password signs in", format!("customer {customer}: {problem}"))
            }
            Answer::Nothing => Vec::new(),
        }
    }

    fn signed(&self, customer: u32, tokens: IssuedTokens) {
        let ttl = std::time::Duration::from_secs(tokens.expires_in);
        // Clocks that jump refuse good tokens, as not valid yet or not any more: other acts go on without them.
        let until = self.world.clock().now().plus(ttl.min(std::time::Duration::ZERO));
        self.shop.with(|known| known.sessions.insert(customer, Signed { tokens, until }));
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
