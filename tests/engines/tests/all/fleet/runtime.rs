//! Troubles of one database while the fleet runs.

use std::process::Command;

use tradewind_testkit::postgres::{Options, fresh_name};
use tradewind_testkit::{Folder, Postgres, until};

use super::shop::{Databases, ORDER, Shop};
use crate::db::relay::{Cut, Line};

/// A small file system, in memory, that only this test fills.
struct Small(Folder);

impl Small {
    fn mounted() -> Self {
        let folder = Folder::new("small");
        run("mount", &["-t", "tmpfs", "-o", "size=24m,mode=0777", "none", folder.path().to_str().unwrap()]);
        Self(folder)
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.0.path().join("ballast")
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        let page = vec![1; 4096];
        while std::io::Write::write_all(&mut file, &page).is_ok() {}
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        run("umount", &["-l", self.0.path().to_str().unwrap()]);
    }
}

/// Mounting is for root, here and where tests run under `sudo` without a password.
fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output();
    if done.is_ok_and(|done| done.status.success()) {
        return;
    }
    let done = Command::new("sudo").args(["-n", program]).args(arguments).output();
    assert!(done.is_ok_and(|done| done.status.success()), "{program} {arguments:?}: run this test as root");
}

fn receipt(number: u32) -> (String, String) {
    (format!("receipt-{number}"), r#"{"quantity":1}"#.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_one_service_until_there_is_room() {
    let small = Small::mounted();
    let server = Postgres::start(Options { durable: false, ..Options::default() }).await;
    let databases = Databases::on(&server).await;
    let (name, space) = (format!("{}stock", databases.prefix), fresh_name("small"));
    let inner = small.0.path().join("space");
    std::fs::create_dir(&inner).unwrap();
    let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(server.folder()).unwrap());
    std::os::unix::fs::chown(&inner, Some(owner), None).unwrap();
    server.psql("postgres", &format!("create tablespace {space} location '{}'", inner.display())).await;
    server.psql("postgres", &format!("alter database {name} set tablespace {space}")).await;
    let shop = Shop::start(&databases.settings).await;
    shop.fill().await;
    small.fill();
    let path = "/admin/items/1/receipts";
    let mut number = 0;
    // Pages that are there take some more rows.
    let refused = until("the disk is full", async || {
        number += 1;
        let (key, body) = receipt(number);
        let answer = shop.command("stock/internal", path, &key, &body).await;
        (answer.status != 200 && answer.status != 204).then_some(answer)
    })
    .await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(
        refused.text().contains("unavailable") && !refused.text().contains("tablespace"),
        "{}",
        refused.text()
    );
    assert!(refused.header("retry-after").is_some());
    // It still tells what it has, and the others go on.
    assert_eq!(shop.get("stock/public", "/stocks/1").await.status, 200);
    assert_eq!(shop.get("catalogue/public", "/products").await.status, 200);
    let accepted = shop.command("gateway/data-plane", "/api/orders/v1/orders", "a", ORDER).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    std::fs::remove_file(small.ballast()).unwrap();
    let (key, body) = receipt(number);
    until("there is room again", async || {
        let answer = shop.command("stock/internal", path, &key, &body).await;
        (answer.status < 300).then_some(())
    })
    .await;
    let place = accepted.header("location").unwrap().to_owned();
    until("the order is decided", async || {
        let answer = shop.get("gateway/data-plane", &place).await;
        (!answer.text().contains("\"NEW\"")).then_some(())
    })
    .await;
    shop.stop().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_commit_broke_is_placed_once_when_it_is_sent_again() {
    let server = Postgres::shared().await;
    for cut in [Cut::BeforeCommit, Cut::AfterCommit] {
        let databases = Databases::on(server).await;
        let line = Line::to(&server.host_port()).await;
        let address = databases.address("orders", &format!("{}?sslmode=disable", line.address));
        let (front, query) = address.split_once("?sslmode=disable").unwrap();
        let address = format!("{front}{query}?sslmode=disable");
        let shop = Shop::start(&databases.with(&[format!("database.urls.orders={address}")])).await;
        shop.fill().await;
        let name = format!("{}orders", databases.prefix);
        let (mut key, mut unknown) = (0, None);
        // Another commit of orders may come by first: then the order is placed, and the next one is tried.
        while unknown.is_none() {
            key += 1;
            line.cut(cut);
            let path = "/api/orders/v1/orders";
            let first = shop.command("gateway/data-plane", path, &format!("key-{key}"), ORDER).await;
            unknown = (first.status == 503).then_some(first);
        }
        let first = unknown.unwrap();
        assert!(first.text().contains("same Idempotency-Key"), "{}", first.text());
        line.cut(Cut::Never);
        let again = until("the order is taken", async || {
            let path = "/api/orders/v1/orders";
            let again = shop.command("gateway/data-plane", path, &format!("key-{key}"), ORDER).await;
            (again.status == 202).then_some(again)
        })
        .await;
        let replayed = again.header("idempotent-replayed").is_some();
        println!("{cut:?}: placed at try {key}, replayed: {replayed}");
        let count = "select count(*) from stream_event where version = 1";
        assert_eq!(server.psql(&name, count).await, key.to_string(), "{cut:?}");
        shop.stop().await;
    }
}
