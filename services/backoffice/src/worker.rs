//! Who works here.

use std::time::Duration;

use tradewind_accounts_contract::{IssuedTokens, Password, Role, TokenRequest, UserInfo};
use tradewind_chassis::http::Call;
use tradewind_kernel::{Clock, Id, Secret};
use tradewind_pages::{Cookie, Signed, Tokens, Visit, VisitorKey};
use tradewind_problem::{FORBIDDEN, NOT_FOUND, Problem, UNAUTHENTICATED};

use crate::error;
use crate::reader::Reader;
use crate::state::Office;

/// The cookie of the back office. The shop has its own: who works here signs in here.
pub(crate) const COOKIE: &str = "backoffice";

/// Somebody who is signed in and works here.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    pub(crate) id: Id,
    pub(crate) name: String,
    /// Whether to offer what only admins may do. Offering is all that it decides: the owners look at the token.
    pub(crate) is_admin: bool,
    pub(crate) token: Secret,
    /// How they read the pages.
    pub(crate) reader: Reader,
}

impl Worker {
    /// Whoever is signed in; `None` when nobody is.
    ///
    /// # Errors
    /// [`FORBIDDEN`] when they do not work here, or that it cannot be known now.
    pub(crate) async fn of(office: &Office, call: &Call, visit: &Visit) -> Result<Option<Self>, Problem> {
        let issuer = office.issuer(call)?;
        let clock = call.clock().clone();
        let renew = move |refresh: Secret| async move {
            let tokens = issuer.token(&TokenRequest::refresh(Password::new(refresh.expose()))).await?;
            Ok(kept(&tokens, &clock))
        };
        let Some(Signed { access, .. }) = office.sessions.signed(call, &visit.key, renew).await? else {
            return Ok(None);
        };
        match office.accounts(call, &access)?.who_am_i().await {
            Ok(info) => Self::known(info, access, Reader::of(call, visit)).map(Some),
            Err(problem) if problem.is(&UNAUTHENTICATED) || problem.is(&NOT_FOUND) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    fn known(info: UserInfo, token: Secret, reader: Reader) -> Result<Self, Problem> {
        let UserInfo { sub, name, roles, .. } = info;
        let is_admin = roles.contains(&Role::Admin);
        if !is_admin && !roles.contains(&Role::Staff) {
            return Err(error::not_allowed());
        }
        Ok(Self { id: sub, name, is_admin, token, reader })
    }
}

/// Signs somebody in, who gets a new key; `None` when address and password do not belong together.
///
/// # Errors
/// [`FORBIDDEN`] when they do not work here, and a problem with the status 429 after too many attempts.
pub(crate) async fn sign_in(
    office: &Office,
    call: &Call,
    (email, password): (&str, &str),
) -> Result<Option<Cookie>, Problem> {
    let issued = match office.issuer(call)?.token(&TokenRequest::password(email, password)).await {
        Ok(issued) => issued,
        Err(problem) if matches!(problem.status(), 400 | 401) => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let tokens = kept(&issued, call.clock());
    let info = office.accounts(call, &tokens.access)?.who_am_i().await?;
    let works_here = info.roles.iter().any(|role| matches!(role, Role::Staff | Role::Admin));
    if !works_here {
        return Err(Problem::new(&FORBIDDEN));
    }
    let key = office.sessions.begin(call.context(), info.sub, &tokens).await?;
    Ok(Some(cookie(call, &key)))
}

fn cookie(call: &Call, key: &VisitorKey) -> Cookie {
    Cookie::new(call, COOKIE, &key.expose())
}

/// Signs whoever it is out. The cookie of a new key takes the place of the old one.
///
/// # Errors
/// That it could not be written down.
pub(crate) async fn sign_out(office: &Office, call: &Call, visit: &Visit) -> Result<Cookie, Problem> {
    office.sessions.end(call.context(), &visit.key).await?;
    Ok(cookie(call, &VisitorKey::new(call.entropy())))
}

fn kept(issued: &IssuedTokens, clock: &Clock) -> Tokens {
    Tokens {
        access: issued.access_token.secret().clone(),
        refresh: issued.refresh_token.as_ref().map(|refresh| refresh.secret().clone()),
        expires_at: clock.now().plus(Duration::from_secs(issued.expires_in)),
    }
}
