//! Backups: of one moment while the shop sells, refused when they are not what was written, and the way back.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use http::{Method, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tradewind_backup::BackupError;
use tradewind_client::{Address, Body, PhoneBook, near};
use tradewind_fleet::oracles;
use tradewind_journeys::{Fleet, Home, ada, restore, wish};
use tradewind_orders_contract::{OrderId, OrderState, OrdersClient};
use tradewind_problem::Problem;
use tradewind_testkit::{Folder, until, within};
use tradewind_verify::{Verdict, judge};

/// A place for a backup that is not there yet.
fn place(folder: &Folder) -> PathBuf {
    folder.path().join("backup")
}

/// The oracles that find something broken.
async fn broken(fleet: &Fleet) -> Vec<String> {
    let evidence = fleet.evidence().await;
    let findings = judge(&evidence.scratch, &oracles().unwrap(), evidence.is_quiet);
    let broken =
        findings.into_iter().filter(|finding| !matches!(finding.verdict, Verdict::Clean | Verdict::Nothing));
    broken.map(|finding| finding.oracle).collect()
}

/// A backup of a shop with some orders.
async fn taken(folder: &Folder) -> PathBuf {
    let fleet = Fleet::start().await;
    fleet.order(&ada(), &[("1", 2)]).await;
    fleet.order(&ada(), &[("4", 1)]).await;
    let backup = place(folder);
    fleet.back_up(&backup).await.unwrap();
    fleet.shutdown().await;
    backup
}

/// Orders until it is told to stop; gives the orders that were accepted.
async fn sell(orders: OrdersClient, name: String, stop: Arc<AtomicBool>, accepted: Arc<Mutex<Vec<OrderId>>>) {
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let placed = orders.place(&wish(&[("3", 1)]), &format!("{name}-{number}")).await;
        accepted.lock().unwrap().push(placed.unwrap().id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_has_every_order_that_was_accepted_before_it_and_is_of_one_moment() {
    let fleet = Fleet::start().await;
    fleet.limit(tradewind_fleet::ACCOUNTS[0].id, 100 * 4550).await;
    let (stop, accepted) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let sellers = (0..4).map(|number| {
        tokio::spawn(sell(fleet.orders(&ada()), format!("seller-{number}"), stop.clone(), accepted.clone()))
    });
    let sellers: Vec<_> = sellers.collect();
    let folder = Folder::new("backup");
    let mut backups = Vec::new();
    for number in 1..=3_usize {
        until("orders are accepted", async || (accepted.lock().unwrap().len() >= 20 * number).then_some(()))
            .await;
        let before = accepted.lock().unwrap().clone();
        let backup = folder.path().join(number.to_string());
        fleet.back_up(&backup).await.unwrap();
        backups.push((backup, before));
    }
    stop.store(true, Ordering::SeqCst);
    join_all(sellers).await.into_iter().for_each(Result::unwrap);
    fleet.quiet().await;
    fleet.shutdown().await;
    for (backup, before) in backups {
        // The second is the same where the shops of the tests keep files, and another engine where they do not.
        for home in [Home::new().await, Home::files(Folder::new("restored"))] {
            restore(&backup, &home).await.unwrap();
            let fleet = Fleet::open(home).await.unwrap();
            assert_eq!(broken(&fleet).await, Vec::<String>::new());
            for id in &before {
                let order = fleet.orders(&ada()).order(*id).await.unwrap();
                assert_ne!(order.state, OrderState::New, "{order:?}");
            }
            fleet.shutdown().await;
        }
    }
}

/// The internal doors of a shop, with something that happens between the copy of customers and that of orders: an
/// order is placed. Without `holds` nobody hears of the hold, and the order is decided before orders is copied.
fn seam(fleet: &Fleet, holds: bool, placed: &Arc<Mutex<Option<OrderId>>>) -> tradewind_backup::Fleet {
    let copied = fleet.copied();
    let book = PhoneBook::default();
    for service in copied.services.clone() {
        let name = format!("{service}/internal");
        let (door, mut requests) = near(8);
        book.enter(name.clone(), Address::Near(door));
        let (peer, orders, placed) = (copied.book.peer(&name), fleet.orders(&ada()), placed.clone());
        tokio::spawn(async move {
            while let Some((request, reply)) = requests.next().await {
                let path = request.uri().path().to_owned();
                if !holds && path == "/backup/hold" {
                    let nothing = if request.method() == Method::PUT { r#"{"held":[]}"# } else { "" };
                    reply(Response::new(Body::from(nothing.to_owned())));
                    continue;
                }
                if service == "orders" && path == "/backup" {
                    let id = orders.place(&wish(&[("1", 1)]), "between").await.unwrap().id;
                    *placed.lock().unwrap() = Some(id);
                    Box::pin(between(&orders, id, holds)).await;
                }
                reply(peer.send(request).await.unwrap());
            }
        });
    }
    tradewind_backup::Fleet { book, ..copied }
}

/// While subscriptions are held the order stays as it is, however often it is looked at; otherwise it is decided.
async fn between(orders: &OrdersClient, id: OrderId, holds: bool) {
    if holds {
        for _ in 0..50 {
            assert_eq!(orders.order(id).await.unwrap().state, OrderState::New);
        }
    } else {
        let decided = async { while orders.order(id).await.unwrap().state != OrderState::Open {} };
        within("the order is decided", Box::pin(decided)).await;
    }
}

async fn cut(holds: bool) -> (Vec<String>, OrderState) {
    let fleet = Fleet::start().await;
    fleet.order(&ada(), &[("1", 1)]).await;
    let (folder, placed) = (Folder::new("backup"), Arc::default());
    let extras =
        tradewind_backup::Extras { data: folder.path().to_owned(), documents: Vec::new(), secrets: false };
    let seam = seam(&fleet, holds, &placed);
    seam.copy(&place(&folder), &extras, "0.0.0", &mut |_, _, _| ()).await.unwrap();
    let id = placed.lock().unwrap().expect("an order was placed in between");
    // The shop goes on at once: the hold has ended.
    fleet.quiet().await;
    assert_eq!(fleet.orders(&ada()).order(id).await.unwrap().state, OrderState::Open);
    fleet.shutdown().await;
    let home = Home::new().await;
    restore(&place(&folder), &home).await.unwrap();
    let fleet = Fleet::open(home).await.unwrap();
    let outcome = (broken(&fleet).await, fleet.orders(&ada()).order(id).await.unwrap().state);
    fleet.leave().await;
    outcome
}

#[tokio::test]
async fn what_happens_between_two_copies_is_handled_after_the_restore() {
    assert_eq!(cut(true).await, (Vec::new(), OrderState::Open));
}

#[tokio::test]
async fn without_the_hold_an_effect_is_copied_without_its_cause_and_that_is_noticed() {
    let (broken, _) = cut(false).await;
    assert!(broken.contains(&"causes-exist".to_owned()), "{broken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_nobody_ends_lapses_and_delays_events_by_no_more() {
    let fleet = Fleet::simulated(5, &[]).await;
    let state = async |id| fleet.orders(&ada()).order(id).await.unwrap().state;
    let hold = json!({ "seconds": 10 });
    for service in ["stock", "customers", "orders"] {
        let held: Value = fleet.internal(service).send(Method::PUT, "/backup/hold", &hold).await.unwrap();
        assert!(!held["held"].as_array().unwrap().is_empty());
    }
    let id = fleet.place(&ada(), &[("1", 1)]).await;
    fleet.pass(Duration::from_secs(9)).await;
    assert_eq!(state(id).await, OrderState::New);
    fleet.pass(Duration::from_secs(2)).await;
    assert_eq!(state(id).await, OrderState::Open);
    fleet.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_ends_a_hold_that_lapsed_is_told() {
    let fleet = Fleet::simulated(6, &[]).await;
    let stock = async |method, body: Value| -> Result<Value, Problem> {
        fleet.internal("stock").send(method, "/backup/hold", &body).await
    };
    let held = stock(Method::PUT, json!({ "seconds": 1 })).await.unwrap();
    fleet.pass(Duration::from_secs(2)).await;
    fleet.order(&ada(), &[("1", 1)]).await;
    let late = stock(Method::DELETE, held).await.unwrap_err();
    assert_eq!(late.code(), "conflict");
    // The first of two backups at a time is told as well.
    let first = stock(Method::PUT, json!({ "seconds": 10 })).await.unwrap();
    let second = stock(Method::PUT, json!({ "seconds": 10 })).await.unwrap();
    assert_eq!(stock(Method::DELETE, first).await.unwrap_err().code(), "conflict");
    stock(Method::DELETE, second).await.unwrap();
    fleet.order(&ada(), &[("1", 1)]).await;
    fleet.shutdown().await;
}

fn manifest(backup: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(backup.join("manifest.json")).unwrap()).unwrap()
}

fn change_manifest(backup: &Path, change: impl FnOnce(&mut Value)) {
    let mut manifest = manifest(backup);
    change(&mut manifest);
    std::fs::write(backup.join("manifest.json"), manifest.to_string()).unwrap();
}

/// Changes a file of a backup, and the manifest so that length and hash fit.
fn forge(backup: &Path, service: &str, change: impl FnOnce(String) -> String) {
    let path = backup.join(format!("{service}.ndjson"));
    let text = change(std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, &text).unwrap();
    let sha256: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    change_manifest(backup, |manifest| {
        let parts = manifest["services"].as_array_mut().unwrap();
        let part = parts.iter_mut().find(|part| part["service"] == service).unwrap();
        part["file"]["bytes"] = text.len().into();
        part["file"]["sha256"] = sha256.into();
    });
}

fn copy_of(backup: &Path) -> Folder {
    let folder = Folder::new("copy");
    for entry in std::fs::read_dir(backup).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

#[tokio::test]
async fn a_backup_that_is_not_as_it_was_written_is_refused_before_anything_is_restored() {
    let folder = Folder::new("backup");
    let backup = taken(&folder).await;
    type Change = fn(&Path);
    let cases: [(&str, Change); 11] = [
        ("it has no manifest.json", |at| std::fs::remove_file(at.join("manifest.json")).unwrap()),
        ("the manifest is damaged", |at| std::fs::write(at.join("manifest.json"), "{").unwrap()),
        ("has format 2, this program knows 1", |at| {
            change_manifest(at, |manifest| manifest["format"] = 2.into());
        }),
        ("is no file name", |at| {
            change_manifest(at, |manifest| manifest["services"][0]["file"]["name"] = "../x".into());
        }),
        ("the service ledger, which this program does not know", |at| {
            change_manifest(at, |manifest| manifest["services"][0]["service"] = "ledger".into());
        }),
        ("the schema events of catalogue is at version 9", |at| {
            change_manifest(at, |manifest| manifest["services"][0]["schema"]["events"] = 9.into());
        }),
        ("orders.ndjson cannot be opened", |at| std::fs::remove_file(at.join("orders.ndjson")).unwrap()),
        ("bytes, and had", |at| {
            let path = at.join("orders.ndjson");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, &text[..text.len() - 20]).unwrap();
        }),
        ("its SHA-256 is another one", |at| {
            let path = at.join("stock.ndjson");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replacen("12345678", "12345679", 1)).unwrap();
        }),
        ("it breaks off after line", |at| {
            forge(at, "stock", |text| text[..text.rfind("{\"end\"").unwrap()].to_owned());
        }),
        ("the manifest tells of other tables or another schema", |at| {
            change_manifest(at, |manifest| manifest["services"][1]["tables"][1][1] = 77.into());
        }),
    ];
    for (reason, change) in cases {
        let copy = copy_of(&backup);
        change(copy.path());
        let home = Home::files(Folder::new("restored"));
        let error = restore(copy.path(), &home).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
        assert_eq!(std::fs::read_dir(home.folder().path()).unwrap().count(), 0, "{reason}");
    }
    let home = Home::new().await;
    restore(&backup, &home).await.unwrap();
    home.remove().await;
}

#[tokio::test]
async fn a_restore_that_fails_leaves_no_fleet() {
    let folder = Folder::new("backup");
    let backup = taken(&folder).await;
    // Everything adds up, and one value cannot be what its column holds.
    forge(&backup, "orders", |text| text.replacen("\"OPEN\"", "7", 1));
    let home = Home::new().await;
    let error = restore(&backup, &home).await.unwrap_err();
    assert!(matches!(&error, BackupError::Dump { service, .. } if service == "orders"), "{error}");
    assert!(error.to_string().contains("state does not hold what it should"), "{error}");
    // The databases of the services before it are whole, and none of them is a part of a fleet.
    let error = Fleet::open(home).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("a restore into this database was begun and not finished"), "{error}");
}

#[tokio::test]
async fn what_a_backup_was_made_to_say_is_noticed_by_the_oracles() {
    let folder = Folder::new("backup");
    let backup = taken(&folder).await;
    forge(&backup, "orders", |text| text.replacen("\"OPEN\"", "\"REJECTED\"", 1));
    let home = Home::new().await;
    restore(&backup, &home).await.unwrap();
    let fleet = Fleet::open(home).await.unwrap();
    assert!(broken(&fleet).await.contains(&"order-views-follow-their-streams".to_owned()));
    fleet.leave().await;
}

#[tokio::test]
async fn a_backup_is_restored_as_often_as_wanted_and_never_over_anything() {
    let folder = Folder::new("backup");
    let backup = taken(&folder).await;
    let (first, second) = (Home::new().await, Home::new().await);
    restore(&backup, &first).await.unwrap();
    let error = restore(&backup, &first).await.unwrap_err();
    assert!(matches!(error, BackupError::NotEmpty { .. }), "{error}");
    restore(&backup, &second).await.unwrap();
    let mut rows = Vec::new();
    for home in [first, second] {
        let fleet = Fleet::open(home).await.unwrap();
        rows.push(fleet.rows().await);
        fleet.shutdown().await;
    }
    assert_eq!(rows[0].changes(&rows[1]), Vec::<String>::new());
    let fleet = Fleet::start().await;
    let error = fleet.back_up(&backup).await.unwrap_err();
    assert!(matches!(error, BackupError::Occupied(_)), "{error}");
    fleet.shutdown().await;
}
