//! Files that change while they are in use.

use tradewind_identity::{IdentityFiles, Outcome, Refreshed, Side};
use tradewind_testkit::{TestAuthority, TestLeaf, write_private};

use crate::meeting::{Place, WORD, load, meet, member, outcome};

#[tokio::test]
async fn new_handshakes_use_new_files_and_open_connections_go_on() {
    let authority = TestAuthority::new("one");
    let (here, there) = (Place::new(), Place::new());
    let (orders, stock) = (member(&here, &authority, "orders"), member(&there, &authority, "stock"));
    let before = meet(&orders, &stock, "orders").await.server.unwrap();
    assert_eq!((orders.refresh(), orders.generation()), (Refreshed::Unchanged, 0));
    let later = TestLeaf { until: 20 * 24 * 3600, ..TestLeaf::service("orders") };
    here.files(&authority, &later, &[&authority]);
    assert_eq!((orders.refresh(), orders.generation()), (Refreshed::Swapped, 1));
    assert_eq!(orders.refresh(), Refreshed::Unchanged);
    let after = meet(&orders, &stock, "orders").await;
    assert_eq!(after.caller.unwrap(), WORD);
    assert!(before.peer().is_some(), "what was open is open");
    assert_eq!(stock.handshakes(Side::Connect, Outcome::Done), 2);
}

#[tokio::test]
async fn a_bad_file_is_told_once_and_changes_nothing() {
    let authority = TestAuthority::new("one");
    let (here, there) = (Place::new(), Place::new());
    let (orders, stock) = (member(&here, &authority, "orders"), member(&there, &authority, "stock"));
    write_private(here.path(), "own.pem", "half a fi");
    // The first look may have met files in the middle of a change.
    assert_eq!(orders.refresh(), Refreshed::Unchanged);
    let Refreshed::Refused(error) = orders.refresh() else { panic!("a bad file is told") };
    assert!(error.file().ends_with("own.pem") && error.reason().contains("no certificate"), "{error}");
    assert_eq!((orders.refresh(), orders.generation()), (Refreshed::Unchanged, 0));
    assert_eq!(meet(&orders, &stock, "orders").await.caller.unwrap(), WORD);
    // Another bad one is told as well, and a good one is taken.
    authority.issue_into(here.path(), "own.pem", &TestLeaf::service("stock"));
    assert_eq!(orders.refresh(), Refreshed::Unchanged);
    let Refreshed::Refused(error) = orders.refresh() else { panic!("another name is refused") };
    assert!(error.reason().contains("is for stock, and this process is orders"), "{error}");
    authority.issue_into(here.path(), "own.pem", &TestLeaf::service("orders"));
    assert_eq!(orders.refresh(), Refreshed::Swapped);
}

#[tokio::test]
async fn one_authority_takes_the_place_of_another_in_three_steps() {
    let (old, new) = (TestAuthority::new("old"), TestAuthority::new("new"));
    let (here, there) = (Place::new(), Place::new());
    let (orders, stock) = (member(&here, &old, "orders"), member(&there, &old, "stock"));
    // Both are trusted, then used, and then the old one is not trusted any more; one process after the other.
    let steps: [(&TestAuthority, Vec<&TestAuthority>); 3] =
        [(&old, vec![&old, &new]), (&new, vec![&old, &new]), (&new, vec![&new])];
    for (signs, trusted) in steps {
        for (place, identity, name) in [(&here, &orders, "orders"), (&there, &stock, "stock")] {
            place.files(signs, &TestLeaf::service(name), &trusted);
            assert_eq!(identity.refresh(), Refreshed::Swapped);
            assert_eq!(meet(&orders, &stock, "orders").await.caller.unwrap(), WORD);
            assert_eq!(meet(&stock, &orders, "stock").await.caller.unwrap(), WORD);
        }
    }
    let late = Place::new();
    let late = load(late.files(&old, &TestLeaf::service("stock"), &[&old, &new])).unwrap();
    assert_eq!(outcome(&meet(&orders, &late, "orders").await).0, Outcome::ForeignAuthority);
}

#[test]
fn a_folder_that_is_swapped_by_a_link_is_noticed() {
    let authority = TestAuthority::new("one");
    let place = Place::new();
    let data = |name: &str| {
        let folder = place.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        authority.issue_into(&folder, "own.pem", &TestLeaf::service("orders"));
        write_private(&folder, "authority.pem", authority.pem());
        folder
    };
    // As the kubelet does: files below a link, which is replaced.
    let link = place.path().join("..data");
    std::os::unix::fs::symlink(data("first"), &link).unwrap();
    let own = link.join("own.pem");
    let files = IdentityFiles { certificate: own.clone(), key: own, authority: link.join("authority.pem") };
    let identity = load(files).unwrap();
    let next = place.path().join("..data_tmp");
    std::os::unix::fs::symlink(data("second"), &next).unwrap();
    std::fs::rename(next, link).unwrap();
    assert_eq!(identity.refresh(), Refreshed::Swapped);
}
