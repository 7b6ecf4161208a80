//! People and programs that sign in, and those who pretend.

mod erasing;
mod in_time;
mod leaks;

use tradewind_accounts_contract::{
    GrantRoles, IssuedTokens, Password, PutClient, RegisterAccount, Role, TOKEN_PATH, TokenRequest,
};
use tradewind_journeys::{Fleet, Person, ada};
use tradewind_kernel::{Entropy, Id};
use tradewind_testkit::{Answer, Request};
use tradewind_token::{Claims, SigningKey};

/// Where nobody is believed who only says who they are.
const STRICT: &str = "access.development_tokens=false";

const FORM: &str = "application/x-www-form-urlencoded";

fn form(body: impl AsRef<[u8]>) -> Request {
    Request::new("POST", TOKEN_PATH).header("Content-Type", FORM).body(body)
}

/// Asks for a token with a password, as a form.
async fn try_password(fleet: &Fleet, email: &str, password: &str) -> Answer {
    let body = format!("grant_type=password&username={email}&password={}", password.replace(' ', "+"));
    fleet.send(form(body)).await
}

/// The status with which somebody who shows this token is told who they are.
async fn status_of(fleet: &Fleet, token: &str) -> u16 {
    fleet.send(Request::new("GET", "/api/customers/v1/me").bearer(token)).await.status
}

async fn refresh(fleet: &Fleet, tokens: &IssuedTokens) -> Result<IssuedTokens, u16> {
    let token = tokens.refresh_token.clone().unwrap();
    let again = fleet.accounts("nobody").token(&TokenRequest::refresh(token)).await;
    again.map_err(|problem| problem.status())
}

#[tokio::test]
async fn who_registers_can_sign_in_and_order_and_sees_what_is_theirs() {
    let fleet = Fleet::start_with(&[STRICT]).await;
    assert_eq!(status_of(&fleet, &ada()).await, 401);
    let person = Person::register(&fleet, "Edsger").await;
    let tokens = person.signed_in(&fleet).await;
    assert_eq!((tokens.token_type.as_str(), tokens.expires_in), ("Bearer", 600));
    let token = tokens.access_token.expose().to_owned();
    let who = fleet.accounts(&token).who_am_i().await.unwrap();
    assert_eq!((who.sub, who.email.as_str()), (person.id, "edsger@example.com"));
    let account = fleet.account(&token).await;
    assert_eq!((account.customer_id.id(), account.credit_limit.minor()), (person.id, 0));
    let order = fleet.order(&token, &[("1", 1)]).await;
    assert_eq!((order.customer_id, order.reason.as_deref()), (person.id, Some("credit-limit-exceeded")));
    let other = Person::register(&fleet, "Barbara").await.signed_in(&fleet).await;
    let hidden = fleet.orders(other.access_token.expose()).order(order.id).await.unwrap_err();
    assert_eq!(hidden.status(), 404);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_the_same() {
    let fleet = Fleet::start().await;
    Person::register(&fleet, "Edsger").await;
    let wrong = try_password(&fleet, "edsger@example.com", "another password").await;
    let unknown = try_password(&fleet, "nobody@example.com", "another password").await;
    let none = try_password(&fleet, "no-address", "another password").await;
    for answer in [&wrong, &unknown, &none] {
        // The status and the words are those of RFC 6749 §5.2.
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_grant")));
        assert_eq!(answer.text(), wrong.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let taken = RegisterAccount {
        name: "Another".to_owned(),
        email: "EDSGER@example.com".to_owned(),
        password: Password::new("another password"),
    };
    let refused = fleet.accounts("nobody").register(&taken).await.unwrap_err();
    assert_eq!(refused.code(), "email-taken");
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_no_request_for_a_token_is_told_so_in_the_words_of_the_standard() {
    let fleet = Fleet::start().await;
    for (body, error) in [
        ("", "invalid_request"),
        ("grant_type=password", "invalid_request"),
        ("grant_type=password&username=a%40b.c", "invalid_request"),
        ("grant_type=password&grant_type=password&username=a%40b.c&password=x", "invalid_request"),
        ("grant_type=refresh_token", "invalid_request"),
        ("grant_type=refresh_token&refresh_token=none", "invalid_grant"),
        ("grant_type=authorization_code&code=1", "unsupported_grant_type"),
        ("grant_type=password&username=a%00%40b.c&password=%00", "invalid_grant"),
    ] {
        let answer = fleet.send(form(body)).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some(error)), "{body}");
    }
    let json = Request::new("POST", TOKEN_PATH).json(r#"{"grant_type":"password"}"#);
    assert_eq!(fleet.send(json).await.json()["error"], "invalid_request");
    // What it does not know it passes over (RFC 6749 §3.2), and who asks there shows no token.
    let person = Person::register(&fleet, "Edsger").await;
    let body = "grant_type=password&username=edsger%40example.com&password=the+password+of+Edsger&scope=all";
    assert_eq!(fleet.send(form(body).bearer("anything")).await.status, 200);
    drop(person);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_used_twice_it_ends_the_session() {
    let fleet = Fleet::start_with(&[STRICT]).await;
    let person = Person::register(&fleet, "Edsger").await;
    let (first, other) = (person.signed_in(&fleet).await, person.signed_in(&fleet).await);
    let second = refresh(&fleet, &first).await.unwrap();
    assert_ne!(second.refresh_token, first.refresh_token);
    assert_eq!(status_of(&fleet, second.access_token.expose()).await, 200);
    let third = refresh(&fleet, &second).await.unwrap();
    // Somebody has kept the first one. Nobody knows who is the thief: both are out.
    assert_eq!(refresh(&fleet, &first).await, Err(400));
    assert_eq!(refresh(&fleet, &third).await, Err(400));
    assert!(refresh(&fleet, &other).await.is_ok(), "another session goes on");
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_somebody_may_be_is_granted_at_the_internal_door_only() {
    let fleet = Fleet::start_with(&[STRICT]).await;
    let (worker, buyer) = (Person::register(&fleet, "Sam").await, Person::register(&fleet, "Edsger").await);
    let order = fleet.order(buyer.signed_in(&fleet).await.access_token.expose(), &[("1", 1)]).await;
    let before = worker.signed_in(&fleet).await;
    let seen = fleet.orders(before.access_token.expose()).order(order.id).await;
    assert_eq!(seen.unwrap_err().status(), 404);
    let internal = tradewind_accounts_contract::AccountsClient::new(fleet.internal("accounts"));
    let none = internal.grant(worker.id, &GrantRoles { roles: vec![Role::Service] }).await.unwrap_err();
    assert_eq!(none.code(), "invalid-body");
    internal.grant(worker.id, &GrantRoles { roles: vec![Role::Staff, Role::Customer] }).await.unwrap();
    let after = refresh(&fleet, &before).await.unwrap();
    assert_eq!(fleet.orders(after.access_token.expose()).order(order.id).await.unwrap().id, order.id);
    let at_the_public_door = Request::new("PUT", &format!("/admin/accounts/{}/roles", worker.id))
        .bearer(after.access_token.expose())
        .json(r#"{"roles":["admin"]}"#);
    assert_eq!(fleet.send(at_the_public_door).await.status, 404);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_program_gets_tokens_for_its_secret_in_both_ways() {
    let fleet = Fleet::start_with(&[STRICT]).await;
    let internal = tradewind_accounts_contract::AccountsClient::new(fleet.internal("accounts"));
    let secret = "0123456789abcdef0123456789abcd%f";
    let client = PutClient { secret: Password::new(secret) };
    internal.put_client(&"robot".parse().unwrap(), &client).await.unwrap();
    let public = fleet.accounts("nobody");
    let tokens = public.token(&TokenRequest::client("robot", secret)).await.unwrap();
    assert_eq!(tokens.refresh_token, None);
    // A program is no customer: it is known, and has no account.
    assert_eq!(status_of(&fleet, tokens.access_token.expose()).await, 403);
    // "robot:0123456789abcdef0123456789abcd%25f", as RFC 6749 §2.3.1 writes it.
    let basic = "Basic cm9ib3Q6MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkJTI1Zg==";
    let by_header = form("grant_type=client_credentials").header("Authorization", basic);
    assert_eq!(fleet.send(by_header).await.status, 200);
    for (id, secret) in [("robot", "0123456789abcdef0123456789abcdef"), ("nobody", secret)] {
        let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let answer = fleet.send(form(body)).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("invalid_client")));
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic"));
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn who_guesses_at_many_accounts_has_to_wait_wherever_they_say_they_are() {
    let fleet = Fleet::start_with(&["accounts.lockout.after_from_address=4"]).await;
    let person = Person::register(&fleet, "Edsger").await;
    // Who signs in rightly holds nothing against the others.
    for _ in 0..6 {
        person.signed_in(&fleet).await;
    }
    let mut seen = Vec::new();
    for number in 0..5 {
        let body = format!("grant_type=password&username=somebody{number}%40example.com&password=guessed+at");
        let answer = fleet.send(form(body).header("X-Forwarded-For", format!("192.0.2.{number}"))).await;
        seen.push(answer.status);
        assert_eq!(answer.status == 429, answer.header("retry-after").is_some());
    }
    assert_eq!(seen, [400, 400, 400, 400, 429]);
    fleet.shutdown().await;
}

#[tokio::test]
async fn tokens_that_somebody_else_made_are_refused() {
    let fleet = Fleet::start_with(&[STRICT]).await;
    let person = Person::register(&fleet, "Edsger").await;
    let good = person.signed_in(&fleet).await.access_token.expose().to_owned();
    assert_eq!(status_of(&fleet, &good).await, 200);
    let parts: Vec<&str> = good.split('.').collect();
    // {"alg":"none","typ":"at+jwt"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", parts[1]);
    let foreign = SigningKey::generate(&Entropy::seeded(1)).unwrap();
    let now = fleet.clock().now();
    let forged = foreign.issue(&Claims {
        issuer: "http://localhost:8080".to_owned(),
        audience: vec!["tradewind".to_owned()],
        subject: person.id.to_string(),
        client: "shop".to_owned(),
        roles: vec!["admin".to_owned()],
        issued_at: now,
        expires_at: now.plus(std::time::Duration::from_secs(600)),
        id: Id::from_u128(1),
    });
    // The head names the key of the shop, and another has signed.
    let relabelled = format!("{}.{}", parts[0], forged.expose().split_once('.').unwrap().1);
    let cut = good[..good.len() - 2].to_owned();
    for token in [unsigned, forged.expose().to_owned(), relabelled, cut] {
        assert_eq!(status_of(&fleet, &token).await, 401, "{token}");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn where_everything_is_can_be_found_out() {
    let fleet = Fleet::start().await;
    Person::register(&fleet, "Edsger").await.signed_in(&fleet).await;
    let told = fleet.send(Request::new("GET", "/.well-known/openid-configuration")).await.json();
    assert_eq!(told["issuer"], "http://localhost:8080");
    let keys = told["jwks_uri"].as_str().unwrap().strip_prefix("http://localhost:8080").unwrap();
    let shown = fleet.send(Request::new("GET", keys)).await.json();
    assert_eq!(shown, fleet.send(Request::new("GET", "/.well-known/jwks.json")).await.json());
    let names: Vec<&String> = shown["keys"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"], "nothing private is shown");
    fleet.shutdown().await;
}
