//! What is refused: addresses inside, types that are not public, people who do not work here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tradewind_testkit::Request;

use super::*;

async fn refused(fleet: &Fleet, url: &str, types: &[&str]) -> String {
    webhooks(fleet).register(HOOK, &wish(url, types)).await.unwrap_err().code().to_owned()
}

#[tokio::test]
async fn an_address_that_leads_inside_is_refused_and_so_is_a_type_that_is_not_public() {
    let fleet = Fleet::start().await;
    for url in [
        "http://example.com/hooks",
        "https://127.0.0.1/hooks",
        "https://[::1]:8150/admin",
        "https://localhost/hooks",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://user:word@example.com/",
        "ftp://example.com/",
        "nonsense",
    ] {
        assert_eq!(refused(&fleet, url, &[OPENED]).await, "webhook-address-refused", "{url}");
    }
    for kind in ["tradewind.orders.order-placed.v1", "tradewind.customers.customer-registered.v1", "x"] {
        assert_eq!(
            refused(&fleet, "https://example.com/", &[OPENED, kind]).await,
            "unknown-event-type",
            "{kind}"
        );
    }
    assert_eq!(refused(&fleet, "https://example.com/", &[]).await, "invalid-body");
    assert_eq!(webhooks(&fleet).endpoints().await.unwrap().items, []);
    fleet.shutdown().await;
}

#[tokio::test]
async fn endpoints_are_for_staff_and_their_secrets_are_in_no_row() {
    let (fleet, receiver) = (shop(&[]).await, Receiver::new());
    let secret = register(&fleet, HOOK, &receiver, &[LISTED]).await;
    for path in ["", &format!("/{HOOK}"), &format!("/{HOOK}/deliveries")] {
        let path = format!("/api/webhooks/v1/endpoints{path}");
        assert_eq!(fleet.send(Request::new("GET", &path)).await.status, 401, "{path}");
        let answer = fleet.send(Request::new("GET", &path).bearer(&ada())).await;
        answer.refused(403, "forbidden").unwrap_or_else(|wrong| panic!("{path}: {wrong}"));
        let shown = fleet.send(Request::new("GET", &path).bearer(&staff())).await;
        assert!(shown.status == 200 && !shown.text().contains(&secret), "{path}: {}", shown.text());
    }
    let other = RegisterEndpoint { about: "something else".to_owned(), ..wish(&receiver.url(), &[LISTED]) };
    assert_eq!(webhooks(&fleet).register(HOOK, &other).await.unwrap_err().code(), "conflict");
    let bytes = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let kept = fleet.sealed_secrets().await;
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].windows(8).any(|part| part == &bytes[..8]), "it is sealed");
    assert_eq!(
        fleet.rows().await.of("webhooks", "idempotency"),
        0,
        "no answer with a secret is kept for a key"
    );
    fleet.shutdown().await;
}
