//! Signing in and out, and accounts for those who have none. Passwords go to accounts and nowhere else; the tokens stay
//! here.

use std::sync::Arc;

use maud::html;
use tradewind_accounts_contract::{
    IssuedTokens, MAX_PASSWORD, MIN_PASSWORD, Password, RegisterAccount, TokenRequest,
};
use tradewind_cart_contract::{CartClient, CartId, Country, CreateCart};
use tradewind_kernel::{Id, Secret};
use tradewind_pages::{Cookie, Fields, Flash, LocalPath, VisitorKey};
use tradewind_problem::Problem;

use crate::shop::drawn::{self, Field};
use crate::shop::frame::token;
use crate::shop::routed::{Answered, cookie_of, go};
use crate::shop::shopper::{Shopper, tokens};
use crate::shop::view::{UNFIT, View};
use crate::shop::words::*;

const MAX_NAME: usize = 200;
const MAX_EMAIL: usize = 254;

/// Where somebody is sent afterwards: to a page of the shop.
fn to(text: Option<&str>) -> LocalPath {
    LocalPath::below("/shop", text.unwrap_or_default(), "/shop")
}

pub(crate) async fn sign_in(shopper: Arc<Shopper>) -> Answered {
    let to = to(Fields::of_query(&shopper.call).raw("to"));
    if shopper.signed.is_some() {
        return go(to.as_str(), Vec::new());
    }
    Ok(sign_in_form(&shopper, &to, "", None).into())
}

fn sign_in_form(shopper: &Shopper, to: &LocalPath, email: &str, refused: Option<&str>) -> View {
    let status = if refused.is_some() { UNFIT } else { ::http::StatusCode::OK };
    let main = html! {
        section.narrow {
            h1 { (shopper.say(SIGN_IN)) }
            @if let Some(refused) = refused { (drawn::alert(refused)) }
            form method="post" action="/shop/sign-in" {
                (token(shopper))
                input type="hidden" name="to" value=(to);
                (email_field(shopper, email, None).draw())
                (password_field(shopper, "current-password", "", 1, None).draw())
                button.primary type="submit" { (shopper.say(SIGN_IN)) }
            }
            p { (shopper.say(NO_ACCOUNT_YET)) " " a href=(with_to("/shop/register", to)) { (shopper.say(CREATE_ACCOUNT)) } }
        }
    };
    View::new(shopper.say(SIGN_IN), main).status(status)
}

fn with_to(path: &str, to: &LocalPath) -> String {
    let to = percent_encoding::utf8_percent_encode(to.as_str(), percent_encoding::NON_ALPHANUMERIC);
    format!("{path}?to={to}")
}

fn email_field<'a>(shopper: &Shopper, value: &'a str, fault: Option<String>) -> Field<'a> {
    let (label, max) = (shopper.say(EMAIL), 254);
    Field {
        name: "email",
        label,
        kind: "email",
        value,
        autocomplete: "username",
        help: "",
        min: 0,
        max,
        fault,
    }
}

fn password_field(
    shopper: &Shopper,
    autocomplete: &'static str,
    help: &'static str,
    min: u32,
    fault: Option<String>,
) -> Field<'static> {
    let label = shopper.say(PASSWORD);
    Field { name: "password", label, kind: "password", value: "", autocomplete, help, min, max: 256, fault }
}

pub(crate) async fn signed_in(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    let to = to(fields.raw("to"));
    let email = fields.optional("email", MAX_EMAIL).unwrap_or_default();
    let password = Secret::new(fields.raw("password").unwrap_or_default());
    let asked = TokenRequest::password(email.as_str(), password.expose());
    match shopper.accounts().token(&asked).await {
        Ok(issued) => Ok(enter(&shopper, &issued, &to, SIGNED_IN).await?),
        Err(problem) if problem.is_server_fault() => Err(problem),
        Err(problem) => Ok(sign_in_form(&shopper, &to, &email, Some(&refused(&shopper, &problem))).into()),
    }
}

/// Whether the address or the password is wrong is not said: nobody learns who has an account.
fn refused(shopper: &Shopper, problem: &Problem) -> String {
    if problem.status() != 429 {
        return shopper.say(SIGN_IN_REFUSED).to_owned();
    }
    let seconds = problem.wait().map_or(1, |wait| wait.as_secs().max(1)).to_string();
    shopper.say_with(SIGN_IN_LATER, &[("seconds", &seconds)])
}

/// Keeps the tokens, gives the browser another key, and puts what a guest wanted into the cart of whoever it is now.
async fn enter(
    shopper: &Shopper,
    issued: &IssuedTokens,
    to: &LocalPath,
    done: tradewind_pages::Message,
) -> Answered {
    let access = issued.access_token.secret().clone();
    let caller = shopper.shop.peers.accounts.caller(&shopper.call).bearer(access.clone());
    let user = tradewind_accounts_contract::AccountsClient::new(caller).who_am_i().await?.sub;
    let key = begin(shopper, user, issued).await?;
    let visit = shopper.visit.with_key(key);
    let mut cookies = vec![cookie_of(shopper, &visit)];
    let (flash, cart) = match own_cart(shopper, access).await {
        Ok(cart) => (Flash::good(done), cart),
        // They are signed in all the same; what the guest wanted is not lost, and is tried again with the next sign-in.
        Err(problem) => {
            tracing::warn!(%problem, "a guest's cart could not be taken over");
            (Flash::bad(CART_NOT_MERGED), None)
        }
    };
    cookies.extend(cart.map(|cart| shopper.cart_cookie(cart)));
    cookies.push(shopper.flash(flash));
    go(to.as_str(), cookies)
}

async fn begin(shopper: &Shopper, user: Id, issued: &IssuedTokens) -> Result<VisitorKey, Problem> {
    let (sessions, context) = (shopper.shop.sessions.clone(), shopper.call.context().clone());
    let tokens = tokens(issued, shopper.call.clock().now());
    let old = shopper.visit.key.clone();
    let began = async move {
        sessions.end(&context, &old).await?;
        sessions.begin(&context, user, &tokens).await
    };
    shopper.call.scope().run("sign-in", began).await?
}

/// The cart of somebody who has just signed in, with what they wanted as a guest.
async fn own_cart(shopper: &Shopper, access: Secret) -> Result<Option<CartId>, Problem> {
    let carts = CartClient::new(shopper.shop.peers.cart.caller(&shopper.call).bearer(access));
    let own = carts.carts().await?.items.into_iter().next();
    let Some(guest) = shopper.cart_id else { return Ok(own.map(|cart| cart.id)) };
    let own = match own {
        Some(own) => own,
        None => carts.create(&CreateCart { country: Country::GB, currency: shopper.currency }).await?,
    };
    if own.id == guest {
        return Ok(Some(own.id));
    }
    match carts.merge(guest, own.id).await {
        Ok(_) => Ok(Some(own.id)),
        // It has expired, or was somebody's own: there is nothing to take over.
        Err(problem) if problem.status() == 404 || problem.status() == 409 => Ok(Some(own.id)),
        Err(problem) => Err(problem),
    }
}

pub(crate) async fn register(shopper: Arc<Shopper>) -> Answered {
    let to = to(Fields::of_query(&shopper.call).raw("to"));
    if shopper.signed.is_some() {
        return go(to.as_str(), Vec::new());
    }
    Ok(Entered::default().draw(&shopper, &to).into())
}

/// What was entered to register, and what is wrong with it. The password is not shown again.
#[derive(Default)]
struct Entered {
    name: String,
    email: String,
    name_fault: Option<String>,
    email_fault: Option<String>,
    password_fault: Option<String>,
    refused: Option<String>,
}

impl Entered {
    fn of(shopper: &Shopper, fields: &Fields) -> Self {
        let password = fields.raw("password").unwrap_or_default().chars().count();
        let fits = (MIN_PASSWORD..=MAX_PASSWORD).contains(&password);
        Self {
            name: fields.optional("name", MAX_NAME).unwrap_or_default(),
            email: fields.optional("email", MAX_EMAIL).unwrap_or_default(),
            name_fault: fields.text("name", MAX_NAME).err().map(|fault| drawn::fault(shopper, fault)),
            email_fault: fields.text("email", MAX_EMAIL).err().map(|fault| drawn::fault(shopper, fault)),
            password_fault: (!fits).then(|| shopper.say(PASSWORD_RULE).to_owned()),
            refused: None,
        }
    }

    fn is_fine(&self) -> bool {
        self.name_fault.is_none() && self.email_fault.is_none() && self.password_fault.is_none()
    }

    fn draw(self, shopper: &Shopper, to: &LocalPath) -> View {
        let is_fine = self.is_fine() && self.refused.is_none();
        let status = if is_fine { ::http::StatusCode::OK } else { UNFIT };
        let name = Field {
            name: "name",
            label: shopper.say(NAME),
            kind: "text",
            value: &self.name,
            autocomplete: "name",
            help: "",
            min: 0,
            max: 200,
            fault: self.name_fault,
        };
        let rule = shopper.say(PASSWORD_RULE);
        let main = html! {
            section.narrow {
                h1 { (shopper.say(CREATE_ACCOUNT)) }
                @if let Some(refused) = &self.refused { (drawn::alert(refused)) }
                form method="post" action="/shop/register" {
                    (token(shopper))
                    input type="hidden" name="to" value=(to);
                    (name.draw())
                    (email_field(shopper, &self.email, self.email_fault).draw())
                    (password_field(shopper, "new-password", rule, 12, self.password_fault).draw())
                    button.primary type="submit" { (shopper.say(CREATE_ACCOUNT)) }
                }
                p { (shopper.say(HAVE_ACCOUNT)) " " a href=(with_to("/shop/sign-in", to)) { (shopper.say(SIGN_IN)) } }
            }
        };
        View::new(shopper.say(CREATE_ACCOUNT), main).status(status)
    }
}

pub(crate) async fn registered(shopper: Arc<Shopper>, fields: Fields) -> Answered {
    let to = to(fields.raw("to"));
    let entered = Entered::of(&shopper, &fields);
    if !entered.is_fine() {
        return Ok(entered.draw(&shopper, &to).into());
    }
    let password = Secret::new(fields.raw("password").unwrap_or_default());
    let account = RegisterAccount {
        name: entered.name.clone(),
        email: entered.email.clone(),
        password: Password::new(password.expose()),
    };
    match shopper.accounts().register(&account).await {
        Ok(_) => {
            let asked = TokenRequest::password(account.email.as_str(), password.expose());
            let issued = shopper.accounts().token(&asked).await?;
            enter(&shopper, &issued, &to, WELCOME).await
        }
        Err(problem) if problem.is_server_fault() => Err(problem),
        Err(problem) => Ok(not_registered(&shopper, entered, &problem).draw(&shopper, &to).into()),
    }
}

fn not_registered(shopper: &Shopper, entered: Entered, problem: &Problem) -> Entered {
    let says = |message| Some(shopper.say(message).to_owned());
    let pointed = |pointer: &str| problem.errors().iter().any(|error| error.pointer == pointer);
    match problem.code() {
        "email-taken" => Entered { refused: says(EMAIL_TAKEN), ..entered },
        "too-many-attempts" => Entered { refused: Some(refused(shopper, problem)), ..entered },
        _ if pointed("/email") => Entered { email_fault: says(EMAIL_UNFIT), ..entered },
        _ if pointed("/name") => Entered { name_fault: says(FAULT_INVALID), ..entered },
        _ if pointed("/password") => Entered { password_fault: says(PASSWORD_RULE), ..entered },
        _ => Entered { refused: says(NOT_DONE), ..entered },
    }
}

pub(crate) async fn sign_out(shopper: Arc<Shopper>, _: Fields) -> Answered {
    shopper.shop.sessions.end(shopper.call.context(), &shopper.visit.key).await?;
    let visit = shopper.visit.with_key(VisitorKey::new(shopper.call.entropy()));
    let cookies: Vec<Cookie> =
        vec![cookie_of(&shopper, &visit), shopper.no_cart_cookie(), shopper.flash(Flash::good(SIGNED_OUT))];
    go("/shop", cookies)
}
