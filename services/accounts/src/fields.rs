//! What the fields of an account must be like.

use tradewind_accounts_contract::{MAX_PASSWORD, MIN_CLIENT_SECRET, MIN_PASSWORD, Password, Role};
use tradewind_kernel::{Id, Timestamp, is_one_line};
use tradewind_problem::Problem;

use crate::domain::email;
use crate::error;
use crate::store::accounts::Account;

/// The greatest length of a name, in characters.
const MAX_NAME: usize = 200;

/// An account of these, without its password, which is to be hashed yet.
///
/// # Errors
/// The first field that is not as it must be.
pub(crate) fn account(
    id: Id,
    (name, address): (String, String),
    password: &Password,
    roles: Vec<Role>,
) -> Result<Account, Problem> {
    let is_name = !name.trim().is_empty() && is_one_line(&name);
    if !is_name || name.chars().count() > MAX_NAME {
        return Err(error::field(
            "/name",
            "a name has 1 to 200 characters, all of them to be seen on one line",
        ));
    }
    let email = email::normal(&address);
    let email =
        email.ok_or_else(|| error::field("/email", "an e-mail address is such as ada@example.com"))?;
    if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&password.expose().chars().count()) {
        return Err(error::field("/password", "a password has 12 to 256 characters"));
    }
    let created_at = Timestamp::from_micros(0);
    Ok(Account { id, email, name, password: String::new(), roles, created_at })
}

/// The roles of a person, each once.
///
/// # Errors
/// When there is none, or one that only programs have.
pub(crate) fn roles(mut roles: Vec<Role>) -> Result<Vec<Role>, Problem> {
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() || roles.contains(&Role::Service) {
        return Err(error::field("/roles", "a person has at least one of customer, staff, admin"));
    }
    Ok(roles)
}

/// # Errors
/// When the secret of a program is too short or too long.
pub(crate) fn client_secret(secret: &Password) -> Result<(), Problem> {
    if (MIN_CLIENT_SECRET..=MAX_PASSWORD).contains(&secret.expose().chars().count()) {
        return Ok(());
    }
    Err(error::field("/secret", "the secret of a program has 32 to 256 characters"))
}
