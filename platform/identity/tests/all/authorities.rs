//! The authority of a laptop.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tradewind_identity::{Authority, Identity, Member, Refreshed};
use tradewind_kernel::{Clock, Entropy};
use tradewind_testkit::Folder;

use crate::meeting::{WORD, meet};

const HOUR: i64 = 3600 * 1_000_000;

fn open(folder: &Path, clock: &Clock) -> Authority {
    let domain = "tradewind.local".parse().unwrap();
    Authority::open(folder, domain, clock.clone(), Entropy::system()).unwrap()
}

fn load(authority: &Authority, name: &str, clock: &Clock) -> Identity {
    let files = authority.issue(&name.parse().unwrap()).unwrap();
    Identity::load(files, "tradewind.local".parse().unwrap(), clock.clone()).unwrap()
}

#[tokio::test]
async fn what_it_issues_is_good_and_for_its_owner_only() {
    let folder = Folder::new("authority");
    let clock = Clock::system();
    let authority = open(folder.path(), &clock);
    let (orders, operator) = (load(&authority, "orders", &clock), load(&authority, "operator", &clock));
    assert_eq!(meet(&orders, &operator, "orders").await.caller.unwrap(), WORD);
    assert_eq!(operator.standing().member, Member::Operator);
    let life = orders.standing().expires.since(clock.now());
    assert!(life <= Duration::from_secs(24 * 3600) && life > Duration::from_secs(23 * 3600), "{life:?}");
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
    assert!(!format!("{authority:?}").contains("PRIVATE"));
}

#[test]
fn a_certificate_is_renewed_at_half_of_its_life_and_not_before() {
    let folder = Folder::new("authority");
    let clock = Clock::system();
    let orders = Member::Service("orders".to_owned());
    let file = open(folder.path(), &clock).issue(&orders).unwrap().certificate;
    let first = std::fs::read(&file).unwrap();
    let later = |hours: i64| open(folder.path(), &clock.with_skew(hours * HOUR));
    later(11).issue(&orders).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), first, "what is fresh stays, in the next life too");
    assert!(later(13).renew_when_due().renewed.is_empty(), "it looks after what it issued");
    assert_eq!(std::fs::read(&file).unwrap(), first);
    later(13).issue(&orders).unwrap();
    assert!(std::fs::read(&file).unwrap() != first);
    // Of a time to come: the clock was set back.
    later(0).issue(&orders).unwrap();
    let identity = load(&later(0), "orders", &clock);
    assert!(identity.standing().not_before <= clock.now());
}

#[test]
fn what_was_issued_is_renewed_when_it_is_due() {
    let folder = Folder::new("authority");
    // Removing the file is as good as waiting for twelve hours.
    let clock = Clock::system();
    let authority = open(folder.path(), &clock);
    let orders = load(&authority, "orders", &clock);
    let before = orders.standing();
    std::fs::remove_file(folder.path().join("service-orders.pem")).unwrap();
    assert_eq!(authority.renew_when_due().renewed, [Member::Service("orders".to_owned())]);
    assert_eq!(orders.refresh(), Refreshed::Swapped);
    assert!(orders.standing().expires >= before.expires);
    std::fs::remove_dir_all(folder.path()).unwrap();
    let failed = authority.renew_when_due().failed;
    assert!(failed[0].to_string().contains("cannot be written"), "{failed:?}");
}

#[tokio::test]
async fn an_authority_that_is_old_or_of_another_domain_is_replaced() {
    let folder = Folder::new("authority");
    let clock = Clock::system();
    let first = load(&open(folder.path(), &clock), "orders", &clock);
    let before = std::fs::read(folder.path().join("authority.pem")).unwrap();
    open(folder.path(), &clock);
    assert_eq!(std::fs::read(folder.path().join("authority.pem")).unwrap(), before, "it is kept");
    let other =
        Authority::open(folder.path(), "other".parse().unwrap(), clock.clone(), Entropy::system()).unwrap();
    let files = other.issue(&Member::Service("orders".to_owned())).unwrap();
    assert!(Identity::load(files, "other".parse().unwrap(), clock.clone()).is_ok());
    assert!(std::fs::read(folder.path().join("authority.pem")).unwrap() != before);
    let decade = clock.with_skew(10 * 365 * 24 * HOUR);
    let last = open(folder.path(), &decade);
    let stock = load(&last, "stock", &decade);
    assert!(stock.standing().expires > first.standing().expires);
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let folder = Folder::new("authority");
    let clock = Clock::system();
    open(folder.path(), &clock);
    let key = folder.path().join("authority.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let domain = "tradewind.local".parse().unwrap();
    let error = Authority::open(folder.path(), domain, clock, Entropy::system()).unwrap_err().to_string();
    assert!(error.contains("authority.key") && error.contains("chmod 600"), "{error}");
}
