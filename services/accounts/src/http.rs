//! Doors: decode, call one action or query, encode.

use std::sync::Arc;

use ::http::StatusCode;
use ::http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use tradewind_accounts_contract::{
    ACCOUNTS_PATH, Configuration, Contact, EMAIL_TAKEN, ERASURE_PATH, EXPORT_PATH, EraseMe, Export, GRANTS,
    GrantRoles, IssuedTokens, JsonWebKeys, KEYS_PATH, PERSON_ERASED, PersonKey, PutAccount, PutClient,
    RegisterAccount, Registered, Role, TOKEN_PATH, TOO_MANY_ATTEMPTS, TokenRefused, TokenRequest,
    USERINFO_PATH, UserInfo,
};
use tradewind_chassis::http::{Call, Operation, Reply, Routes, operation};
use tradewind_kernel::{Id, Principal, Slug};
use tradewind_problem::{FORBIDDEN, NOT_FOUND, Problem, UNAUTHENTICATED};

use crate::actions::erase::Erase;
use crate::actions::grant_roles::Grant;
use crate::actions::{put_account, put_client, register};
use crate::grants::{self, Refused};
use crate::state::Accounts;
use crate::store::{accounts as people, sessions};
use crate::{error, fields};

/// How long others may keep the keys and where everything is: less than keys are shown before they sign.
const KEPT_FOR: &str = "public, max-age=60";

pub(crate) fn public() -> Routes<Accounts> {
    let keys = || operation("Show the keys for verifying tokens").answers::<JsonWebKeys>(200);
    let configuration = || operation("Say where everything is").answers::<Configuration>(200);
    Routes::new()
        // No command: what is kept for a key holds a fingerprint of the body, and a password may leave no trace.
        .post(ACCOUNTS_PATH, register)
        .describe(
            operation("Make an account for oneself")
                .takes::<RegisterAccount>()
                .answers::<Registered>(201)
                .problems(&[EMAIL_TAKEN, TOO_MANY_ATTEMPTS]),
        )
        .post(TOKEN_PATH, token)
        .with_own_credentials()
        .describe(
            operation("Get tokens for a password, a refresh token or the secret of a program")
                .takes_form::<TokenRequest>()
                .answers::<IssuedTokens>(200)
                .answers::<TokenRefused>(400)
                .answers::<TokenRefused>(401)
                .answers::<TokenRefused>(429),
        )
        .get(KEYS_PATH, keys_shown)
        .describe(keys())
        .get("/.well-known/jwks.json", keys_shown)
        .describe(keys())
        .get("/.well-known/openid-configuration", configured)
        .describe(configuration())
        .get(USERINFO_PATH, who)
        .describe(of_oneself("Show who the caller is").answers::<UserInfo>(200))
        .get(EXPORT_PATH, export)
        .describe(of_oneself("Show everything that accounts keeps of the caller").answers::<Export>(200))
        .post(ERASURE_PATH, erase)
        .describe(
            of_oneself("Remove everything that is kept of the caller, for good")
                .takes::<EraseMe>()
                .answers_nothing()
                .problems(&[TOO_MANY_ATTEMPTS]),
        )
}

fn of_oneself(summary: &'static str) -> Operation {
    operation(summary).bearer().problems(&[FORBIDDEN, NOT_FOUND])
}

pub(crate) fn internal() -> Routes<Accounts> {
    Routes::new()
        .put("/admin/accounts/{id}", put)
        .describe(
            of_account("Make or change an account; again: nothing more")
                .takes::<PutAccount>()
                .answers_nothing()
                .problems(&[EMAIL_TAKEN, PERSON_ERASED]),
        )
        .put("/admin/accounts/{id}/roles", grant)
        .describe(of_account("Say what somebody may be").takes::<GrantRoles>().answers_nothing())
        .put("/admin/clients/{id}", put_client)
        .describe(
            of_client("Make a program known, or change its secret").takes::<PutClient>().answers_nothing(),
        )
        .delete("/admin/clients/{id}", remove_client)
        .describe(of_client("Forget a program").answers_nothing())
        .get("/admin/people/{id}/key", person_key)
        .describe(
            of_account("Show the key with which what is kept of a person is sealed")
                .answers::<PersonKey>(200),
        )
        .get("/admin/people/{id}/contact", contact)
        .describe(of_account("Show how somebody is reached by mail").answers::<Contact>(200))
}

fn of_account(summary: &'static str) -> Operation {
    operation(summary).parameter::<Id>("id")
}

fn of_client(summary: &'static str) -> Operation {
    operation(summary).parameter::<Slug>("id")
}

async fn register(accounts: Arc<Accounts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let RegisterAccount { name, email, password } = call.json().await?;
    let account = fields::account(
        accounts.entropy.id(&accounts.clock),
        (name, email),
        &password,
        vec![Role::Customer],
    )?;
    if let Some(address) = grants::address(&accounts, &call, "registration") {
        grants::attempt(&accounts, &call, &[address]).await.map_err(refused)?;
    }
    let account = people::Account { password: accounts.passwords.hash(&password).await?, ..account };
    let (account_id, sealed_key) = (account.id, accounts.keyring.new_person_key(account.id)?);
    accounts.db.write(call.context(), register::Register { account, sealed_key }).await?;
    Reply::json(StatusCode::CREATED, &Registered { account_id })
}

async fn token(accounts: Arc<Accounts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let granted = match call.form::<TokenRequest>().await {
        Ok(asked) => grants::grant(&accounts, &call, asked).await,
        Err(problem) if problem.is_server_fault() => Err(Refused::Problem(problem)),
        Err(_) => Err(Refused::Because(
            "invalid_request",
            "Send a form with grant_type and what belongs to it, once each.",
        )),
    };
    let reply = match granted {
        Ok(tokens) => Reply::ok(&tokens)?,
        Err(refused) => refusal(refused)?,
    };
    // Nobody in between keeps tokens (RFC 6749 §5.1).
    reply.header(CACHE_CONTROL, "no-store")?.header(PRAGMA, "no-cache")
}

/// Why there is no token, as RFC 6749 §5.2 wants it said.
fn refusal(refused: Refused) -> Result<Reply, Problem> {
    let told = |status, error: &str, description: &str| {
        let (error, error_description) = (error.to_owned(), description.to_owned());
        Reply::json(status, &TokenRefused { error, error_description })
    };
    match refused {
        Refused::Because("invalid_client", why) => {
            let reply = told(StatusCode::UNAUTHORIZED, "invalid_client", why)?;
            reply.header(WWW_AUTHENTICATE, "Basic realm=\"tradewind\"")
        }
        Refused::Because(error, why) => told(StatusCode::BAD_REQUEST, error, why),
        Refused::Wait(wait) => {
            let reply = told(StatusCode::TOO_MANY_REQUESTS, "slow_down", "Wait before you try again.")?;
            reply.header(RETRY_AFTER, &(wait.as_secs() + 1).to_string())
        }
        Refused::Problem(problem) => Err(problem),
    }
}

/// The same as a problem, where no standard says otherwise.
fn refused(refused: Refused) -> Problem {
    match refused {
        Refused::Wait(wait) => error::too_many(wait),
        Refused::Problem(problem) => problem,
        Refused::Because(_, why) => Problem::new(&UNAUTHENTICATED).detail(why),
    }
}

async fn keys_shown(accounts: Arc<Accounts>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    Reply::ok(&accounts.keyring.shown().await?)?.header(CACHE_CONTROL, KEPT_FOR)
}

async fn configured(accounts: Arc<Accounts>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let at = |path: &str| format!("{}{path}", accounts.issuer);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let configuration = Configuration {
        issuer: accounts.issuer.clone(),
        token_endpoint: at(TOKEN_PATH),
        userinfo_endpoint: at(USERINFO_PATH),
        jwks_uri: at(KEYS_PATH),
        grant_types_supported: texts(&GRANTS),
        response_types_supported: Vec::new(),
        subject_types_supported: texts(&["public"]),
        id_token_signing_alg_values_supported: texts(&["EdDSA"]),
        token_endpoint_auth_methods_supported: texts(&["client_secret_basic", "client_secret_post", "none"]),
    };
    Reply::ok(&configuration)?.header(CACHE_CONTROL, KEPT_FOR)
}

/// Who asks, whether they buy here or work here.
fn person(call: &Call) -> Result<Id, Problem> {
    match call.require_principal()? {
        Principal::Staff(id) | Principal::Admin(id) => Ok(*id),
        _ => call.require_user(),
    }
}

/// The account of whoever asks.
async fn own(accounts: &Accounts, call: &Call) -> Result<people::Account, Problem> {
    let id = person(call)?;
    people::find(&accounts.db, id).await?.ok_or_else(error::no_account)
}

async fn who(accounts: Arc<Accounts>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let people::Account { id, name, email, roles, .. } = own(&accounts, &call).await?;
    Reply::ok(&UserInfo { sub: id, name, email, email_verified: false, roles })
}

async fn export(accounts: Arc<Accounts>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let account = own(&accounts, &call).await?;
    let sessions = sessions::list(&accounts.db, account.id).await?;
    let people::Account { id, name, email, roles, created_at, .. } = account;
    Reply::ok(&Export { account_id: id, name, email, roles, registered_at: created_at, sessions })
}

async fn erase(accounts: Arc<Accounts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    call.require_principal()?;
    let EraseMe { password } = call.json().await?;
    let account = match own(&accounts, &call).await {
        Ok(account) => account,
        // Said again, because the answer was lost: it was done.
        Err(problem)
            if problem.is(&NOT_FOUND) && people::was_erased(&accounts.db, person(&call)?).await? =>
        {
            return Ok(Reply::no_content());
        }
        Err(problem) => return Err(problem),
    };
    let subjects = grants::subjects(&accounts, &call, "account", &account.email);
    grants::attempt(&accounts, &call, &subjects).await.map_err(refused)?;
    if !accounts.passwords.verify(&password, Some(&account.password)).await? {
        return Err(error::not_confirmed());
    }
    let subject = grants::digest(&["account", &account.email]);
    accounts.db.write(call.context(), Erase { id: account.id, subject }).await?;
    Ok(Reply::no_content())
}

async fn put(accounts: Arc<Accounts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id: Id = call.parameter("id")?;
    let PutAccount { name, email, password, roles } = call.json().await?;
    let account = fields::account(id, (name, email), &password, fields::roles(roles)?)?;
    let before = people::find(&accounts.db, id).await?.map(|before| before.password);
    let is_same = accounts.passwords.verify(&password, before.as_deref()).await?;
    let password = match before.filter(|_| is_same) {
        Some(before) => before,
        None => accounts.passwords.hash(&password).await?,
    };
    let (account, sealed_key) =
        (people::Account { password, ..account }, accounts.keyring.new_person_key(id)?);
    accounts.db.write(call.context(), put_account::PutAccount { account, sealed_key }).await?;
    Ok(Reply::no_content())
}

async fn grant(accounts: Arc<Accounts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.parameter("id")?;
    let GrantRoles { roles } = call.json().await?;
    accounts.db.write(call.context(), Grant { id, roles: fields::roles(roles)? }).await?;
    Ok(Reply::no_content())
}

async fn put_client(accounts: Arc<Accounts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.parameter("id")?;
    let PutClient { secret } = call.json().await?;
    fields::client_secret(&secret)?;
    let secret = Some(accounts.passwords.hash(&secret).await?);
    accounts.db.write(call.context(), put_client::PutClient { id, secret }).await?;
    Ok(Reply::no_content())
}

async fn remove_client(accounts: Arc<Accounts>, mut call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.parameter("id")?;
    call.no_body().await?;
    accounts.db.write(call.context(), put_client::PutClient { id, secret: None }).await?;
    Ok(Reply::no_content())
}

async fn person_key(accounts: Arc<Accounts>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let id = call.parameter("id")?;
    let account = people::find(&accounts.db, id).await?.ok_or_else(error::no_account)?;
    let sealed = people::key(&accounts.db, id).await?.ok_or_else(error::no_account)?;
    let key = accounts.keyring.person_key(id, &sealed).ok_or_else(error::no_account)?;
    Reply::ok(&PersonKey { key, name: account.name })
}

async fn contact(accounts: Arc<Accounts>, call: Call) -> Result<Reply, Problem> {
    call.no_query()?;
    let account = people::find(&accounts.db, call.parameter("id")?).await?.ok_or_else(error::no_account)?;
    Reply::ok(&Contact { name: account.name, email: account.email })
}
