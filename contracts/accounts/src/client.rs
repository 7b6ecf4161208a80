//! Calls to accounts.

use http::Method;
use tradewind_client::Caller;
use tradewind_kernel::{Id, Slug};
use tradewind_problem::Problem;

use crate::{
    ACCOUNTS_PATH, Contact, ERASURE_PATH, EXPORT_PATH, EraseMe, Export, GrantRoles, IssuedTokens, PersonKey,
    PutAccount, PutClient, RegisterAccount, Registered, TOKEN_PATH, TokenRequest, USERINFO_PATH, UserInfo,
};

/// Calls accounts.
#[derive(Debug, Clone)]
pub struct AccountsClient(Caller);

impl AccountsClient {
    /// Calls through `caller`.
    #[must_use]
    pub fn new(caller: Caller) -> Self {
        Self(caller)
    }

    /// Makes an account for oneself.
    ///
    /// # Errors
    /// `email-taken`, `too-many-attempts`, what is wrong with the fields, or that the service did not answer.
    pub async fn register(&self, account: &RegisterAccount) -> Result<Registered, Problem> {
        self.0.send(Method::POST, ACCOUNTS_PATH, account).await
    }

    /// Gets tokens.
    ///
    /// # Errors
    /// A problem with the status 400, 401 or 429 when they are refused, or that the service did not answer.
    pub async fn token(&self, asked: &TokenRequest) -> Result<IssuedTokens, Problem> {
        self.0.send_form(TOKEN_PATH, asked).await
    }

    /// Who the caller is.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn who_am_i(&self) -> Result<UserInfo, Problem> {
        self.0.get(USERINFO_PATH).await
    }

    /// Everything that is kept of the caller.
    ///
    /// # Errors
    /// The service's problem, or that it did not answer.
    pub async fn export(&self) -> Result<Export, Problem> {
        self.0.get(EXPORT_PATH).await
    }

    /// Has everything removed that is kept of the caller.
    ///
    /// # Errors
    /// `forbidden` when the password is another, or that the service did not answer.
    pub async fn erase(&self, confirmation: &EraseMe) -> Result<(), Problem> {
        self.0.send(Method::POST, ERASURE_PATH, confirmation).await
    }

    /// Makes or changes an account; internal door. Again it changes nothing.
    ///
    /// # Errors
    /// `email-taken`, `person-erased`, what is wrong with the fields, or that the service did not answer.
    pub async fn put(&self, id: Id, account: &PutAccount) -> Result<(), Problem> {
        self.0.send(Method::PUT, &format!("/admin/accounts/{id}"), account).await
    }

    /// Says what somebody may be; internal door.
    ///
    /// # Errors
    /// `not-found`, or that the service did not answer.
    pub async fn grant(&self, id: Id, roles: &GrantRoles) -> Result<(), Problem> {
        self.0.send(Method::PUT, &format!("/admin/accounts/{id}/roles"), roles).await
    }

    /// Makes a program known, or changes its secret; internal door.
    ///
    /// # Errors
    /// What is wrong with the secret, or that the service did not answer.
    pub async fn put_client(&self, id: &Slug, client: &PutClient) -> Result<(), Problem> {
        self.0.send(Method::PUT, &format!("/admin/clients/{id}"), client).await
    }

    /// The key with which what is kept of a person elsewhere is sealed; internal door.
    ///
    /// # Errors
    /// `not-found` when there is no such person, or not any more; or that the service did not answer.
    pub async fn person_key(&self, id: Id) -> Result<PersonKey, Problem> {
        self.0.get(&format!("/admin/people/{id}/key")).await
    }
    /// How somebody is reached by mail; internal door.
    ///
    /// # Errors
    /// `not-found` when there is no such person, or not any more; or that the service did not answer.
    pub async fn contact(&self, id: Id) -> Result<Contact, Problem> {
        self.0.get(&format!("/admin/people/{id}/contact")).await
    }
}
