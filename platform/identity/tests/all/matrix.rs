//! Who is let in: each kind of certificate, with what the server says of it and what its caller gets to see.

use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tradewind_identity::{Demand, Member, Outcome, Protocol, Side};
use tradewind_kernel::Clock;
use tradewind_testkit::{TestAuthority, TestLeaf, within};

use crate::foreign;
use crate::meeting::{LIMIT, Place, WORD, load, load_at, meet, member, outcome};

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn two_members_know_each_other() {
    let authority = TestAuthority::new("one");
    let (here, there) = (Place::new(), Place::new());
    let (orders, stock) = (member(&here, &authority, "orders"), member(&there, &authority, "stock"));
    let met = meet(&orders, &stock, "orders").await;
    assert_eq!(met.caller.unwrap(), WORD);
    let peer = met.server.unwrap().peer().cloned().unwrap();
    assert_eq!(peer.id.member(), Some(Member::Service("stock".to_owned())));
    assert_eq!(orders.handshakes(Side::Accept, Outcome::Done), 1);
    assert_eq!(stock.handshakes(Side::Connect, Outcome::Done), 1);
}

#[tokio::test]
async fn a_bad_certificate_is_refused_and_both_sides_say_why() {
    let (authority, other) = (TestAuthority::new("one"), TestAuthority::new("other"));
    // Of the same name: it is the key that counts.
    let namesake = TestAuthority::new("one");
    let place = Place::new();
    let orders = member(&place, &authority, "orders");
    let good = TestLeaf::service("stock");
    let of = |id: &str| TestLeaf::of(id);
    let two = vec![good.uris[0].clone(), "spiffe://tradewind.local/service/orders".to_owned()];
    let cases = [
        (&authority, good.clone(), Outcome::Done, "", ""),
        (
            &other,
            good.clone(),
            Outcome::ForeignAuthority,
            "is of an authority that is not trusted",
            "UnknownCA",
        ),
        (&namesake, good.clone(), Outcome::ForeignAuthority, "is of an authority that is not trusted", ""),
        (
            &authority,
            TestLeaf { until: -DAY, ..good.clone() },
            Outcome::Expired,
            "the certificate of the caller expired at",
            "CertificateExpired",
        ),
        (
            &authority,
            TestLeaf { from: DAY, ..good.clone() },
            Outcome::NotYetValid,
            "is valid from",
            "CertificateExpired",
        ),
        (
            &authority,
            TestLeaf { uris: two, ..good.clone() },
            Outcome::BadName,
            "names 2 URIs",
            "CertificateUnknown",
        ),
        (
            &authority,
            TestLeaf { uris: Vec::new(), hosts: vec!["stock".to_owned()], ..good.clone() },
            Outcome::BadName,
            "names nobody",
            "CertificateUnknown",
        ),
        (&authority, of("https://tradewind.local/service/stock"), Outcome::BadName, "is no SPIFFE id", ""),
        (&authority, of("spiffe://tradewind.local"), Outcome::BadName, "a whole trust domain", ""),
        (
            &authority,
            of("spiffe://elsewhere/service/stock"),
            Outcome::BadName,
            "and this is the trust domain tradewind.local",
            "",
        ),
        (&authority, TestLeaf { signs: true, ..good.clone() }, Outcome::BadName, "may sign others", ""),
        (&authority, TestLeaf { is_authority: true, ..good.clone() }, Outcome::BadCertificate, "", ""),
        (&authority, TestLeaf { servers_only: true, ..good.clone() }, Outcome::BadCertificate, "", ""),
    ];
    for (issuer, leaf, wanted, said, seen) in cases {
        let met = foreign::call(&orders, Some(&issuer.issue(&leaf)), &[&TLS13]).await;
        let (found, reason) = outcome(&met);
        assert_eq!(found, wanted, "{leaf:?}: {reason}");
        assert!(reason.contains(said), "{leaf:?}: {reason}");
        match met.caller {
            Ok(word) => assert_eq!((word.as_slice(), wanted), (WORD, Outcome::Done), "{leaf:?}"),
            Err(error) => assert!(error.contains(seen) && wanted != Outcome::Done, "{leaf:?}: {error}"),
        }
    }
    assert_eq!(orders.handshakes(Side::Accept, Outcome::BadName), 6);
}

#[tokio::test]
async fn who_shows_nothing_or_speaks_an_old_version_is_refused() {
    let authority = TestAuthority::new("one");
    let place = Place::new();
    let orders = member(&place, &authority, "orders");
    let met = foreign::call(&orders, None, &[&TLS13]).await;
    assert_eq!(outcome(&met), (Outcome::NoCertificate, "the caller showed no certificate"));
    assert!(met.caller.unwrap_err().contains("CertificateRequired"));
    let old = foreign::call(&orders, Some(&authority.issue(&TestLeaf::service("stock"))), &[&TLS12]).await;
    assert_eq!(outcome(&old).0, Outcome::Failed);
    assert!(old.caller.unwrap_err().contains("ProtocolVersion"));
}

#[tokio::test]
async fn a_caller_of_ours_is_told_in_words_what_is_wrong_with_it() {
    let (authority, other) = (TestAuthority::new("one"), TestAuthority::new("other"));
    let place = Place::new();
    let orders = member(&place, &authority, "orders");
    // It believes that it is the day before yesterday, and so that its certificate is good.
    let late = Place::new();
    let expired = TestLeaf { until: -DAY, ..TestLeaf::service("stock") };
    let clock = Clock::system().with_skew(-2 * DAY * 1_000_000);
    let late = load_at(late.files(&authority, &expired, &[&authority]), clock).unwrap();
    let met = meet(&orders, &late, "orders").await;
    assert_eq!(outcome(&met).0, Outcome::Expired);
    let seen = met.caller.unwrap_err();
    assert!(
        seen.contains("the peer refused the connection") && seen.contains("not valid at this time"),
        "{seen}"
    );
    assert_eq!(late.handshakes(Side::Connect, Outcome::Refused), 1);
    // It trusts the server's authority, which does not trust the caller's.
    let stranger = Place::new();
    let files = stranger.files(&other, &TestLeaf::service("stock"), &[&authority, &other]);
    let met = meet(&orders, &load(files).unwrap(), "orders").await;
    assert_eq!(outcome(&met).0, Outcome::ForeignAuthority);
    let seen = met.caller.unwrap_err();
    assert!(seen.contains("does not trust the authority"), "{seen}");
}

#[tokio::test]
async fn a_caller_wants_the_service_itself_to_answer() {
    let (authority, other) = (TestAuthority::new("one"), TestAuthority::new("other"));
    let place = Place::new();
    let stock = member(&place, &authority, "stock");
    let good = TestLeaf::service("orders");
    let cases = [
        (&authority, good.clone(), Outcome::Done, ""),
        (
            &authority,
            TestLeaf::service("catalogue"),
            Outcome::WrongPeer,
            "service/catalogue, and orders was called",
        ),
        (&authority, TestLeaf::of("spiffe://tradewind.local/operator"), Outcome::WrongPeer, "operator"),
        (
            &authority,
            TestLeaf::of("spiffe://tradewind.local/ns/a/sa/orders"),
            Outcome::WrongPeer,
            "ns/a/sa/orders",
        ),
        (&authority, TestLeaf::of("spiffe://elsewhere/service/orders"), Outcome::BadName, "trust domain"),
        (
            &authority,
            // What the web goes by counts for nothing here.
            TestLeaf { hosts: vec!["orders".to_owned()], ..TestLeaf::service("catalogue") },
            Outcome::WrongPeer,
            "orders was called",
        ),
        (&other, good.clone(), Outcome::ForeignAuthority, "the certificate of the peer is of an authority"),
        (&authority, TestLeaf { until: -DAY, ..good.clone() }, Outcome::Expired, "the peer expired at"),
        (&authority, TestLeaf { from: DAY, ..good.clone() }, Outcome::NotYetValid, "is valid from"),
    ];
    for (issuer, leaf, wanted, said) in cases {
        let (found, reason) = foreign::answer(&stock, &issuer.issue(&leaf)).await;
        assert_eq!(found, wanted, "{leaf:?}: {reason}");
        assert!(reason.contains(said), "{leaf:?}: {reason}");
    }
}

#[tokio::test]
async fn who_need_not_show_a_certificate_may_and_a_bad_one_is_refused_all_the_same() {
    let authority = TestAuthority::new("one");
    let (here, there) = (Place::new(), Place::new());
    let (orders, stock) = (member(&here, &authority, "orders"), member(&there, &authority, "stock"));
    let (theirs, ours) = tokio::io::duplex(64 * 1024);
    let (accepted, _connected) = within("a handshake", async {
        tokio::join!(
            orders.accept(theirs, Demand::Optional, &[Protocol::Http1, Protocol::Http2], LIMIT),
            stock.connect(ours, "orders", Protocol::Http2, LIMIT)
        )
    })
    .await;
    let accepted = accepted.unwrap();
    assert!(accepted.peer().is_some() && accepted.is_http2());
    let expired = authority.issue(&TestLeaf { until: -DAY, ..TestLeaf::service("stock") });
    for (pem, wanted) in [(None, Outcome::Done), (Some(expired.as_str()), Outcome::Expired)] {
        let met = foreign::call_optional(&orders, pem).await;
        assert_eq!(met, wanted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_get_on_is_cut_off() {
    let authority = TestAuthority::new("one");
    let place = Place::new();
    let orders = member(&place, &authority, "orders");
    let (theirs, mut ours) = tokio::io::duplex(64 * 1024);
    // The first bytes of a handshake, and then nothing.
    ours.write_all(&[0x16, 3, 1, 0, 200, 1]).await.unwrap();
    let before = tokio::time::Instant::now();
    let refusal = orders.accept(theirs, Demand::Required, &[Protocol::Http1], LIMIT).await.unwrap_err();
    assert_eq!(refusal.outcome, Outcome::TimedOut);
    assert_eq!(before.elapsed(), LIMIT);
    assert_eq!(ours.read(&mut [0; 10]).await.unwrap(), 0, "the connection is closed");
    let (theirs, _kept) = tokio::io::duplex(64 * 1024);
    let refusal = orders.connect(theirs, "stock", Protocol::Http1, LIMIT).await.unwrap_err();
    assert_eq!(refusal.outcome, Outcome::TimedOut);
}

#[tokio::test]
async fn what_is_no_tls_is_called_that() {
    let authority = TestAuthority::new("one");
    let place = Place::new();
    let orders = member(&place, &authority, "orders");
    let (theirs, mut ours) = tokio::io::duplex(64 * 1024);
    let answering = async {
        let mut hello = [0; 512];
        assert!(ours.read(&mut hello).await.unwrap() > 0);
        ours.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    };
    let calling = orders.connect(theirs, "stock", Protocol::Http1, LIMIT);
    let ((), refused) = within("an answer", async { tokio::join!(answering, calling) }).await;
    let refused = refused.unwrap_err();
    assert_eq!((refused.outcome, refused.reason.as_str()), (Outcome::NotTls, "the peer does not speak TLS"));
}

#[tokio::test]
async fn no_caller_comes_in_again_without_showing_its_certificate() {
    let authority = TestAuthority::new("one");
    let place = Place::new();
    let orders = member(&place, &authority, "orders");
    let pem = authority.issue(&TestLeaf::service("stock"));
    assert_eq!(foreign::call_twice(&orders, &pem).await, [rustls::HandshakeKind::Full; 2]);
}
