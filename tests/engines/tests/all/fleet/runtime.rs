//! Troubles of one database while the fleet runs.

use std::process::Command;

use tradewind_testkit::postgres::{Options, fresh_name};
use tradewind_testkit::{Folder, Postgres, until};

use super::shop::{Databases, ORDER, Shop};
use crate::db::relay::{Cut, Line};

/// How the disk of one service is filled: a small file system of its own where this test may mount one, else a server
/// that says of every row what it says of a full disk.
enum Disk {
    Small(Folder),
    Told,
}

impl Disk {
    fn new() -> Self {
        let folder = Folder::new("small");
        let options = ["-t", "tmpfs", "-o", "size=24m,mode=0777", "none"];
        if run("mount", &[&options[..], &[folder.path().to_str().unwrap()]].concat()) {
            return Self::Small(folder);
        }
        Self::Told
    }

    /// Puts the database called `name` on the disk.
    async fn hold(&self, server: &Postgres, name: &str) {
        let Self::Small(folder) = self else { return };
        let (inner, space) = (folder.path().join("space"), fresh_name("small"));
        std::fs::create_dir(&inner).unwrap();
        let owner = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(server.folder()).unwrap());
        std::os::unix::fs::chown(&inner, Some(owner), None).unwrap();
        server.psql("postgres", &format!("create tablespace {space} location '{}'", inner.display())).await;
        server.psql("postgres", &format!("alter database {name} set tablespace {space}")).await;
    }

    /// Leaves no byte free.
    async fn fill(&self, server: &Postgres, name: &str) {
        let Self::Small(folder) = self else {
            server.psql(name, TELL).await;
            return;
        };
        let mut file = std::fs::File::create(folder.path().join("ballast")).unwrap();
        let page = vec![1; 4096];
        while std::io::Write::write_all(&mut file, &page).is_ok() {}
    }

    async fn make_room(&self, server: &Postgres, name: &str) {
        match self {
            Self::Small(folder) => std::fs::remove_file(folder.path().join("ballast")).unwrap(),
            Self::Told => drop(server.psql(name, "drop function no_room() cascade").await),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Small(folder) = self {
            assert!(run("umount", &["-l", folder.path().to_str().unwrap()]));
        }
    }
}

/// Every new row is answered with SQLSTATE 53100, `disk_full`.
const TELL: &str = "create function no_room() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
    do $$ declare each record; begin
        for each in select tablename from pg_tables where schemaname = 'public' loop
            execute format('create trigger no_room before insert on %I execute function no_room()', each.tablename);
        end loop;
    end $$;";

/// Mounting is for root, here and where tests run under `sudo` without a password.
fn run(program: &str, arguments: &[&str]) -> bool {
    let works = |command: &mut Command| command.output().is_ok_and(|done| done.status.success());
    works(Command::new(program).args(arguments))
        || works(Command::new("sudo").args(["-n", program]).args(arguments))
}

fn receipt(number: u32) -> (String, String) {
    (format!("receipt-{number}"), r#"{"quantity":1}"#.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_one_service_until_there_is_room() {
    let disk = Disk::new();
    if matches!(disk, Disk::Told) {
        println!("no file system can be mounted here: the server is made to say that its disk is full");
    }
    let server = Postgres::start(Options { durable: false, ..Options::default() }).await;
    let databases = Databases::on(&server).await;
    let name = format!("{}stock", databases.prefix);
    disk.hold(&server, &name).await;
    let shop = Shop::start(&databases.settings).await;
    shop.fill().await;
    disk.fill(&server, &name).await;
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
    disk.make_room(&server, &name).await;
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
