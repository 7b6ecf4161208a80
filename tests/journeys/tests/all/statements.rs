//! Every statement of the program fits the schema that it runs on.

use std::collections::BTreeMap;

use tradewind_chassis::Service;
use tradewind_db::{Db, Execution, MigrateMode, Options, Sql, statements};
use tradewind_fleet::services;
use tradewind_journeys::scratch_location;
use tradewind_kernel::{Clock, Entropy};

/// Crates whose statements run in several services, and the part of the schema that says where.
const PLATFORM: [(&str, &str); 8] = [
    ("tradewind_db", "leases"),
    ("tradewind_events", "events"),
    ("tradewind_chassis", "idempotency"),
    ("tradewind_eventstore", "eventstore"),
    ("tradewind_views", "views"),
    ("tradewind_saga", "sagas"),
    ("tradewind_audit", "audit"),
    ("tradewind_pages", "pages"),
];

/// Modules of this crate's library: their statements run in every service, those of a module within them that is
/// named after a service in that one.
const LIBRARY: [&str; 3] =
    ["tradewind_journeys::rows", "tradewind_journeys::books", "tradewind_journeys::held"];

fn is_in(statement: &Sql, module: &str) -> bool {
    let rest = statement.module().strip_prefix(module);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Whether `statement` belongs to the schema of `service`.
fn belongs(statement: &Sql, service: &Service) -> bool {
    let described = service.description();
    let of_part = PLATFORM.iter().any(|(module, part)| {
        is_in(statement, module) && described.schema.iter().any(|component| component == part)
    });
    let of_library = |module: &str| {
        statement.module() == module || is_in(statement, &format!("{module}::{}", described.name))
    };
    of_part
        || LIBRARY.into_iter().any(of_library)
        || is_in(statement, &format!("tradewind_{}", described.name))
}

/// An empty database of the engine that the tests run on, with the schema of `service`.
async fn scratch(service: &Service) -> Db {
    let location = scratch_location(&service.description().name).await;
    let options = Options {
        location,
        execution: Execution::Inline,
        readers: 1,
        clock: Clock::system(),
        entropy: Entropy::system(),
    };
    let db = Db::open(options).unwrap();
    db.migrate(service.migrations(), MigrateMode::Auto).await.unwrap();
    db
}

#[tokio::test]
async fn every_statement_is_prepared_on_the_schema_it_belongs_to() {
    let mut prepared: BTreeMap<(&str, &str), usize> =
        statements().iter().map(|sql| ((sql.module(), sql.name()), 0)).collect();
    for service in services() {
        let db = scratch(&service).await;
        for statement in statements().into_iter().filter(|statement| belongs(statement, &service)) {
            let name = (statement.module(), statement.name());
            db.prepare(statement).await.unwrap_or_else(|error| panic!("{name:?}: {error}"));
            *prepared.get_mut(&name).unwrap() += 1;
        }
    }
    let left: Vec<_> = prepared.iter().filter(|(_, times)| **times == 0).collect();
    assert!(left.is_empty(), "these belong to no service: {left:?}");
}

#[tokio::test]
async fn every_service_that_has_tables_of_its_own_declares_statements() {
    for service in services() {
        let name = &service.description().name;
        let own = statements().iter().filter(|sql| is_in(sql, &format!("tradewind_{name}"))).count();
        let tables = service.migrations().iter().any(|set| set.component == name);
        assert_eq!(own > 0, tables, "{name}");
    }
}

#[tokio::test]
async fn a_statement_is_refused_by_a_schema_it_does_not_fit() {
    let services = services();
    let find = |name: &str| services.iter().find(|service| service.description().name == name).unwrap();
    let take = statements().into_iter().find(|sql| is_in(sql, "tradewind_stock") && sql.name() == "TAKE");
    let take = take.expect("stock reserves with it");
    assert!(scratch(find("stock")).await.prepare(take).await.is_ok());
    assert!(scratch(find("catalogue")).await.prepare(take).await.is_err());
}
