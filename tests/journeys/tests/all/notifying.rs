//! Orders become mails: once, in the language that was chosen, whatever fails on the way.

use std::collections::BTreeMap;

use tradewind_db::{Tx, Work};
use tradewind_journeys::rows::notification::REWIND;
use tradewind_journeys::{Fleet, Person, ada, grace, staff, user};
use tradewind_kernel::{Context, Entropy, Id, Principal};
use tradewind_mail_contract::{Arrived, Delivery, DeliveryState, SendTestMail};
use tradewind_notification_contract::{Channel, Language, NotificationState, Occasion, SetPreferences};
use tradewind_orders_contract::OrderState;
use tradewind_testkit::MailServer;
use tradewind_testkit::Request;
use tradewind_testkit::smtp::Turn;

/// A shop whose orders are fulfilled at once, and which tries mails again soon.
const SOON: [&str; 4] = [
    "orders.cancellation_window=0s",
    "shipping.pretend_carrier.handed_over=0s",
    "mail.first_pause=50ms",
    "mail.longest_pause=200ms",
];

/// A shop in which Ada and Grace have addresses.
async fn shop(more: &[&str]) -> Fleet {
    let settings: Vec<&str> = SOON.iter().chain(more).copied().collect();
    let fleet = Fleet::start_with(&settings).await;
    fleet.seeder().people().await.unwrap();
    fleet
}

async fn complete(fleet: &Fleet, token: &str, product: &str) -> Id {
    let order = fleet.order(token, &[(product, 1)]).await;
    fleet.comes_to(token, order.id, |order| order.state == OrderState::Completed).await;
    fleet.quiet().await;
    order.id.id()
}

fn wishes(language: Language, occasions: &[Occasion]) -> SetPreferences {
    SetPreferences { language, channels: vec![Channel::Mail], occasions: occasions.to_vec() }
}

/// The mails that all have ended, by what they tell of.
async fn ended(fleet: &Fleet, count: usize) -> Vec<Delivery> {
    let all = |mails: &[Delivery]| {
        mails.len() >= count && mails.iter().all(|mail| mail.state != DeliveryState::Waiting)
    };
    fleet.mail_comes_to(all).await
}

fn subjects<'a>(mails: &'a [Arrived], to: &str) -> Vec<&'a str> {
    mails.iter().filter(|mail| mail.to == to).map(|mail| mail.subject.as_str()).collect()
}

#[tokio::test]
async fn an_order_is_told_by_mail_once_in_the_language_that_was_chosen() {
    let fleet = shop(&[]).await;
    let chosen = wishes(Language::De, &[Occasion::OrderPlaced, Occasion::OrderCompleted]);
    let kept = fleet.notifications(&ada()).set_preferences(&chosen).await.unwrap();
    assert_eq!((kept.language, kept.occasions.len()), (Language::De, 2));
    let of_ada = complete(&fleet, &ada(), "1").await;
    let of_grace = complete(&fleet, &grace(), "2").await;
    ended(&fleet, 4).await;
    let mails = fleet.mails(4).await;
    assert_eq!(mails.len(), 4, "{mails:#?}");
    let german = subjects(&mails, "ada@example.com");
    assert!(german[0].starts_with("Deine Bestellung ist da (Bestellung "), "{german:?}");
    assert!(german[1].starts_with("Deine Bestellung ist fertig (Bestellung "), "{german:?}");
    let english = subjects(&mails, "grace@example.com");
    assert!(english[0].starts_with("We have your order (order "), "{english:?}");
    assert!(english[1].starts_with("Your order is complete (order "), "{english:?}");
    for (mail, order) in mails.iter().map(|mail| (mail, if mail.name == "Ada" { of_ada } else { of_grace })) {
        assert!(mail.text.contains(&format!("/orders/{order}")), "{}", mail.text);
        assert!(mail.html.contains(&format!("/orders/{order}")), "{}", mail.html);
        assert!(mail.text.starts_with(&format!(
            "{} {},",
            if mail.name == "Ada" { "Hallo" } else { "Hello" },
            mail.name
        )));
    }
    let told = fleet.notifications(&ada()).notifications().await.unwrap().items;
    assert!(told.iter().all(|each| each.order_id == of_ada), "{told:#?}");
    let states: BTreeMap<Occasion, NotificationState> =
        told.iter().map(|each| (each.occasion, each.state)).collect();
    assert_eq!(states.len(), told.len(), "each occasion once");
    assert_eq!(states[&Occasion::OrderPlaced], NotificationState::Requested);
    assert_eq!(states[&Occasion::OrderConfirmed], NotificationState::Unwanted);
    assert_eq!(states[&Occasion::OrderCompleted], NotificationState::Requested);
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_rejection_says_why_and_who_wants_nothing_gets_nothing() {
    let fleet = shop(&[]).await;
    let nothing = SetPreferences { channels: Vec::new(), ..wishes(Language::En, &Occasion::ALL) };
    fleet.notifications(&grace()).set_preferences(&nothing).await.unwrap();
    for token in [ada(), grace()] {
        // There are none.
        assert_eq!(fleet.order(&token, &[("4", 1)]).await.state, OrderState::Rejected);
    }
    ended(&fleet, 2).await;
    let mails = fleet.mailbox().await;
    assert!(subjects(&mails, "grace@example.com").is_empty(), "{mails:#?}");
    let rejected = mails.iter().find(|mail| mail.subject.starts_with("We could not accept your order"));
    let rejected = rejected.unwrap_or_else(|| panic!("{mails:#?}"));
    assert!(rejected.text.contains("Something that you ordered is sold out."), "{}", rejected.text);
    assert!(rejected.text.contains("1 × Cogs, £1.80"), "{}", rejected.text);
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_called_off_and_given_back_is_told() {
    let fleet = shop(&["orders.cancellation_window=10m"]).await;
    let order = fleet.order(&ada(), &[("1", 1)]).await;
    fleet.cancel(&ada(), order.id).await;
    ended(&fleet, 2).await;
    let told = fleet.notifications(&ada()).notifications().await.unwrap().items;
    assert!(told.iter().any(|each| each.occasion == Occasion::OrderCancelled), "{told:#?}");
    let mails = fleet.mails(2).await;
    assert!(mails.iter().any(|mail| mail.subject.starts_with("Your order was cancelled")), "{mails:#?}");
    fleet.shutdown().await;
}

/// Lets a service hear again what it has heard.
struct Rewind;

impl Work for Rewind {
    type Output = ();
    type Error = tradewind_db::DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), tradewind_db::DbError> {
        tx.execute(&REWIND, &[]).await.map(drop)
    }
}

#[tokio::test]
async fn what_is_heard_twice_is_told_once() {
    let fleet = shop(&[]).await;
    complete(&fleet, &ada(), "1").await;
    let before = ended(&fleet, 2).await;
    let arrived = fleet.mails(before.len()).await;
    let entropy = Entropy::seeded(1);
    for service in ["notification", "mail"] {
        let context = Context::begin(Principal::Anonymous, fleet.clock(), &entropy);
        fleet.database(service).write(&context, Rewind).await.unwrap();
    }
    let fleet = fleet.restart().await;
    fleet.quiet().await;
    assert_eq!(ended(&fleet, 2).await, before);
    assert_eq!(fleet.mailbox().await, arrived);
    fleet.leave().await;
}

#[tokio::test]
async fn mails_wait_for_a_server_that_is_away_and_go_out_once_when_it_is_back() {
    let server = MailServer::away();
    let port_setting = format!("mail.smtp.port={}", server.port);
    let smtp = ["mail.transport=smtp", "mail.smtp.host=127.0.0.1", "mail.smtp.tls=off", &port_setting];
    let more: Vec<&str> = smtp.into_iter().chain(["mail.attempts=50", "mail.smtp.timeout=5s"]).collect();
    let fleet = shop(&more).await;
    complete(&fleet, &ada(), "1").await;
    let tried = |mails: &[Delivery]| mails.len() >= 2 && mails.iter().all(|mail| mail.attempts >= 1);
    let waiting = fleet.mail_comes_to(tried).await;
    assert!(
        waiting.iter().all(|mail| mail.state == DeliveryState::Waiting && mail.unknown == 0),
        "{waiting:#?}"
    );
    // Whoever looks after the fleet starts it anew meanwhile.
    let fleet = fleet.restart().await;
    let server = server.is_back(&[("RCPT", Turn::Say("451 not yet"))]).await;
    let refused = |mails: &[Delivery]| mails.iter().any(|mail| mail.code == Some(451));
    fleet.mail_comes_to(refused).await;
    assert!(server.contents().is_empty());
    server.change(&[]);
    let sent = ended(&fleet, 2).await;
    assert!(sent.iter().all(|mail| mail.state == DeliveryState::Sent && mail.unknown == 0), "{sent:#?}");
    let contents = server.contents();
    assert_eq!(contents.len(), sent.len(), "each once");
    for mail in &sent {
        let id = format!("Message-ID: <{}@example.com>", mail.id);
        assert_eq!(contents.iter().filter(|content| content.contains(&id)).count(), 1, "{id}");
    }
    assert!(contents.iter().all(|content| content.contains("To: Ada <ada@example.com>")), "{contents:#?}");
    // There is nothing to look into.
    let door = fleet.door("mail/admin");
    drop(Request::new("GET", "/").send(door).await.refusal(404, "not-found"));
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_mail_that_may_have_been_taken_is_sent_again_as_the_same_and_said_to_be_so() {
    let server = MailServer::start(&[("content", Turn::Close)]).await;
    let port = format!("mail.smtp.port={}", server.port);
    let smtp = ["mail.transport=smtp", "mail.smtp.host=127.0.0.1", "mail.smtp.tls=off", &port];
    let more: Vec<&str> = smtp.into_iter().chain(["mail.attempts=3"]).collect();
    let fleet = shop(&more).await;
    fleet
        .notifications(&ada())
        .set_preferences(&wishes(Language::En, &[Occasion::OrderPlaced]))
        .await
        .unwrap();
    fleet.order(&ada(), &[("1", 1)]).await;
    let failed = ended(&fleet, 1).await.remove(0);
    assert_eq!((failed.state, failed.attempts, failed.unknown), (DeliveryState::Failed, 3, 3), "{failed:?}");
    let id = format!("Message-ID: <{}@example.com>", failed.id);
    assert!(server.contents().iter().all(|content| content.contains(&id)), "{:?}", server.contents());
    assert_eq!(server.contents().len(), 3);
    // Staff have it tried again, once for a key, and it is sent.
    server.change(&[]);
    fleet.mail().retry(failed.id, "again").await.unwrap();
    fleet.mail().retry(failed.id, "again").await.unwrap();
    let sent = |mails: &[Delivery]| mails.iter().all(|mail| mail.state == DeliveryState::Sent);
    let sent = fleet.mail_comes_to(sent).await.remove(0);
    assert_eq!((sent.attempts, sent.unknown, sent.code), (4, 3, Some(250)));
    assert_eq!(fleet.mail().retry(failed.id, "more").await.unwrap_err().code(), "conflict");
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_a_server_refuses_for_good_is_not_tried_again_and_its_words_show_no_address() {
    let server = MailServer::start(&[("RCPT", Turn::Say("550 <ada@example.com>: nobody here"))]).await;
    let port = format!("mail.smtp.port={}", server.port);
    let smtp = ["mail.transport=smtp", "mail.smtp.host=127.0.0.1", "mail.smtp.tls=off", &port];
    let fleet = shop(&smtp).await;
    fleet
        .notifications(&ada())
        .set_preferences(&wishes(Language::En, &[Occasion::OrderPlaced]))
        .await
        .unwrap();
    fleet.order(&ada(), &[("1", 1)]).await;
    let failed = ended(&fleet, 1).await.remove(0);
    assert_eq!((failed.state, failed.attempts, failed.code), (DeliveryState::Failed, 1, Some(550)));
    assert_eq!(failed.answer.as_deref(), Some("recipient: <(the address)>: nobody here"));
    fleet.shutdown().await;
}

#[tokio::test]
async fn a_person_who_is_erased_leaves_the_mailbox_and_gets_nothing_more() {
    let fleet = shop(&[]).await;
    let edsger = Person::register(&fleet, "Edsger").await;
    let token = user(edsger.id);
    // Nobody owes anything here: the order is rejected, which is told.
    fleet.order(&token, &[("2", 1)]).await;
    ended(&fleet, 2).await;
    assert_eq!(subjects(&fleet.mailbox().await, &edsger.email).len(), 2);
    edsger.erase(&fleet).await;
    fleet.quiet().await;
    assert!(subjects(&fleet.mailbox().await, &edsger.email).is_empty());
    fleet.order(&token, &[("2", 1)]).await;
    let mails = ended(&fleet, 4).await;
    assert!(mails[2..].iter().all(|mail| mail.state == DeliveryState::NoRecipient), "{mails:#?}");
    assert!(subjects(&fleet.mailbox().await, &edsger.email).is_empty());
    fleet.shutdown().await;
}

#[tokio::test]
async fn staff_send_themselves_a_mail_to_see_that_mails_arrive() {
    let fleet = shop(&[]).await;
    let (id, test) = (Id::from_u128(7), SendTestMail { language: "de".to_owned() });
    // Sam, whose account the seeder made; the usual staff of these tests have none.
    let sam = format!("dev-staff-{}", Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0057));
    let of_sam = tradewind_mail_contract::MailClient::new(fleet.caller("gateway/data-plane", &sam));
    for _ in 0..2 {
        assert_eq!(of_sam.test(id, &test).await.unwrap().id, id);
    }
    fleet.mail().test(Id::from_u128(8), &test).await.unwrap();
    let mails = ended(&fleet, 2).await;
    assert_eq!((mails[0].state, mails[1].state), (DeliveryState::Sent, DeliveryState::NoRecipient));
    let arrived = fleet.mails(1).await;
    assert_eq!((arrived.len(), arrived[0].to.as_str()), (1, "sam@example.com"));
    assert_eq!(arrived[0].subject, "Eine Testmail");
    fleet.shutdown().await;
}

#[tokio::test]
async fn the_mailbox_is_a_page_for_people_on_this_machine_and_nobody_else() {
    let fleet = shop(&[]).await;
    let door = fleet.door("mail/admin");
    let get = |path: &str| Request::new("GET", path);
    let empty = get("/").send(door).await;
    assert_eq!(empty.status, 200);
    assert!(empty.text().contains("Nothing has arrived."), "{}", empty.text());
    fleet
        .notifications(&ada())
        .set_preferences(&wishes(Language::En, &[Occasion::OrderPlaced]))
        .await
        .unwrap();
    fleet.order(&ada(), &[("1", 1)]).await;
    let number = fleet.mails(1).await[0].number;
    let list = get("/").send(door).await;
    assert!(list.text().contains(&format!("href=\"/mails/{number}\"")), "{}", list.text());
    let policy = list.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    let mail = get(&format!("/mails/{number}")).send(door).await;
    assert!(mail.text().contains("1 × Widget, £1.20"), "{}", mail.text());
    let html = get(&format!("/mails/{number}/html")).send(door).await;
    assert!(html.header("content-security-policy").unwrap().starts_with("sandbox; default-src 'none'"));
    let of_others = get("/?to=grace@example.com").send(door).await;
    assert!(of_others.text().contains("Nothing has arrived for grace@example.com."), "{}", of_others.text());
    let of_ada = get("/?to=ADA@example.com").send(door).await;
    assert!(of_ada.text().contains("We have your order"), "{}", of_ada.text());
    for strange in [
        get("/mailbox.json").header("X-Forwarded-For", "127.0.0.1"),
        get("/mailbox.json").header("Host", "shop.example.com"),
    ] {
        drop(strange.send(door).await.refusal(404, "not-found"));
    }
    // Staff see that it was sent, and neither to which address nor what it says.
    let log = Request::new("GET", "/api/mailservice/mailservice/deliveries").bearer(&staff());
    let log = fleet.send(log).await.text();
    assert!(log.contains("\"state\":\"sent\"") && !log.contains("ada@") && !log.contains("Widget"), "{log}");
    fleet.shutdown().await;
}
