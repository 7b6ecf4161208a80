//! A process that ends between any two steps of a put leaves the object as it was, and nothing for good.

use std::path::Path;

use rusqlite::Connection;
use tradewind_testkit::{Folder, until};

use crate::keeping::age;
use crate::world::{World, files};

/// The id of a blob that was never named, and where its file is.
const BLOB: u128 = 0x0198_0000_0000_7000_8000_0000_0000_00b1;

fn file(objects: &Path) -> std::path::PathBuf {
    objects.join("b1/01980000-0000-7000-8000-0000000000b1")
}

/// Leaves what a put leaves behind that ended before its second transaction.
fn begun(folder: &Path) {
    let database = Connection::open(folder.join("storage.db")).unwrap();
    let blob = BLOB.to_be_bytes();
    let begin = "insert into blob (blob_id, state, size, changed_at) values (?1, 'begun', 3, ?2)";
    let now: i64 =
        database.query_row("select coalesce(max(changed_at), 0) from blob", [], |row| row.get(0)).unwrap();
    database.execute(begin, rusqlite::params![&blob[..], now]).unwrap();
}

fn blobs(folder: &Path) -> i64 {
    let database = Connection::open(folder.join("storage.db")).unwrap();
    database.query_row("select count(*) from blob", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn whatever_a_put_had_done_is_undone_after_its_end() {
    for left in ["nothing", "half a file", "a file"] {
        let folder = Folder::new("storage");
        let objects = folder.path().join("storage-objects");
        let world = World::in_folder(folder.path(), &[]).await;
        world.put("a.bin", b"one").await.unwrap();
        world.end().await;
        begun(folder.path());
        std::fs::create_dir_all(objects.join("b1")).unwrap();
        match left {
            "half a file" => std::fs::write(format!("{}#1", file(&objects).display()), b"t").unwrap(),
            "a file" => std::fs::write(file(&objects), b"two").unwrap(),
            _ => {}
        }
        // A put may still be under way: nothing is removed yet.
        let world = World::in_folder(folder.path(), &[]).await;
        assert_eq!(world.get("a.bin").await.unwrap(), b"one", "{left}");
        world.end().await;
        assert_eq!(blobs(folder.path()), 2, "{left}");
        age(folder.path());
        let world = World::in_folder(folder.path(), &[]).await;
        until("it is given up", async || (condemned(folder.path()) == 1).then_some(())).await;
        world.end().await;
        age(folder.path());
        let world = World::in_folder(folder.path(), &[]).await;
        until("it is gone", async || (blobs(folder.path()) == 1).then_some(())).await;
        assert_eq!(files(&objects).len(), 1, "{left}: {:?}", files(&objects));
        assert_eq!(world.get("a.bin").await.unwrap(), b"one", "{left}");
        world.end().await;
    }
}

fn condemned(folder: &Path) -> i64 {
    let database = Connection::open(folder.join("storage.db")).unwrap();
    database.query_row("select count(*) from blob where state = 'condemned'", [], |row| row.get(0)).unwrap()
}
