//! The ways to get tokens (RFC 6749): attempts are counted, secrets compared, tokens issued.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use tradewind_accounts_contract::{GRANTS, IssuedTokens, Password, Role, TokenRequest};
use tradewind_chassis::http::Call;
use tradewind_problem::Problem;
use tradewind_token::Claims;

use crate::actions::attempt::{Attempt, Subject, Succeeded};
use crate::actions::begin_session::BeginSession;
use crate::actions::refresh::{Refresh, Refreshed};
use crate::domain::email;
use crate::state::Accounts;
use crate::store::accounts::{Account, role_name};
use crate::store::{accounts, clients};

/// What tokens of people say of the program that they were issued to: the shop's own.
const OWN_CLIENT: &str = "shop";

/// Why there is no token.
pub(crate) enum Refused {
    /// In the words of RFC 6749 §5.2.
    Because(&'static str, &'static str),
    /// Too much was tried.
    Wait(Duration),
    /// In the words of the platform.
    Problem(Problem),
}

impl<E: Into<Problem>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
}

const UNKNOWN: Refused = Refused::Because("invalid_grant", "The e-mail address or the password is wrong.");
const OVER: Refused =
    Refused::Because("invalid_grant", "The refresh token is not valid, not any more, or was used.");
const NO_CLIENT: Refused = Refused::Because("invalid_client", "The program or its secret is wrong.");

/// Issues tokens for what is shown.
pub(crate) async fn grant(
    accounts: &Accounts,
    call: &Call,
    asked: TokenRequest,
) -> Result<IssuedTokens, Refused> {
    let missing = |what| Refused::Because("invalid_request", what);
    match asked.grant_type.as_str() {
        "password" => {
            let (Some(email), Some(password)) = (asked.username, asked.password) else {
                return Err(missing("Send username and password."));
            };
            sign_in(accounts, call, &email, &password).await
        }
        "refresh_token" => {
            let token = asked.refresh_token.ok_or_else(|| missing("Send refresh_token."))?;
            refresh(accounts, call, &token).await
        }
        "client_credentials" => {
            let shown = asked.client_id.zip(asked.client_secret).or_else(|| basic(call));
            let (id, secret) = shown.ok_or(NO_CLIENT)?;
            of_client(accounts, call, &id, &secret).await
        }
        _ => Err(Refused::Because("unsupported_grant_type", SUPPORTED)),
    }
}

/// Said where another way is asked for.
const SUPPORTED: &str = "The grant_type is password, client_credentials or refresh_token.";
const _: () = assert!(GRANTS.len() == 3);

async fn sign_in(
    accounts: &Accounts,
    call: &Call,
    username: &str,
    password: &Password,
) -> Result<IssuedTokens, Refused> {
    // Every text has a row to be counted in, whether it is an address or not and whether it has an account or not.
    let address = email::normal(username);
    let subjects = subjects(accounts, call, "account", address.as_deref().unwrap_or(username));
    attempt(accounts, call, &subjects).await?;
    let account = match &address {
        Some(address) => accounts::find_by_email(&accounts.db, address).await?,
        None => None,
    };
    let kept = account.as_ref().map(|account| account.password.as_str());
    let is_right = accounts.passwords.verify(password, kept).await?;
    let account = account.filter(|_| is_right).ok_or(UNKNOWN)?;
    let token = random_token(accounts);
    let (digest, ttl) = (digest(&[token.expose()]), accounts.refresh_token_ttl);
    let begun = accounts.db.write(call.context(), BeginSession { account, digest, ttl, subjects }).await?;
    for_person(accounts, call, &begun.ok_or(UNKNOWN)?, token).await
}

async fn refresh(accounts: &Accounts, call: &Call, shown: &Password) -> Result<IssuedTokens, Refused> {
    let token = random_token(accounts);
    let work = Refresh { old: digest(&[shown.expose()]), new: digest(&[token.expose()]) };
    match accounts.db.write(call.context(), work).await? {
        Refreshed::For(account) => for_person(accounts, call, &account, token).await,
        Refreshed::Stolen(session) => {
            tracing::warn!(%session, "a refresh token was used twice; its session was ended");
            Err(OVER)
        }
        Refreshed::Refused => Err(OVER),
    }
}

async fn of_client(
    accounts: &Accounts,
    call: &Call,
    id: &str,
    secret: &Password,
) -> Result<IssuedTokens, Refused> {
    let subjects = subjects(accounts, call, "client", id);
    attempt(accounts, call, &subjects).await?;
    let kept = clients::secret(&accounts.db, id).await?;
    if !accounts.passwords.verify(secret, kept.as_deref()).await? {
        return Err(NO_CLIENT);
    }
    accounts.db.write(call.context(), Succeeded { subjects }).await?;
    let access_token = access_token(accounts, call, (id, id), &[Role::Service]).await?;
    Ok(issued(accounts, access_token, None))
}

async fn for_person(
    accounts: &Accounts,
    call: &Call,
    account: &Account,
    refresh_token: Password,
) -> Result<IssuedTokens, Refused> {
    let subject = account.id.to_string();
    let access_token = access_token(accounts, call, (&subject, OWN_CLIENT), &account.roles).await?;
    Ok(issued(accounts, access_token, Some(refresh_token)))
}

fn issued(accounts: &Accounts, access_token: Password, refresh_token: Option<Password>) -> IssuedTokens {
    let expires_in = accounts.access_token_ttl.as_secs();
    IssuedTokens { access_token, token_type: "Bearer".to_owned(), expires_in, refresh_token }
}

async fn access_token(
    accounts: &Accounts,
    call: &Call,
    (subject, client): (&str, &str),
    roles: &[Role],
) -> Result<Password, Refused> {
    let key = accounts.keyring.signing(call.context()).await?;
    let now = accounts.clock.now();
    let token = key.issue(&Claims {
        issuer: accounts.issuer.clone(),
        audience: vec![accounts.audience.clone()],
        subject: subject.to_owned(),
        client: client.to_owned(),
        roles: roles.iter().map(|role| role_name(*role).to_owned()).collect(),
        issued_at: now,
        expires_at: now.plus(accounts.access_token_ttl),
        id: accounts.entropy.id(&accounts.clock),
    });
    Ok(Password::new(token.expose()))
}

/// Counts an attempt against these.
pub(crate) async fn attempt(accounts: &Accounts, call: &Call, subjects: &[Subject]) -> Result<(), Refused> {
    let work = Attempt { subjects: subjects.to_vec() };
    accounts.db.write(call.context(), work).await?.map_err(Refused::Wait)
}

/// What attempts at this are counted against: it, and the address that they come from, where that is known.
pub(crate) fn subjects(accounts: &Accounts, call: &Call, kind: &str, name: &str) -> Vec<Subject> {
    let one = Subject { digest: digest(&[kind, name]), rule: accounts.lockout.at_one() };
    std::iter::once(one).chain(address(accounts, call, "address")).collect()
}

/// The address that a request comes from, for attempts of this kind; nothing where it is not known.
pub(crate) fn address(accounts: &Accounts, call: &Call, kind: &str) -> Option<Subject> {
    let address = call.client_address()?.to_string();
    Some(Subject { digest: digest(&[kind, &address]), rule: accounts.lockout.at_address() })
}

/// A digest that names nobody.
pub(crate) fn digest(parts: &[&str]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().to_vec()
}

/// A text that cannot be guessed: 256 bits.
fn random_token(accounts: &Accounts) -> Password {
    let mut bytes = [0; 32];
    accounts.entropy.fill(&mut bytes);
    Password::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// The program and its secret in `Authorization: Basic` (RFC 6749 §2.3.1): each is written as in a form.
fn basic(call: &Call) -> Option<(String, Password)> {
    let value = call.header(&AUTHORIZATION).ok()??;
    let (scheme, rest) = value.split_once(' ')?;
    let text = STANDARD.decode(rest.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(text).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((unescaped(id)?, Password::new(unescaped(secret)?)))
}

fn unescaped(text: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("it={text}")).ok()?;
    match <[(String, String); 1]>::try_from(pairs) {
        Ok([(_, value)]) => Some(value),
        Err(_) => None,
    }
}
