//! Databases that were migrated once and are copied for each shop: the migrations of all services cost a server more than
//! most journeys do.

use std::fmt::Write;

use tokio::sync::OnceCell;
use tradewind_chassis::DataFolder;
use tradewind_chassis::settings::SettingsSource;
use tradewind_testkit::postgres::fresh_name;
use tradewind_testkit::{Folder, Postgres};

use super::{passwords, provision, settings};

/// Makes a role and a database for each service as `tradewind db provision` and `tradewind db migrate` leave them.
pub(super) async fn copy(server: &Postgres, prefix: &str, passwords: &[(String, String)]) {
    let Template { prefix: template, strategy } = template(server).await;
    let mut statements = String::new();
    for (service, password) in passwords {
        let (from, name) = (format!("{template}{service}"), format!("{prefix}{service}"));
        writeln!(
            statements,
            "create role {name} login password '{password}';
             create database {name} template {from} owner {name}{strategy};
             revoke all on database {name} from public;
             grant connect, temporary on database {name} to {name};
             \\connect {name}
             grant all on schema public to {name};
             revoke all on schema public from {from};
             reassign owned by {from} to {name};"
        )
        .unwrap();
    }
    server.psql("postgres", &statements).await;
}

/// The databases that are copied.
struct Template {
    prefix: String,
    /// Files as they are, without a word in the log, where the server knows that choice (since version 15).
    strategy: &'static str,
}

/// Made by whoever asks first.
async fn template(server: &Postgres) -> &'static Template {
    static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
    TEMPLATE.get_or_init(|| make(server)).await
}

async fn make(server: &Postgres) -> Template {
    let prefix = format!("{}_", fresh_name("template"));
    let passwords = passwords();
    provision(server, &prefix, &passwords).await;
    let source = SettingsSource::new().overrides(&settings(server, &prefix, &passwords)).unwrap();
    let folder = Folder::new("template");
    let data = DataFolder::open(folder.path()).unwrap();
    let failed = tradewind_fleet::assembly().migrate(source, data, &mut |_, _| {}).await.unwrap();
    assert!(failed.is_empty(), "{failed:?}");
    // What belongs to a role changes hands with all of it: the databases themselves must stay.
    let keep =
        |(service, _): &(String, String)| format!("alter database {prefix}{service} owner to postgres;");
    server.psql("postgres", &passwords.iter().map(keep).collect::<String>()).await;
    let version: u32 = server.psql("postgres", "show server_version_num").await.trim().parse().unwrap();
    Template { prefix, strategy: if version < 150_000 { "" } else { " strategy file_copy" } }
}
