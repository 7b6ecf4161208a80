//! The server that tests start: who runs it, what it keeps, whom it lets in.

use tradewind_testkit::Postgres;
use tradewind_testkit::postgres::{Certificate, Options, fresh_name};

#[tokio::test]
async fn it_runs_as_an_ordinary_user_in_a_folder_of_its_own() {
    let server = Postgres::shared().await;
    let data = server.psql("postgres", "show data_directory").await;
    assert!(data.starts_with(server.folder().to_str().unwrap()), "{data}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    assert!(users.split_whitespace().all(|user| user != "0"), "it runs as {users}");
    let settings = "select name, setting from pg_settings
        where name in ('fsync', 'listen_addresses', 'unix_socket_directories') order by name";
    let folder = server.folder().display();
    let told = format!("fsync|off\nlisten_addresses|127.0.0.1\nunix_socket_directories|{folder}");
    assert_eq!(server.psql("postgres", settings).await, told);
}

#[tokio::test]
async fn two_servers_know_nothing_of_each_other() {
    let shared = Postgres::shared().await;
    let other = Postgres::start(Options::default()).await;
    assert_ne!((shared.host_port(), shared.folder()), (other.host_port(), other.folder()));
    let name = fresh_name("alone");
    shared.psql("postgres", &format!("create database {name}")).await;
    let count = format!("select count(*) from pg_database where datname = '{name}'");
    assert_eq!(shared.psql("postgres", &count).await, "1");
    assert_eq!(other.psql("postgres", &count).await, "0");
    let refused = other.psql_as(shared.superuser(), shared.password(), "postgres", "select 1").await;
    assert!(refused.unwrap_err().contains("password authentication failed"));
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_kill_and_after_a_stop() {
    let mut server = Postgres::start(Options::default()).await;
    let (address, durable) = (server.host_port(), server.psql("postgres", "show fsync").await);
    assert_eq!(durable, "on");
    server.psql("postgres", "create table kept (number int); insert into kept values (1)").await;
    server.kill().await;
    assert!(std::net::TcpStream::connect(&address).is_err(), "nobody listens");
    server.start_again().await;
    assert!(server.log().contains("was not properly shut down"), "it was no crash:\n{}", server.log());
    server.psql("postgres", "insert into kept values (2)").await;
    server.stop().await;
    let refused = server.psql_as(server.superuser(), server.password(), "postgres", "select 1").await;
    assert!(refused.unwrap_err().contains("Connection refused"));
    server.start_again().await;
    assert_eq!(server.psql("postgres", "select number from kept order by number").await, "1\n2");
    assert_eq!(server.host_port(), address);
}

#[tokio::test]
async fn a_kill_takes_what_is_under_way_with_it() {
    let mut server = Postgres::start(Options::default()).await;
    server.psql("postgres", "create table kept (number int)").await;
    let under_way = server.session("postgres", "begin; insert into kept values (1)").await;
    let open = "select count(*) from pg_stat_activity where state = 'idle in transaction'";
    assert_eq!(server.psql("postgres", open).await, "1");
    server.kill().await;
    drop(under_way);
    server.start_again().await;
    assert_eq!(server.psql("postgres", "select count(*) from kept").await, "0");
}

#[tokio::test]
async fn what_a_session_locks_is_locked_until_it_is_dropped() {
    let server = Postgres::shared().await;
    let table = fresh_name("locked");
    server.psql("postgres", &format!("create table {table} (number int)")).await;
    let session = server.session("postgres", &format!("begin; lock table {table} in exclusive mode")).await;
    let write = format!("set lock_timeout = 1; insert into {table} values (1)");
    let refused = server.psql_as(server.superuser(), server.password(), "postgres", &write).await;
    assert!(refused.unwrap_err().contains("lock timeout"));
    assert_eq!(server.psql("postgres", &format!("select count(*) from {table}")).await, "0");
    drop(session);
    server.psql("postgres", &format!("insert into {table} values (1)")).await;
}

#[tokio::test]
#[should_panic(expected = "syntax error")]
async fn a_session_whose_statements_fail_says_why() {
    drop(Postgres::shared().await.session("postgres", "selec 1").await);
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_statement_are_told() {
    let server = Postgres::shared().await;
    let wrong = server.psql_as(server.superuser(), "guessed", "postgres", "select 1").await.unwrap_err();
    assert!(wrong.contains("password authentication failed"), "{wrong}");
    let error =
        server.psql_as(server.superuser(), server.password(), "postgres", "select 1; selec 2; select 3");
    let error = error.await.unwrap_err();
    assert!(error.contains("syntax error") && !error.contains('3'), "{error}");
    assert!(!format!("{server:?}").contains(server.password()));
}

#[tokio::test]
async fn with_a_certificate_it_speaks_tls() {
    let server = Postgres::start(Options {
        durable: false,
        certificate: Some(Certificate::generate()),
        ..Options::default()
    })
    .await;
    let authority = server.certificate().unwrap().authority().display().to_string();
    let encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    let checked = format!("dbname=postgres sslmode=verify-full sslrootcert={authority}");
    assert_eq!(server.psql(&checked, encrypted).await, "t");
    assert_eq!(server.psql("dbname=postgres sslmode=disable", encrypted).await, "f");
    let other = Certificate::generate();
    let stranger = format!("dbname=postgres sslmode=verify-full sslrootcert={}", other.authority().display());
    let refused = server.psql_as(server.superuser(), server.password(), &stranger, encrypted).await;
    assert!(refused.unwrap_err().contains("certificate verify failed"));
}
