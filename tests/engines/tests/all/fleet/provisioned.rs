//! Making databases and roles, and bringing schemas up to date.

use tradewind_chassis::DataFolder;
use tradewind_chassis::settings::SettingsSource;
use tradewind_db::{PostgresOptions, provision};
use tradewind_kernel::{Clock, Secret};
use tradewind_testkit::postgres::fresh_name;
use tradewind_testkit::{Folder, Postgres};

use super::shop::{Databases, Shop, launch};
use crate::db::support::handle;

#[tokio::test]
async fn provisioning_completes_what_is_missing_and_can_be_done_again() {
    let server = Postgres::shared().await;
    let (name, clock) = (fresh_name("provision"), Clock::system());
    let admin = PostgresOptions::parse(&server.url("postgres")).unwrap();
    // A first run that ended half-way: the role is there, with another password and too many rights.
    server.psql("postgres", &format!("create role {name} login createdb password 'first'")).await;
    let address = format!("postgres://{}", server.host_port());
    let opens = |password: &str| {
        let options = PostgresOptions::parse(&address).unwrap().role(&name).database(&name);
        handle(&options.password(&Secret::new(password)))
    };
    for (password, role_is_new, database_is_new) in [("it's\\1", false, true), ("second", false, false)] {
        let done = provision::provision(&admin, &name, &Secret::new(password), &clock).await.unwrap();
        assert_eq!((done.role_is_new, done.database_is_new), (role_is_new, database_is_new));
        opens(password).check().await.unwrap();
        assert!(opens("first").check().await.is_err());
    }
    let rights =
        format!("select rolcreatedb, rolcreaterole, rolsuper from pg_roles where rolname = '{name}'");
    assert_eq!(server.psql("postgres", &rights).await, "f|f|f");
    let wrong = provision::provision(&admin, "no-name", &Secret::new("x"), &clock).await.unwrap_err();
    assert!(wrong.to_string().contains("lower case letters"), "{wrong}");
    // Not everybody may.
    let weak = PostgresOptions::parse(&address).unwrap().role(&name).database(&name);
    let weak = weak.password(&Secret::new("second"));
    let refused = provision::provision(&weak, &fresh_name("other"), &Secret::new("hidden-714"), &clock).await;
    let told = format!("{:?}", refused.unwrap_err());
    assert!(told.contains("permission denied") && !told.contains("hidden-714"), "{told}");
}

#[tokio::test]
async fn a_role_opens_its_own_database_and_nothing_else() {
    let server = Postgres::shared().await;
    let databases = Databases::on(server).await;
    let (stock, password) = (format!("{}stock", databases.prefix), databases.password("stock"));
    server.psql_as(&stock, password, &stock, "create table mine (a int)").await.unwrap();
    for other in [format!("{}orders", databases.prefix), format!("{}catalogue", databases.prefix)] {
        let refused = server.psql_as(&stock, password, &other, "select 1").await.unwrap_err();
        assert!(refused.contains("permission denied for database"), "{refused}");
    }
    for statement in ["create role more", "create database more", "set role postgres"] {
        let refused = server.psql_as(&stock, password, &stock, statement).await.unwrap_err();
        assert!(refused.contains("permission denied"), "{statement}: {refused}");
    }
    let refused = server.psql_as(&stock, password, "postgres", "create schema mine").await.unwrap_err();
    assert!(refused.contains("permission denied"), "{refused}");
}

async fn migrate(settings: &[String]) -> (Vec<String>, usize) {
    let folder = Folder::new("engines");
    let source = SettingsSource::new().overrides(settings).unwrap();
    let mut done = Vec::new();
    let failed = tradewind_fleet::assembly()
        .migrate(source, DataFolder::open(folder.path()).unwrap(), &mut |service, step| {
            done.push(format!("{service}: {step}"));
        })
        .await
        .unwrap();
    assert_eq!(failed, []);
    let up_to_date = done.iter().filter(|line| line.ends_with("up to date")).count();
    (done, up_to_date)
}

#[tokio::test(flavor = "multi_thread")]
async fn where_migrations_are_required_they_are_applied_before_and_by_one_at_a_time() {
    let databases = Databases::on(Postgres::shared().await).await;
    let required = databases.with(&["database.migrate=require".to_owned()]);
    let refused = launch(&required).await.err().expect("nothing is applied").to_string();
    assert!(refused.contains("run the migration job first"), "{refused}");
    let both = tokio::join!(migrate(&required), migrate(&databases.settings));
    let services = databases.passwords.len();
    assert_eq!((both.0.1, both.1.1), (services, services), "{both:?}");
    let shop = Shop::start(&required).await;
    assert_eq!(shop.running.absent(), []);
    shop.stop().await;
}
