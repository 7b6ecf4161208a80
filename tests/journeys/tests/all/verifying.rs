//! The oracles: clean after every kind of order, and each of them notices what it is there for.

use std::collections::BTreeMap;

use tradewind_cart_contract::Payment;
use tradewind_fleet::oracles;
use tradewind_journeys::{Fleet, Person, ada, grace, staff};
use tradewind_kernel::{Currency, Id, Money};
use tradewind_orders_contract::OrderState;
use tradewind_payments_contract::{AskRefund, GrantRefund, PaymentsClient, RefundReason};
use tradewind_testkit::Request;
use tradewind_verify::{Evidence, Finding, Oracle, Verdict, judge};

/// An oracle, and changes of the evidence that it must notice, whoever else does.
const TAMPERED: &[(&str, &[&str])] = &[
    (
        "log-without-gaps",
        &[
            "delete from event_log where sequence = 1 and service = 'orders'",
            "insert into event_log select * from event_log where service = 'stock' limit 1",
        ],
    ),
    ("log-counts-its-keys", &["update event_key set sequence = sequence + 1 where service = 'orders'"]),
    ("event-ids-once", &["update event_log set id = (select min(id) from event_log)"]),
    (
        "effects-once",
        &["insert into event_log select service, position + 100000, 'x', type, partition_key, sequence + 1,
            correlation, causation, recorded_at from event_log where causation is not null limit 1"],
    ),
    ("causes-exist", &["update event_log set causation = 'x' where causation is not null"]),
    ("events-handled", &["update event_cursor set position = position - 1 where service = 'stock'"]),
    (
        "letters-counted",
        &[
            "insert into parked_key values ('stock', 'orders', 'order-1', 1)",
            "insert into dead_letters values ('stock', 'orders', 1, 'x', 'order-1')",
        ],
    ),
    ("keys-answered-once", &["insert into idempotency select * from idempotency limit 1"]),
    (
        "stock-adds-up",
        &[
            "update item set reserved = on_hand + 1",
            "update item set sold = 1 where product_id = '1'",
            "delete from receipt",
        ],
    ),
    ("stock-reserved-is-held", &["update item set reserved = reserved + 1 where product_id = '1'"]),
    ("stock-sold-is-picked", &["update item set sold = sold + 1 where product_id = '1'"]),
    (
        "credit-reserved-is-held",
        &["update account set reserved = reserved + 1", "update account set owed = owed + 1"],
    ),
    (
        "order-histories",
        &[
            "delete from stream_event where type = 'stock-confirmed'",
            "update stream_event set type = 'opened' where type = 'rejected'",
            "insert into stream_event select service, stream, max(version) + 1, 'opened' from stream_event
                group by stream having sum(type = 'rejected') = 1",
        ],
    ),
    (
        "order-views-follow-their-streams",
        &["update order_view set state = 'OPEN' where state = 'REJECTED'", "delete from order_view"],
    ),
    (
        "snapshots-follow-their-streams",
        &[
            "update order_snapshot set version = version + 1",
            "update order_snapshot set status = 'new'",
            "update order_snapshot set stock_confirmed = 0",
            "update order_snapshot set is_cancelling = 1 - is_cancelling",
        ],
    ),
    (
        "order-totals",
        &[
            "update order_view set total_minor = total_minor + 1",
            "update order_view set discount_minor = discount_minor + 1 where quote_id is not null",
            "update order_view set tax_minor = tax_minor - 1 where quote_id is not null",
        ],
    ),
    (
        "orders-announced",
        &[
            "delete from event_log where type = 'tradewind.orders.order-opened.v1'",
            "delete from stream_event where type = 'rejected'",
        ],
    ),
    (
        "orders-one-per-key",
        &[
            "update order_view set order_id = 'x'",
            "insert into idempotency select service, scope, key || '-', status, headers, recorded_at
                from idempotency where service = 'orders'",
        ],
    ),
    ("orders-have-ended", &["update order_view set state = 'NEW'"]),
    (
        "stock-follows-orders",
        &[
            "update reservation set state = 'held'",
            "update reservation set state = 'released'",
            "update reservation set quantity = quantity + 1 where state in ('held', 'confirmed')",
        ],
    ),
    (
        "credit-follows-orders",
        &[
            "update credit_reservation set state = 'held'",
            "update credit_reservation set state = 'released'",
            "update credit_reservation set amount = amount + 1 where state in ('held', 'confirmed')",
        ],
    ),
    (
        "views-follow-their-owners",
        &[
            "update product set price_minor = price_minor + 1",
            "update product set prices = '[]'",
            "update stock_level set amount = coalesce(amount, 0) + 1",
            "update cart_product set name = name || '-'",
            "delete from cart_product",
            "delete from product_view",
            "delete from customer_view",
        ],
    ),
    ("processes-end", &["update saga_instance set is_stuck = 1", "update saga_instance set ended_at = 1"]),
    (
        "fulfilments-follow-orders",
        &[
            "update saga_instance set state = 'done' where saga = 'fulfilment'",
            "update order_view set state = 'CANCELLED' where state = 'OPEN'",
        ],
    ),
    ("ledger-balances", &["update ledger_entry set amount = amount + 1 where account = 'provider'"]),
    (
        "ledger-follows-payments",
        &[
            "update ledger_entry set amount = amount + 1 where account = 'sales'",
            "update payment_view set amount = amount + 1 where state = 'captured'",
        ],
    ),
    (
        "payments-follow-orders",
        &[
            "update payment_view set state = 'requested' where state = 'captured'",
            "update payment_view set amount = amount + 1",
            "delete from payment_view",
            "update order_view set state = 'CANCELLED' where payment = 'card'",
        ],
    ),
    (
        "provider-books-equal",
        &[
            "update charge set captured = captured + 1",
            "update charge set state = 'authorised', captured = 0",
            "update payment_view set state = 'released' where state = 'authorised'",
            "delete from charge",
        ],
    ),
    (
        "refund-requests-follow-payments",
        &[
            "update payment_view set refunded = 0",
            "update payment_view set refunded = amount + 1",
            "update refund_request set number = number + 1",
            "update refund_request set granted = amount + 1 where state <> 'asked'",
            "insert into refund_request select * from refund_request where state = 'asked'",
            "insert into refund_request select * from refund_request where state <> 'asked'",
            "delete from stream_event where type = 'refund-asked'",
            "update refund_request set state = 'failed' where state <> 'asked'",
            "delete from payment_view",
        ],
    ),
    (
        "webhooks-deliver-each-once",
        &[
            "delete from delivery",
            "update webhook_event set event_id = 'x'",
            "insert into delivery select * from delivery limit 1",
            "update endpoint_type set type = 'x'",
        ],
    ),
    (
        "webhooks-in-order",
        &[
            "delete from lane",
            "update delivery set state = 'delivered'
                where number in (select max(number) from delivery group by lane having count(*) > 1)",
        ],
    ),
    (
        "notifications-follow-orders",
        &[
            "delete from notification",
            "delete from notification where occasion = 'order-rejected'",
            "update notification set state = 'unwanted' where state = 'requested'",
            "update notification set state = 'requested' where state = 'unwanted'",
            "insert into notification select * from notification limit 1",
            "insert into notification select service, 'x', customer_id, occasion, order_id, part, state, language
                from notification limit 1",
            "insert into early_news select 'notification', 'x', order_id from notification limit 1",
        ],
    ),
    (
        "mails-follow-notifications",
        &[
            "delete from mail",
            "update mail set recipient_id = 'x'",
            "update mail set language = 'x'",
            "insert into mail select * from mail limit 1",
            "insert into mailbox_mail select * from mailbox_mail limit 1",
            "delete from notification where state = 'requested'",
        ],
    ),
    (
        "orders-follow-quotes",
        &[
            "delete from order_view where quote_id is not null",
            "delete from completed_cart",
            "update order_view set customer_id = 'x' where quote_id is not null",
            "update order_view set total_minor = total_minor + 1 where quote_id is not null",
            "update taken_quote set lines = replace(lines, '1.20', '1.21')",
            "update taken_quote set currency = 'EUR'",
        ],
    ),
    (
        "coupons-within-limits",
        &[
            "update coupon set redeemed = redeemed + 1",
            "update coupon set redemption_limit = 0",
            "update coupon_redemption set state = 'returned' where state = 'held'",
        ],
    ),
    (
        "coupons-follow-orders",
        &[
            "update coupon_redemption set state = 'consumed' where state = 'held'",
            "update coupon_redemption set state = 'held' where state = 'returned'",
            "delete from coupon_redemption",
        ],
    ),
    ("people-are-customers", &["delete from account where credit_limit = 0"]),
    (
        "erased-people-are-gone",
        &[
            "update person set personal = 1",
            "update person set keys = 1 - keys",
            "update session set ended = 0",
            "update account set named = 1",
            "update refund_request set customer_id = (select account_id from person where state = 'erased')",
        ],
    ),
    ("sessions-have-one-token", &["update session set unused = 2", "update session set ended = 1 - ended"]),
    (
        "stored-objects-add-up",
        &[
            "update storage_usage set bytes = bytes + 1",
            "update storage_usage set objects = 0",
            "update stored_blob set state = 'condemned'",
            "delete from stored_blob",
            "delete from stored_object",
        ],
    ),
    (
        "audit-chains-are-whole",
        &[
            "delete from audit_record where service = 'stock' and sequence = 2",
            "delete from audit_record where service = 'stock'",
            "update audit_record set previous = hash where service = 'stock' and sequence = 2",
            "update audit_record set sequence = sequence + 1 where service = 'customers'",
            "update audit_head set records = records + 1",
            "update audit_head set hash = 'x'",
            "delete from audit_head",
        ],
    ),
    (
        "audit-tells-of-changes",
        &[
            "delete from audit_record where sequence = (select max(sequence) from audit_record
                where action = 'stock.goods-received') and service = 'stock'",
            "update receipt set quantity = quantity + 1",
            "delete from receipt",
            "update account set credit_limit = credit_limit + 1",
        ],
    ),
];

/// A shop in which orders have ended in every way.
async fn lively() -> Fleet {
    // Nothing is fulfilled while evidence is looked at.
    let settings = ["webhooks.allow_private=true", "orders.cancellation_window=10m"];
    let fleet = Fleet::start_with(&settings).await;
    // Nobody is there, so that deliveries wait.
    let hook = r#"{"url":"http://127.0.0.1:1/","types":["tradewind.orders.order-opened.v1",
        "tradewind.orders.order-cancelled.v1"]}"#;
    let path = "/api/webhooks/v1/endpoints/01980000-0000-7000-8000-0000000000e1";
    let hook = fleet.send(Request::new("PUT", path).bearer(&staff()).json(hook)).await;
    assert_eq!(hook.status, 200, "{}", hook.text());
    // Who has an address gets mails.
    fleet.seeder().people().await.unwrap();
    fleet.order(&ada(), &[("2", 2), ("1", 2)]).await;
    fleet.order(&ada(), &[("3", 1)]).await;
    fleet.order(&grace(), &[("1", 1), ("2", 3)]).await;
    let called_off = fleet.order(&grace(), &[("1", 1)]).await;
    fleet.cancel(&grace(), called_off.id).await;
    fleet.coupon("TEN", 1_000, Some(2)).await;
    for (token, product) in [(ada(), "1"), (grace(), "4")] {
        let cart = fleet.filled_cart(&fleet.carts(&token), &[(product, 1)]).await;
        fleet.carts(&token).enter_coupon(cart, &"TEN".parse().unwrap()).await.unwrap();
        fleet.check_out(&token, cart, Payment::Account).await;
    }
    let card = r#"{"number":"4242424242424242","expiry":"12/99","cvc":"123"}"#;
    let card = fleet.send(Request::new("POST", "/api/provider/v1/cards").json(card)).await;
    let token = card.json()["token"].as_str().unwrap().to_owned();
    // Of one the money is taken, of the other it is only held.
    let held = fleet.order_by_card(&ada(), &[("1", 1)], &token).await;
    assert_eq!(held.state, OrderState::Open);
    let paid = fleet.order_by_card(&ada(), &[("3", 1)], &token).await;
    let path = format!("/admin/payments/{}/capture", paid.id);
    let capture = Request::new("PUT", &path).bearer(fleet.secret().expose());
    assert_eq!(capture.send(fleet.door("payments/internal")).await.status, 200);
    asked_back(&fleet, paid.id.id()).await;
    fleet.seeder().pictures().await.unwrap();
    for (name, stays) in [("Edsger", true), ("Barbara", false)] {
        let person = Person::register(&fleet, name).await;
        person.signed_in(&fleet).await;
        if !stays {
            person.erase(&fleet).await;
        }
    }
    fleet.quiet().await;
    fleet.mails(1).await;
    fleet
}

/// Money is asked back twice: once it is granted in part, and once nobody has decided.
async fn asked_back(fleet: &Fleet, order: Id) {
    let hers = PaymentsClient::new(fleet.caller("gateway/data-plane", &ada()));
    let desk = PaymentsClient::new(fleet.caller("gateway/data-plane", &staff()));
    let pound = Money::from_minor(100, Currency::GBP);
    let note = "It has a crack.".parse().ok();
    let asked = AskRefund { amount: pound, reason: RefundReason::Damaged, note };
    hers.ask_refund(order, 1, &asked).await.unwrap();
    let part = GrantRefund { amount: Money::from_minor(60, Currency::GBP) };
    desk.grant_refund(order, 1, &part).await.unwrap();
    hers.ask_refund(order, 2, &asked).await.unwrap();
    fleet.refunds_rest().await;
}

fn found(evidence: &Evidence, oracles: &[Oracle]) -> BTreeMap<String, Finding> {
    let findings = judge(&evidence.scratch, oracles, evidence.is_quiet);
    findings.into_iter().map(|finding| (finding.oracle.clone(), finding)).collect()
}

#[tokio::test]
async fn every_oracle_examines_rows_and_finds_a_lively_shop_clean() {
    let fleet = lively().await;
    let evidence = fleet.evidence().await;
    assert!(evidence.is_quiet);
    for (name, finding) in found(&evidence, &oracles().unwrap()) {
        assert_eq!(finding.verdict, Verdict::Clean, "{name}: {finding:?}");
        assert!(finding.examined > 0, "{name}");
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn every_oracle_notices_what_it_is_there_for() {
    let fleet = lively().await;
    let oracles = oracles().unwrap();
    let names: Vec<&str> = oracles.iter().map(|oracle| oracle.name).collect();
    let tampered: Vec<&str> = TAMPERED.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, tampered, "every oracle needs a change that it notices, in the same sequence");
    for (name, changes) in TAMPERED {
        for change in *changes {
            let evidence = fleet.evidence().await;
            assert!(evidence.scratch.tamper(change).unwrap() > 0, "{name}: {change} changes nothing");
            let finding = &found(&evidence, &oracles)[*name];
            assert_eq!(finding.verdict, Verdict::Broken, "{name} does not notice: {change}");
            assert!(!finding.rows.is_empty(), "{name}");
        }
    }
    fleet.shutdown().await;
}

#[tokio::test]
async fn an_empty_shop_shows_nothing_and_a_busy_one_is_not_judged_in_full() {
    let fleet = Fleet::start().await;
    let evidence = fleet.evidence().await;
    let findings = found(&evidence, &oracles().unwrap());
    assert_eq!(findings["order-totals"].verdict, Verdict::Nothing);
    let held = fleet.hold("customers").await;
    fleet.place(&ada(), &[("1", 1)]).await;
    let evidence = fleet.evidence_if_held().await;
    assert!(!evidence.is_quiet);
    let findings = found(&evidence, &oracles().unwrap());
    assert_eq!(findings["credit-follows-orders"].verdict, Verdict::Busy);
    assert_eq!(findings["order-totals"].verdict, Verdict::Clean);
    drop(held);
    fleet.shutdown().await;
}
