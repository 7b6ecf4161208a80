//! `backup` and `restore`, on the command line.

use serde_json::Value;
use tradewind_testkit::Ended;

use crate::books::{agree, give_credit, order};
use crate::support::Place;

fn text(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.data().join("..").join(name)).unwrap()
}

fn says(ended: &Ended, code: i32, what: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(format!("{}{}", ended.output, ended.errors).contains(what), "{what}: {ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_under_load_is_copied_and_is_a_fleet_again_elsewhere() {
    let place = Place::new();
    let up = place.up(&[]).await;
    give_credit(&up).await;
    let load = order(&up, "load").await;
    let before = load.so_far();
    let taken = place.run(&["backup", "--data", "data", "--to", "copy"]).await;
    says(&taken, 0, "of a running fleet on sqlite");
    says(&taken, 0, "Secrets are not in it");
    let all = load.end().await;
    assert!(before.len() >= 20 && all.len() > before.len());
    agree(&up, &all).await;
    says(&place.run(&["backup", "--check", "copy"]).await, 0, "copy is whole");
    let restored = place.run(&["restore", "--from", "copy", "--data", "elsewhere"]).await;
    says(&restored, 0, "42 of 42 promises hold");
    says(&restored, 0, "elsewhere is a fleet again");
    assert!(!place.data().join("../copy/secrets").exists());
    let again = place.up_on("elsewhere").await;
    assert_ne!(again.secret(), up.secret());
    agree(&again, &before).await;
    says(&again.stop().await, 0, "stopped");
    says(&up.stop().await, 0, "stopped");
}

#[tokio::test]
async fn a_stopped_fleet_is_copied_too_and_secrets_when_they_are_asked_for() {
    let place = Place::new();
    let up = place.up(&[]).await;
    let secret = up.secret();
    up.stop().await;
    let taken = place.run(&["backup", "--data", "data", "--to", "copy", "--with-secrets", "--json"]).await;
    says(&taken, 0, "on which no fleet runs");
    let manifest: Value = serde_json::from_str(&taken.output).unwrap();
    assert_eq!(manifest, serde_json::from_str::<Value>(&text(&place, "copy/manifest.json")).unwrap());
    assert_eq!((&manifest["taken"], &manifest["engine"]), (&"stopped".into(), &"sqlite".into()));
    let files: Vec<&str> = manifest["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["service"].as_str().unwrap())
        .collect();
    assert_eq!(files, crate::support::SERVICES);
    assert!(!place.data().join("../copy/fleet.json").exists());
    let restored = place.run(&["restore", "--from", "copy", "--data", "elsewhere", "--json"]).await;
    says(&restored, 0, "every row was read back");
    let report: Value = serde_json::from_str(&restored.output).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 42);
    let again = place.up_on("elsewhere").await;
    assert_eq!(again.secret(), secret);
    // It was filled once, and is not filled again.
    assert!(!again.process.errors().contains("filling the shop"), "{}", again.process.errors());
    assert_eq!(again.get("/api/stock/v1/stocks/3").await.json()["amountAvailable"], 999);
    again.stop().await;
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_what_to_do() {
    let place = Place::new();
    place.up(&[]).await.stop().await;
    let nowhere = place.run(&["backup", "--data", "nowhere", "--to", "copy"]).await;
    says(&nowhere, 1, "there is no data folder nowhere; name the one of the fleet with --data");
    assert!(!place.data().join("../nowhere").exists());
    place.write("empty/note.txt", "");
    says(&place.run(&["backup", "--data", "empty", "--to", "copy0"]).await, 1, "there is nothing to copy");
    says(
        &place.run(&["backup", "--data", "data", "--to", "empty"]).await,
        1,
        "empty is not empty; name a folder",
    );
    says(&place.run(&["backup", "--data", "data"]).await, 2, "--to");
    says(&place.run(&["backup", "--data", "data", "--to", "copy"]).await, 0, "copy is a backup");
    let full = place.run(&["restore", "--from", "copy", "--data", "data"]).await;
    says(&full, 1, "data is not empty; name a data folder that is not there yet");
    let nothing = place.run(&["restore", "--from", "empty", "--data", "new"]).await;
    says(&nothing, 1, "empty is no backup: it has no manifest.json");
    let stock = text(&place, "copy/stock.ndjson");
    place.write("copy/stock.ndjson", &stock.replacen("12345678", "12345679", 1));
    for command in [&["backup", "--check", "copy"][..], &["restore", "--from", "copy", "--data", "new"]] {
        says(
            &place.run(command).await,
            1,
            "stock.ndjson is not as it was written: its SHA-256 is another one",
        );
    }
    assert!(!place.data().join("../new").exists());
}

#[tokio::test]
async fn a_fleet_does_not_start_on_a_restore_that_did_not_end_well() {
    let place = Place::new();
    place.up(&[]).await.stop().await;
    says(&place.run(&["backup", "--data", "data", "--to", "copy"]).await, 0, "copy is a backup");
    place.write("data/unfinished-restore.json", "{}");
    let what = "the restore into data did not end well";
    assert!(place.refused(&[], &[]).await.contains(what));
    says(&place.run(&["backup", "--data", "data", "--to", "copy2"]).await, 1, what);
    says(&place.run(&["restore", "--from", "copy", "--data", "data"]).await, 1, what);
    std::fs::remove_file(place.data().join("unfinished-restore.json")).unwrap();
    place.up(&[]).await.stop().await;
}

#[tokio::test]
async fn a_backup_whose_promises_are_broken_ends_with_1_and_is_no_fleet() {
    let place = Place::new();
    place.up(&[]).await.stop().await;
    says(&place.run(&["backup", "--data", "data", "--to", "copy"]).await, 0, "copy is a backup");
    // As somebody would do it who can calculate a hash.
    let (stock, manifest) = (text(&place, "copy/stock.ndjson"), text(&place, "copy/manifest.json"));
    let wrong = stock.replacen(r#",999,999,0,0,"#, r#",999,998,0,1,"#, 1);
    assert_ne!(stock, wrong);
    let wrong = wrong.replacen(r#",5,5,0,0,"#, r#",5,5,5,0,"#, 1);
    place.write("copy/stock.ndjson", &wrong);
    let hash = |text: &str| {
        use sha2::{Digest, Sha256};
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert!(manifest.contains(&hash(&stock)));
    place.write("copy/manifest.json", &manifest.replace(&hash(&stock), &hash(&wrong)));
    let restored = place.run(&["restore", "--from", "copy", "--data", "new"]).await;
    says(&restored, 1, "stock-reserved-is-held");
    says(&restored, 1, "BROKEN");
    says(&restored, 1, "the restore into new did not end well");
    let up = place.run(&["up", "--port", "0", "--data", "new"]).await;
    says(&up, 1, "the restore into new did not end well");
}
