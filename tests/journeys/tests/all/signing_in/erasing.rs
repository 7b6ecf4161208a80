//! Somebody who wants to be forgotten.

use tradewind_accounts_contract::{AccountsClient, EraseMe, Password, PutAccount, Role, TokenRequest};
use tradewind_journeys::rows::shipping::KEPT;
use tradewind_journeys::{Fleet, Person, staff};
use tradewind_kernel::Id;
use tradewind_shipping_contract::{BookShipment, ShipmentLine, ShippingClient};

use super::STRICT;

#[tokio::test]
async fn what_was_sealed_elsewhere_cannot_be_read_any_more() {
    let fleet = Fleet::start().await;
    let (person, other) =
        (Person::register(&fleet, "Edsger").await, Person::register(&fleet, "Barbara").await);
    let shipping = ShippingClient::new(fleet.internal("shipping"));
    let book = async |order: u128, person: &Person| {
        let lines = vec![ShipmentLine { product_id: "1".parse().unwrap(), quantity: 2 }];
        let shipment = BookShipment { customer_id: person.id, lines };
        shipping.book(Id::from_u128(order), &shipment).await.unwrap();
    };
    book(7, &person).await;
    book(8, &other).await;
    let seen = async |order: u128| {
        let staff = ShippingClient::new(fleet.caller("gateway/data-plane", &staff()));
        staff.shipment(Id::from_u128(order)).await.unwrap().recipient
    };
    assert_eq!((seen(7).await.as_deref(), seen(8).await.as_deref()), (Some("Edsger"), Some("Barbara")));
    let kept: Vec<(Vec<u8>,)> = fleet.database("shipping").query(&KEPT, &[]).await.unwrap();
    assert!(kept.iter().all(|(sealed,)| !sealed.windows(6).any(|part| part == b"Edsger")), "it is sealed");
    person.erase(&fleet).await;
    // At once: no event has to arrive.
    assert_eq!((seen(7).await, seen(8).await.as_deref()), (None, Some("Barbara")));
    let still: Vec<(Vec<u8>,)> = fleet.database("shipping").query(&KEPT, &[]).await.unwrap();
    assert_eq!(still, kept, "the copy is there, as in every backup, and nobody can open it");
    fleet.quiet().await;
    fleet.shutdown().await;
}

#[tokio::test]
async fn who_is_erased_is_nobody_any_more() {
    let fleet = Fleet::start_with(&[STRICT]).await;
    let (person, other) =
        (Person::register(&fleet, "Edsger").await, Person::register(&fleet, "Barbara").await);
    let tokens = person.signed_in(&fleet).await;
    let own = fleet.accounts(tokens.access_token.expose());
    let export = own.export().await.unwrap();
    assert_eq!(
        (export.name.as_str(), export.email.as_str(), export.sessions.len()),
        ("Edsger", "edsger@example.com", 1)
    );
    let internal = AccountsClient::new(fleet.internal("accounts"));
    assert_eq!(internal.person_key(person.id).await.unwrap().name, "Edsger");
    let wrong = own.erase(&EraseMe { password: Password::new("another password") }).await.unwrap_err();
    assert_eq!(wrong.code(), "forbidden");
    assert!(own.export().await.is_ok());
    person.erase(&fleet).await;
    fleet.quiet().await;
    // The token is good for some minutes yet, and there is nothing to see.
    assert_eq!(own.who_am_i().await.unwrap_err().status(), 404);
    assert_eq!(own.export().await.unwrap_err().status(), 404);
    own.erase(&EraseMe { password: Password::new("whatever it was") }).await.unwrap();
    assert_eq!(internal.person_key(person.id).await.unwrap_err().status(), 404);
    let nobody = fleet.accounts("nobody");
    let sign_in = TokenRequest::password(person.email.as_str(), person.password.as_str());
    assert_eq!(nobody.token(&sign_in).await.unwrap_err().status(), 400);
    let refresh = TokenRequest::refresh(tokens.refresh_token.unwrap());
    assert_eq!(nobody.token(&refresh).await.unwrap_err().status(), 400);
    assert_eq!(fleet.account(tokens.access_token.expose()).await.name, "");
    let again = PutAccount {
        name: "Edsger".to_owned(),
        email: person.email.clone(),
        password: Password::new(person.password.as_str()),
        roles: vec![Role::Customer],
    };
    assert_eq!(internal.put(person.id, &again).await.unwrap_err().code(), "person-erased");
    // Nobody else is touched, and the address is free again.
    other.signed_in(&fleet).await;
    assert_ne!(Person::register(&fleet, "Edsger").await.id, person.id);
    fleet.shutdown().await;
}
