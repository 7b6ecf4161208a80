//! What is put can be read, until something else is put or it is removed; and there is an end to it.

use std::time::Duration;

use bytes::Bytes;
use tradewind_testkit::{Folder, until};

use crate::world::{BYTES, World, bucket, files, named};

#[tokio::test(start_paused = true)]
async fn an_object_is_what_was_put_last() {
    let world = World::in_memory(&[]).await;
    let first = world.put("a/b.bin", b"one").await.unwrap();
    assert_eq!((first.size, first.media_type.as_str()), (3, BYTES));
    assert_eq!(world.put("a/b.bin", b"one").await.unwrap(), first, "saying it again changes nothing");
    let second = world.put("a/b.bin", b"other").await.unwrap();
    assert_ne!(second.etag, first.etag);
    assert_eq!(world.get("a/b.bin").await.unwrap(), b"other");
    assert_eq!(
        world.put("c.bin", b"one").await.unwrap().etag,
        first.etag,
        "the same bytes have the same tag"
    );
    for _ in 0..2 {
        world.delete("a/b.bin").await.unwrap();
        assert_eq!(world.get("a/b.bin").await.unwrap_err().code(), "not-found");
    }
    assert_eq!(world.put("empty.bin", b"").await.unwrap().size, 0);
    assert_eq!(world.get("empty.bin").await.unwrap(), b"");
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_there_is_not_created() {
    let world = World::in_memory(&[]).await;
    let create = |bytes: &'static [u8]| {
        let (client, bucket, name) = (world.client(), bucket(), named("a.bin"));
        async move { client.create((&bucket, &name), BYTES, Bytes::from_static(bytes)).await }
    };
    create(b"one").await.unwrap();
    assert_eq!(create(b"two").await.unwrap_err().code(), "precondition-failed");
    assert_eq!(world.get("a.bin").await.unwrap(), b"one");
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn of_two_that_create_one_object_one_does() {
    let world = World::in_memory(&[]).await;
    let (bucket, name, client) = (bucket(), named("a.bin"), world.client());
    let create = |bytes: &'static [u8]| client.create((&bucket, &name), BYTES, Bytes::from_static(bytes));
    let (one, two) = tokio::join!(create(b"one"), create(b"two"));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1, "{one:?} {two:?}");
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn there_is_an_end_to_objects_and_bytes() {
    let settings = ["storage.max_objects=2", "storage.max_total_bytes=10", "storage.max_object_bytes=8"];
    let world = World::in_memory(&settings).await;
    assert_eq!(world.put("a.bin", &[1; 9]).await.unwrap_err().code(), "payload-too-large");
    world.put("a.bin", &[1; 8]).await.unwrap();
    assert_eq!(world.put("b.bin", &[1; 3]).await.unwrap_err().code(), "storage-full");
    world.put("a.bin", &[1; 5]).await.unwrap();
    world.put("b.bin", &[1; 3]).await.unwrap();
    assert_eq!(world.put("c.bin", b"").await.unwrap_err().code(), "storage-full");
    world.delete("a.bin").await.unwrap();
    world.put("c.bin", &[1; 7]).await.unwrap();
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_listed_page_by_page() {
    let world = World::in_memory(&[]).await;
    for number in 0..205 {
        world.put(&format!("{}/{number:03}.bin", number % 2), b"x").await.unwrap();
    }
    let first = world.client().list(&bucket(), None).await.unwrap();
    let mark = first.next.unwrap();
    let second = world.client().list(&bucket(), Some(&named(&mark))).await.unwrap();
    let names: Vec<String> =
        first.items.iter().chain(&second.items).map(|object| object.name.to_string()).collect();
    assert_eq!((names.len(), second.next), (205, None));
    assert!(names.is_sorted());
    let with = |query: &'static str| {
        let caller = world.caller();
        async move {
            let page: serde_json::Value =
                caller.get(&format!("/admin/objects/things?{query}")).await.unwrap();
            page["items"].as_array().unwrap().len()
        }
    };
    assert_eq!(with("prefix=1/&limit=200").await, 102);
    assert_eq!(with("prefix=1/00&limit=200").await, 5);
    assert_eq!(with("prefix=%25").await, 0, "a beginning is no pattern");
    assert_eq!(world.client().list(&"others".parse().unwrap(), None).await.unwrap().items, []);
    world.end().await;
}

#[tokio::test]
async fn objects_outlast_their_process_and_bytes_that_nobody_needs_do_not() {
    let folder = Folder::new("storage");
    let objects = folder.path().join("storage-objects");
    let long: Vec<u8> = (0..700_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
    let world = World::in_folder(folder.path(), &[]).await;
    world.put("long.bin", &long).await.unwrap();
    world.put("a.bin", b"one").await.unwrap();
    world.put("a.bin", b"two").await.unwrap();
    assert_eq!(files(&objects).len(), 3, "who reads what was replaced may read on");
    world.end().await;
    age(folder.path());
    let world = World::in_folder(folder.path(), &[]).await;
    assert_eq!(world.get("long.bin").await.unwrap(), long);
    until("what was replaced is gone", async || (files(&objects).len() == 2).then_some(())).await;
    assert_eq!(world.get("a.bin").await.unwrap(), b"two");
    world.end().await;
}

#[tokio::test]
async fn what_has_lost_its_bytes_is_a_fault_and_mended_by_putting_it_again() {
    let folder = Folder::new("storage");
    let world = World::in_folder(folder.path(), &[]).await;
    world.put("a.bin", b"one").await.unwrap();
    for file in files(&folder.path().join("storage-objects")) {
        std::fs::remove_file(file).unwrap();
    }
    assert_eq!(world.get("a.bin").await.unwrap_err().code(), "internal");
    world.put("a.bin", b"one").await.unwrap();
    assert_eq!(world.get("a.bin").await.unwrap(), b"one");
    world.end().await;
}

#[tokio::test]
async fn a_folder_elsewhere_holds_the_bytes() {
    let (data, elsewhere) = (Folder::new("storage"), Folder::new("storage"));
    let place = elsewhere.path().join("a/b");
    let world = World::in_folder(data.path(), &[&format!("storage.folder={}", place.display())]).await;
    world.put("a.bin", b"one").await.unwrap();
    assert_eq!((files(&place).len(), files(&data.path().join("storage-objects")).len()), (1, 0));
    world.end().await;
}

/// Lets a day pass for all blobs.
pub fn age(folder: &std::path::Path) {
    let database = rusqlite::Connection::open(folder.join("storage.db")).unwrap();
    let day = i64::try_from(Duration::from_secs(24 * 3_600).as_micros()).unwrap();
    database.execute("update blob set changed_at = changed_at - ?1", [day]).unwrap();
}
