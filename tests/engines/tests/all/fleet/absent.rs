//! A database that cannot be used: what has to be mended is said, and the other services go on.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tradewind_chassis::{DataFolder, DataFolderError};
use tradewind_db::{DbError, PostgresOptions};
use tradewind_kernel::Secret;
use tradewind_testkit::postgres::Options;
use tradewind_testkit::{Folder, Postgres, until, within};

use super::shop::{Databases, Shop, launch};
use crate::db::support::{handle, place};

/// An address at which nobody listens.
async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Answers as a server of version 13 does until a client may ask.
async fn old_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut buffer = [0; 1024];
            // The first message may ask for encryption (80877103); `N`: there is none.
            if client.read(&mut buffer).await.unwrap_or(0) == 8 {
                client.write_all(b"N").await.unwrap();
                assert!(client.read(&mut buffer).await.unwrap() > 0);
            }
            let mut hello = b"R\0\0\0\x08\0\0\0\0".to_vec();
            let (name, value) = (b"server_version\0", b"13.14\0");
            hello.push(b'S');
            hello.extend(u32::try_from(4 + name.len() + value.len()).unwrap().to_be_bytes());
            hello.extend(name.iter().chain(value));
            hello.extend(b"Z\0\0\0\x05I");
            client.write_all(&hello).await.unwrap();
            drop(client.read(&mut buffer).await);
        }
    });
    address
}

/// Starts a fleet whose stock has this address, and gives why stock does not run.
async fn without_stock(databases: &Databases, address: &str) -> String {
    let more = [format!("database.urls.stock={address}"), "database.wait=1s".to_owned()];
    let shop = Shop::start(&databases.with(&more)).await;
    let absent: Vec<(String, String)> =
        shop.running.absent().into_iter().map(|(name, why)| (name.to_owned(), why.to_owned())).collect();
    let [(name, reason)] = &absent[..] else { panic!("{address}: {absent:?}") };
    assert_eq!(name, "stock");
    let public = shop.get("stock/public", "/stocks/1").await;
    assert_eq!(public.status, 503, "{}", public.text());
    assert!(!public.text().contains("database"), "users are not told: {}", public.text());
    let internal = shop.get("stock/internal", "/events?after=0").await;
    assert_eq!(internal.status, 503);
    let told = format!("{} {reason} {:?} {:?}", internal.text(), shop.running, absent);
    assert!(internal.text().contains("does not run"), "{}", internal.text());
    for (service, password) in &databases.passwords {
        assert!(!told.contains(password), "the password of {service} is told");
    }
    assert!(!told.contains("guessed-714"), "a wrong password is told: {reason}");
    for (door, path) in [("catalogue/public", "/products"), ("customers/internal", "/events?after=0")] {
        assert_eq!(shop.get(door, path).await.status, 200, "{door}");
    }
    let reason = reason.clone();
    shop.stop().await;
    reason
}

#[tokio::test(flavor = "multi_thread")]
async fn one_service_without_its_database_says_what_to_mend_and_the_others_go_on() {
    let server = Postgres::shared().await;
    let databases = Databases::on(server).await;
    let (here, name) = (server.host_port(), format!("{}stock", databases.prefix));
    let good = databases.address("stock", &here);
    let wrong_password = good.replace(databases.password("stock"), "guessed-714");
    server.psql("postgres", &format!("create role {name}_x login password 'guessed-714'")).await;
    let stranger = good.replacen(&format!("{name}:"), &format!("{name}_x:"), 1);
    let stranger = stranger.replace(databases.password("stock"), "guessed-714");
    for (address, said, mend) in [
        (wrong_password, "password authentication failed", "check the role and password in"),
        (stranger, "permission denied for database", "`tradewind db provision`"),
        (format!("{good}_x"), "does not exist", "`tradewind db provision`"),
        (databases.address("stock", &nowhere().await), "could not be opened", "and that the server runs"),
        (databases.address("stock", &old_server().await), "the server is version 13; 14", "upgrade"),
        (format!("{good}?sslmode=verify-full"), "TLS", "check sslmode and sslrootcert"),
    ] {
        let reason = without_stock(&databases, &address).await;
        println!("{reason}\n");
        assert!(reason.contains(said), "{said}: {reason}");
        assert!(reason.contains(mend) && reason.contains("database.urls.stock"), "{mend}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_change_the_schema_and_a_schema_of_tomorrow_are_told() {
    let server = Postgres::shared().await;
    let databases = Databases::on(server).await;
    let (here, name) = (server.host_port(), format!("{}stock", databases.prefix));
    server.psql("postgres", &format!("alter database {name} owner to postgres")).await;
    server.psql("postgres", &format!("grant connect on database {name} to {name}")).await;
    let revoke = format!("alter schema public owner to postgres; revoke create on schema public from {name}");
    server.psql(&name, &revoke).await;
    let address = databases.address("stock", &here);
    let reason = without_stock(&databases, &address).await;
    assert!(reason.contains("the role may not change the schema"), "{reason}");
    assert!(reason.contains("`tradewind db provision`"), "{reason}");
    server.psql(&name, &format!("grant create on schema public to {name}")).await;
    Shop::start(&databases.settings).await.stop().await;
    let tomorrow = "insert into schema_migration values ('stock', 999, 'tomorrow', 'x', 0)";
    server.psql(&name, tomorrow).await;
    let reason = without_stock(&databases, &address).await;
    assert!(reason.contains("version 999") && reason.contains("use a newer program"), "{reason}");
}

/// In paused time: it passes as soon as everybody waits.
#[tokio::test(start_paused = true)]
async fn when_no_service_has_a_database_the_start_fails_in_time() {
    let address = nowhere().await;
    let settings = [format!("database.url=postgres://{address}"), "database.wait=10m".to_owned()];
    let begun = tokio::time::Instant::now();
    let error = launch(&settings).await.err().expect("it does not start").to_string();
    assert!(error.contains("database.url") && error.contains(&address), "{error}");
    // All services together wait no longer than one.
    let waited = begun.elapsed().as_secs() / 60;
    assert!((10..12).contains(&waited), "{waited} minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_is_told_with_both_numbers() {
    let options = Options { durable: false, connections: 12, ..Options::default() };
    let server = Postgres::start(options).await;
    let databases = Databases::on(&server).await;
    let shop = Shop::start(&databases.with(&["database.wait=1s".to_owned()])).await;
    let absent = shop.running.absent();
    assert!(!absent.is_empty() && absent.len() < databases.passwords.len(), "{absent:?}");
    for (service, reason) in &absent {
        for said in ["which has 9 for all", "database.connections (now 4)", "max_connections"] {
            assert!(reason.contains(said), "{service}: {reason}");
        }
    }
    shop.stop().await;
    // Room by number, and none in fact.
    let (options, password) = place(&server, "crowded").await;
    let mut sessions = Vec::new();
    for _ in 0..12 {
        let Ok(session) = within("a session", spawned(&server)).await else { break };
        sessions.push(session);
    }
    let crowded = until("nothing is left", async || handle(&options).check().await.err()).await;
    let told = crowded.to_string();
    assert!(crowded.is_transient() && !told.contains(password.expose()), "{told}");
    assert!(matches!(crowded, DbError::Connect { .. }) && told.contains("connection"), "{told}");
}

/// One more connection of an ordinary role; an error when the server refuses.
async fn spawned(server: &Postgres) -> Result<tradewind_db::Db, DbError> {
    let (options, _): (PostgresOptions, Secret) = place(server, "taken").await;
    let db = handle(&options.connections(1));
    db.check().await?;
    Ok(db)
}

#[test]
fn a_second_process_on_one_data_folder_is_told_of_postgresql() {
    let folder = Folder::new("engines");
    let _first = DataFolder::open(folder.path()).unwrap();
    let second = DataFolder::open(folder.path()).unwrap_err();
    assert!(matches!(second, DataFolderError::InUse { .. }));
    assert!(second.to_string().contains("only on PostgreSQL (database.url)"), "{second}");
}
