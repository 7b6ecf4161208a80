//! Files that are no good are refused, with their name and what is wrong.

use std::os::unix::fs::PermissionsExt;

use tradewind_identity::{IdentityFiles, Member};
use tradewind_testkit::{TestAuthority, TestLeaf, write_private};

use crate::meeting::{Place, load};

const DAY: i64 = 24 * 3600;

fn refused(files: IdentityFiles) -> String {
    load(files).unwrap_err().to_string()
}

#[test]
fn an_identity_is_whose_its_certificate_says() {
    let authority = TestAuthority::new("one");
    let place = Place::new();
    let operator = TestLeaf::of("spiffe://tradewind.local/operator");
    let identity = load(place.files(&authority, &operator, &[&authority])).unwrap();
    assert_eq!(identity.standing().member, Member::Operator);
    // Certificate and key in files of their own, as clusters have them.
    let both = authority.issue(&TestLeaf::service("orders"));
    let (certificate, key) = both.split_at(both.find("-----BEGIN PRIVATE").unwrap());
    let files = IdentityFiles {
        certificate: write_private(place.path(), "tls.crt", certificate),
        key: write_private(place.path(), "tls.key", key),
        authority: place.trust(&[&authority]),
    };
    assert_eq!(load(files).unwrap().standing().member.name(), "orders");
}

#[test]
fn what_would_be_refused_by_others_is_not_loaded() {
    let (authority, other) = (TestAuthority::new("one"), TestAuthority::new("other"));
    let good = TestLeaf::service("orders");
    for (leaf, part) in [
        (TestLeaf { until: -DAY, ..good.clone() }, "expired at"),
        (TestLeaf { from: DAY, ..good.clone() }, "is valid from"),
        (TestLeaf { uris: Vec::new(), ..good.clone() }, "names nobody"),
        (TestLeaf { signs: true, ..good.clone() }, "may sign others"),
        (TestLeaf { is_authority: true, ..good.clone() }, "an authority's own"),
        (TestLeaf { servers_only: true, ..good.clone() }, "own.pem: the certificate of this process"),
        (TestLeaf::of("spiffe://elsewhere/service/orders"), "trust domain"),
        (
            TestLeaf::of("spiffe://tradewind.local/ns/x/sa/orders"),
            "neither spiffe://tradewind.local/service/<name>",
        ),
    ] {
        let place = Place::new();
        let error = refused(place.files(&authority, &leaf, &[&authority]));
        assert!(error.contains(part) && error.contains("own.pem"), "{leaf:?}: {error}");
    }
    let place = Place::new();
    let error = refused(place.files(&authority, &good, &[&other]));
    assert!(error.contains("not trusted") && error.contains("authority.pem"), "{error}");
}

#[test]
fn a_key_is_for_its_owner_and_fits_the_certificate() {
    let authority = TestAuthority::new("one");
    let place = Place::new();
    let files = place.files(&authority, &TestLeaf::service("orders"), &[&authority]);
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = refused(files.clone());
    assert!(error.contains("640") && error.contains("chmod 600"), "{error}");
    let other = authority.issue_into(place.path(), "other.pem", &TestLeaf::service("orders"));
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let error = refused(IdentityFiles { key: other, ..files.clone() });
    assert!(error.contains("other.pem") && error.contains("not that of"), "{error}");
    let empty = write_private(place.path(), "empty.pem", "nothing");
    for (files, part) in [
        (IdentityFiles { key: empty.clone(), ..files.clone() }, "no private key"),
        (IdentityFiles { certificate: empty.clone(), ..files.clone() }, "no certificate"),
        (IdentityFiles { authority: empty, ..files.clone() }, "no certificate"),
        (IdentityFiles { authority: files.certificate.clone(), ..files.clone() }, "no authority's"),
        (IdentityFiles { authority: place.path().join("absent.pem"), ..files }, "absent.pem: cannot be read"),
    ] {
        let error = refused(files);
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn neither_debug_nor_an_error_shows_a_key() {
    let authority = TestAuthority::new("one");
    let place = Place::new();
    let files = place.files(&authority, &TestLeaf::service("orders"), &[&authority]);
    let pem = std::fs::read_to_string(&files.key).unwrap();
    let secret = pem.split("PRIVATE KEY-----").nth(1).unwrap().lines().nth(1).unwrap().to_owned();
    let identity = load(files.clone()).unwrap();
    assert!(pem.contains(&secret) && !format!("{identity:?}").contains(&secret));
    write_private(place.path(), "own.pem", &pem.replace("BEGIN PRIVATE", "BEGIN PRIVATE PRIVATE"));
    assert!(!refused(files).contains(&secret));
}
