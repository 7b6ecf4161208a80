//! What becomes of a mail when the server takes it, says no, ends the connection, or says nothing, in each phase.

use std::time::Duration;

use tradewind_kernel::{Clock, Id, Secret, Timestamp};
use tradewind_smtp::{Draft, Login, Mail, Mailbox, Phase, Relay, RelayOptions, Security, Sent};

use tradewind_testkit::MailServer;
use tradewind_testkit::smtp::Turn;

pub(crate) fn mail() -> Mail {
    let from = Mailbox::new("The shop", "shop@example.com".parse().unwrap());
    let to = Mailbox::new("Ada", "ada@example.com".parse().unwrap());
    let draft = Draft {
        id: Id::from_u128(7),
        from: &from,
        to: &to,
        at: Timestamp::from_micros(0),
        subject: "Your order",
        language: "en",
        text: "Thank you.\n.\nA line with a dot alone ends nothing.\n",
        html: "<p>Thank you.</p>",
        unsubscribe: None,
    };
    Mail::compose(&draft).unwrap()
}

pub(crate) fn options(port: u16) -> RelayOptions {
    RelayOptions {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Nothing,
        login: None,
        hello: "shop.example.com".to_owned(),
        authorities: None,
        timeout: Duration::from_secs(10),
    }
}

async fn sent(server: &MailServer, timeout: Duration) -> Sent {
    let relay = Relay::new(RelayOptions { timeout, ..options(server.port) }, Clock::system()).unwrap();
    relay.send(&mail()).await
}

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_server_takes_a_mail_whole() {
    let server = MailServer::start(&[]).await;
    assert_eq!(sent(&server, LONG).await, Sent::Accepted { code: 250 });
    let heard = server.heard();
    let commands =
        ["EHLO shop.example.com", "MAIL FROM:<shop@example.com>", "RCPT TO:<ada@example.com>", "DATA"];
    assert_eq!(heard[0].commands[..4], commands);
    let content = heard[0].content.clone().unwrap();
    // The line break before the dot that ends it belongs to the protocol.
    assert_eq!(content.trim_end(), String::from_utf8(mail().bytes().to_vec()).unwrap().trim_end());
}

#[tokio::test]
async fn a_refusal_says_to_what_and_whether_for_good() {
    for (command, phase) in [
        ("MAIL", Phase::Sender),
        ("RCPT", Phase::Recipient),
        ("DATA", Phase::Data),
        ("content", Phase::Content),
    ] {
        for (says, code, is_permanent) in [("450 not now", 450, false), ("550 never", 550, true)] {
            let server = MailServer::start(&[(command, Turn::Say(says))]).await;
            let text = says[4..].to_owned();
            let refused = Sent::Refused { phase, code, text, is_permanent };
            assert_eq!(sent(&server, LONG).await, refused, "{command} {says}");
        }
    }
    for (command, says, code) in [("greeting", "554 go away", 554), ("EHLO", "421 too busy", 421)] {
        let server = MailServer::start(&[(command, Turn::Say(says))]).await;
        let is_refused = |sent: &Sent| {
            matches!(sent,
            Sent::Refused { phase: Phase::Connection, code: said, .. } if *said == code)
        };
        let sent = sent(&server, LONG).await;
        assert!(is_refused(&sent), "{command}: {sent:?}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_leaves_it_open_only_when_the_content_was_sent() {
    for turn in [Turn::Close, Turn::Wait] {
        let limit = if matches!(turn, Turn::Close) { LONG } else { SHORT };
        for (command, phase) in [
            ("greeting", Phase::Connection),
            ("EHLO", Phase::Connection),
            ("MAIL", Phase::Sender),
            ("RCPT", Phase::Recipient),
            ("DATA", Phase::Data),
        ] {
            let server = MailServer::start(&[(command, turn)]).await;
            let sent = sent(&server, limit).await;
            let is_so = matches!(&sent, Sent::NotSent { phase: until, .. } if *until == phase);
            assert!(is_so, "{command} {turn:?}: {sent:?}");
        }
        let server = MailServer::start(&[("content", turn)]).await;
        let sent = sent(&server, limit).await;
        assert!(matches!(sent, Sent::Unknown { .. }), "{turn:?}: {sent:?}");
        assert!(server.heard()[0].content.is_some(), "the server has it, and nobody can know");
    }
}

#[tokio::test]
async fn a_mail_is_sent_though_the_server_says_no_goodbye() {
    for turn in [Turn::Close, Turn::Wait, Turn::Say("500 what?")] {
        let server = MailServer::start(&[("QUIT", turn)]).await;
        assert_eq!(sent(&server, LONG).await, Sent::Accepted { code: 250 }, "{turn:?}");
    }
}

#[tokio::test]
async fn where_nobody_is_nothing_is_sent() {
    let away = MailServer::away();
    let relay = Relay::new(options(away.port), Clock::system()).unwrap();
    let sent = relay.send(&mail()).await;
    assert!(matches!(sent, Sent::NotSent { phase: Phase::Connection, .. }), "{sent:?}");
}

#[tokio::test]
async fn who_sends_is_said_before_anything_else() {
    let login = || Some(Login { user: "shop".to_owned(), secret: Secret::new("a secret") });
    let server = MailServer::start(&[]).await;
    let with_login = |server: &MailServer| RelayOptions { login: login(), ..options(server.port) };
    let relay = Relay::new(with_login(&server), Clock::system()).unwrap();
    assert_eq!(relay.send(&mail()).await, Sent::Accepted { code: 250 });
    let commands = server.heard()[0].commands.clone();
    assert!(commands[1].starts_with("AUTH PLAIN "), "{commands:?}");
    assert!(commands[2].starts_with("MAIL FROM:"), "{commands:?}");
    let server = MailServer::start(&[("AUTH", Turn::Say("535 wrong"))]).await;
    let relay = Relay::new(with_login(&server), Clock::system()).unwrap();
    let sent = relay.send(&mail()).await;
    let refused = matches!(&sent, Sent::Refused { phase: Phase::Login, code: 535, is_permanent: true, .. });
    assert!(refused, "{sent:?}");
    // A server that wants no login gets none of the secret, and no mail.
    let server = MailServer::start(&[("EHLO", Turn::Say("250 here"))]).await;
    let relay = Relay::new(with_login(&server), Clock::system()).unwrap();
    let sent = relay.send(&mail()).await;
    assert!(matches!(&sent, Sent::NotSent { phase: Phase::Login, .. }), "{sent:?}");
    assert_eq!(server.heard()[0].commands.len(), 1);
}

#[tokio::test]
async fn an_address_that_is_not_ascii_needs_a_server_that_takes_it() {
    let from = Mailbox::new("The shop", "shop@example.com".parse().unwrap());
    let to = Mailbox::new("Jörg", "jörg@example.com".parse().unwrap());
    let draft = Draft {
        id: Id::from_u128(7),
        from: &from,
        to: &to,
        at: Timestamp::from_micros(0),
        subject: "x",
        language: "de",
        text: "x",
        html: "x",
        unsubscribe: None,
    };
    let mail = Mail::compose(&draft).unwrap();
    let server = MailServer::start(&[]).await;
    let sent = Relay::new(options(server.port), Clock::system()).unwrap().send(&mail).await;
    assert!(matches!(&sent, Sent::Refused { phase: Phase::Recipient, is_permanent: true, .. }), "{sent:?}");
    let server = MailServer::start(&[("EHLO", Turn::Say("250-here\r\n250-8BITMIME\r\n250 SMTPUTF8"))]).await;
    let sent = Relay::new(options(server.port), Clock::system()).unwrap().send(&mail).await;
    assert_eq!(sent, Sent::Accepted { code: 250 });
    assert!(server.heard()[0].commands[1].ends_with(" SMTPUTF8"), "{:?}", server.heard()[0].commands);
}
