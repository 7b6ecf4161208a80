//! Makes or changes the account with an id.

use tradewind_accounts_contract::{PERSON_ERASED, SERVICE};
use tradewind_audit::{Entry, Facts, record};
use tradewind_db::{Tx, Work};
use tradewind_problem::Problem;

use crate::actions::register::{Register, email_taken};
use crate::store::accounts::{self, Account};
use crate::store::sessions;

pub(crate) struct PutAccount {
    pub(crate) account: Account,
    /// The key of the person, sealed, if there is none yet.
    pub(crate) sealed_key: Vec<u8>,
}

impl Work for PutAccount {
    type Output = ();
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<(), Problem> {
        let Account { id, email, password, .. } = &self.account;
        if accounts::is_erased(tx, *id).await? {
            return Err(Problem::new(&PERSON_ERASED).detail("Take another id; this one stays empty."));
        }
        let Some(before) = accounts::find_in(tx, *id).await? else {
            let (account, sealed_key) = (self.account.clone(), self.sealed_key.clone());
            let facts = self.facts().personal("name").personal("email").secret("password");
            record(tx, SERVICE, Entry::new("accounts.account-put", "account", id).after(facts)).await?;
            return Register { account, sealed_key }.run(tx).await;
        };
        if accounts::find_by_email_in(tx, email).await?.is_some_and(|other| other.id != *id) {
            return Err(email_taken());
        }
        if before.password != *password {
            sessions::end_all(tx, *id).await?;
        }
        record(tx, SERVICE, self.changed(&before)).await?;
        Ok(accounts::change(tx, &self.account).await?)
    }
}

impl PutAccount {
    fn facts(&self) -> Facts {
        Facts::new().with("roles", &self.account.roles)
    }

    /// What changes; of what is personal or secret, only that it does.
    fn changed(&self, before: &Account) -> Entry {
        let Account { id, name, email, password, .. } = &self.account;
        let mut facts = self.facts();
        if before.name != *name {
            facts = facts.personal("name");
        }
        if before.email != *email {
            facts = facts.personal("email");
        }
        if before.password != *password {
            facts = facts.secret("password");
        }
        Entry::new("accounts.account-put", "account", id)
            .before(Facts::new().with("roles", &before.roles))
            .after(facts)
    }
}
