//! What takes hours, in paused time.

use std::time::Duration;

use serde_json::Value;
use tradewind_accounts_contract::{KEYS_PATH, TokenRequest};
use tradewind_journeys::{Fleet, Person};

use super::STRICT;

const MINUTE: Duration = Duration::from_secs(60);

/// Whether somebody who shows this token is let in.
async fn is_let_in(fleet: &Fleet, token: &str) -> bool {
    fleet.caller("customers", token).get::<Value>("/api/customers/v1/me").await.is_ok()
}

/// The ids of the keys that are shown.
async fn keys(fleet: &Fleet) -> Vec<String> {
    let shown: Value = fleet.stranger("accounts").get(KEYS_PATH).await.unwrap();
    shown["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn too_many_attempts_cost_time_and_more_of_them_more() {
    let fleet = Fleet::simulated(7, &[STRICT]).await;
    let person = Person::register(&fleet, "Edsger").await;
    // Each call has a deadline of its own, and time passes.
    let token = async |asked: &TokenRequest| fleet.accounts("nobody").token(asked).await;
    for email in [person.email.as_str(), "nobody@example.com"] {
        let wrong = TokenRequest::password(email, "another password");
        for _ in 0..5 {
            assert_eq!(token(&wrong).await.unwrap_err().status(), 400);
        }
        let mut waits = Vec::new();
        for _ in 0..4 {
            let refused = token(&TokenRequest::password(email, &person.password)).await.unwrap_err();
            assert_eq!(
                refused.status(),
                429,
                "the right password does not help, nor does it tell who is known"
            );
            waits.push(refused.wait().unwrap().as_secs());
            fleet.pass(refused.wait().unwrap()).await;
            assert_eq!(token(&wrong).await.unwrap_err().status(), 400);
        }
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    }
    fleet.pass(16 * MINUTE).await;
    person.signed_in(&fleet).await;
    for _ in 0..4 {
        let wrong = TokenRequest::password(person.email.as_str(), "another password");
        assert_eq!(token(&wrong).await.unwrap_err().status(), 400, "all is forgotten");
    }
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_expires_and_a_session_goes_on() {
    let fleet = Fleet::simulated(7, &[STRICT, "accounts.refresh_token_ttl=1h"]).await;
    let tokens = Person::register(&fleet, "Edsger").await.signed_in(&fleet).await;
    let token = tokens.access_token.expose().to_owned();
    fleet.pass(10 * MINUTE).await;
    assert!(is_let_in(&fleet, &token).await, "clocks may be a minute off");
    fleet.pass(2 * MINUTE).await;
    assert!(!is_let_in(&fleet, &token).await);
    let refresh = TokenRequest::refresh(tokens.refresh_token.unwrap());
    let next = fleet.accounts("nobody").token(&refresh).await.unwrap();
    assert!(is_let_in(&fleet, next.access_token.expose()).await);
    fleet.pass(60 * MINUTE).await;
    let late = TokenRequest::refresh(next.refresh_token.unwrap());
    assert_eq!(fleet.accounts("nobody").token(&late).await.unwrap_err().status(), 400);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn keys_are_shown_before_they_sign_and_until_their_last_token_has_expired() {
    let fleet = Fleet::simulated(7, &[STRICT]).await;
    let person = Person::register(&fleet, "Edsger").await;
    let signed_by = async |person: &Person| {
        let token = person.signed_in(&fleet).await.access_token.expose().to_owned();
        (tradewind_token::key_id(&token).unwrap(), token)
    };
    let (first, _) = signed_by(&person).await;
    assert_eq!(keys(&fleet).await, [first.as_str()]);
    // A day, less the hour in which the next one is shown, and a minute more.
    fleet.pass((23 * 60 + 1) * MINUTE).await;
    let shown = keys(&fleet).await;
    assert_eq!((shown.len(), signed_by(&person).await.0), (2, first.clone()));
    fleet.pass(58 * MINUTE).await;
    let (last, old_token) = signed_by(&person).await;
    fleet.pass(2 * MINUTE).await;
    let (second, token) = signed_by(&person).await;
    assert_eq!((last, second.as_str()), (first, shown[1].as_str()));
    assert!(is_let_in(&fleet, &token).await && is_let_in(&fleet, &old_token).await);
    fleet.pass(15 * MINUTE).await;
    assert_eq!(keys(&fleet).await, [second.as_str()]);
    fleet.shutdown().await;
}
