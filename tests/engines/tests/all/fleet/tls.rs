//! Encrypted connections to a server that proves who it is.

use tradewind_db::{ConnectCause, DbError, PostgresOptions};
use tradewind_kernel::Secret;
use tradewind_testkit::Postgres;
use tradewind_testkit::postgres::{Certificate, Options};

use crate::db::relay::Line;
use crate::db::support::{handle, place};

/// Opens the place at this address, with a query of TLS parameters.
async fn open(host_port: &str, query: &str, place: &(PostgresOptions, Secret)) -> Result<(), DbError> {
    let options = PostgresOptions::parse(&format!("postgres://{host_port}?{query}")).unwrap();
    let options = options.role(place.0.role_name()).database(place.0.database_name()).password(&place.1);
    handle(&options).check().await
}

fn is_tls(result: &Result<(), DbError>) -> bool {
    matches!(result, Err(DbError::Connect { cause: ConnectCause::Tls, .. }))
}

#[tokio::test]
async fn a_server_proves_who_it_is_and_takes_nothing_in_clear() {
    let certificate = Some(Certificate::generate());
    let server = Postgres::start(Options { durable: false, certificate, ..Options::default() }).await;
    let place = place(&server, "tls").await;
    let access = server.folder().join("data").join("pg_hba.conf");
    std::fs::write(&access, "hostssl all all 127.0.0.1/32 scram-sha-256\n").unwrap();
    let ssl = "dbname=postgres sslmode=require";
    server.psql(ssl, "select pg_reload_conf()").await;
    let address = server.host_port();
    let authority = server.certificate().unwrap().authority().display().to_string();
    let trusted = format!("sslmode=verify-full&sslrootcert={authority}");
    tradewind_testkit::until("only encrypted connections are taken", async || {
        open(&address, "sslmode=disable", &place).await.err()
    })
    .await;
    open(&address, &trusted, &place).await.unwrap();
    open(&address, "sslmode=prefer", &place).await.unwrap();
    let clear = open(&address, "sslmode=disable", &place).await;
    assert!(
        matches!(&clear, Err(DbError::Connect { message, .. }) if message.contains("no encryption")),
        "{clear:?}"
    );
    let stranger = Certificate::generate();
    let stranger = format!("sslmode=verify-full&sslrootcert={}", stranger.authority().display());
    let untrusted = open(&address, &stranger, &place).await;
    assert!(is_tls(&untrusted), "{untrusted:?}");
    let unnamed = open(&address, "sslmode=verify-full", &place).await;
    assert!(is_tls(&unnamed), "{unnamed:?}");
    let missing = open(&address, "sslmode=verify-full&sslrootcert=/nowhere/ca.pem", &place).await;
    assert!(is_tls(&missing), "{missing:?}");
    // Another name for the same server, which its certificate does not hold.
    let line = Line::at("127.0.0.2:0", &address).await;
    let elsewhere = line.address.to_string();
    let misnamed = open(&elsewhere, &trusted, &place).await;
    assert!(is_tls(&misnamed), "{misnamed:?}");
    open(&elsewhere, &trusted.replace("verify-full", "verify-ca"), &place).await.unwrap();
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_it_has_to_prove_itself() {
    let server = Postgres::shared().await;
    let place = place(server, "clear").await;
    for mode in ["require", "verify-ca", "verify-full"] {
        let refused = open(&server.host_port(), &format!("sslmode={mode}"), &place).await;
        assert!(is_tls(&refused), "{mode}: {refused:?}");
    }
}
