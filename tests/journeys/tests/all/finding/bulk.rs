//! Many products at once.

use tradewind_catalogue_contract::{BulkFormat, ImportChunk};
use tradewind_journeys::Fleet;

use super::{find, ids, import, row, slug, staff, words};

#[tokio::test]
async fn an_import_goes_on_where_it_was_left_and_names_its_errors() {
    let fleet = Fleet::start().await;
    let rows: Vec<String> = (0..9)
        .map(|number| {
            let name = if number == 4 { "" } else { "Gizmo" };
            row(&format!("z{number}"), name, 100 + number, serde_json::json!({}))
        })
        .collect();
    let first = import(&fleet, "spring", &rows[..6], 0).await;
    assert_eq!((first.position, first.changed, first.refused), (6, 5, 1));
    assert_eq!((first.errors[0].line, first.errors[0].field.as_deref()), (5, Some("name")));
    // The answer was lost: the same piece comes again, with more behind it.
    let told = tradewind_events::head(fleet.database("catalogue")).await.unwrap();
    let again = import(&fleet, "spring", &rows[..6], 0).await;
    assert_eq!((again.position, again.changed, again.errors.len()), (6, 5, 0));
    assert_eq!(
        tradewind_events::head(fleet.database("catalogue")).await.unwrap(),
        told,
        "nothing was told twice"
    );
    let last = import(&fleet, "spring", &rows, 0).await;
    assert_eq!((last.position, last.changed, last.unchanged), (9, 8, 0));
    assert_eq!(staff(&fleet).import_progress(&slug("spring")).await.unwrap().position, 9);
    // The same rows by another name change nothing.
    let other = import(&fleet, "summer", &rows, 0).await;
    assert_eq!((other.changed, other.unchanged, other.refused), (0, 8, 1));
    let gap = ImportChunk { format: BulkFormat::Ndjson, after: 20, line: 21, rows: rows[0].clone() };
    let refused = staff(&fleet).import(&slug("spring"), &gap).await.unwrap_err();
    assert_eq!(refused.code(), "conflict");
    assert_eq!(find(&fleet, &words("gizmo")).await.total, 8);
    fleet.shutdown().await;
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    let fleet = Fleet::start().await;
    fleet.seeder().assortment(20, |_, _| {}).await.unwrap();
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = staff(&fleet).export(after.as_deref()).await.unwrap();
        rows.extend(page.items.iter().map(|product| serde_json::to_string(product).unwrap()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let same = import(&fleet, "again", &rows, 0).await;
    assert_eq!((same.changed, same.unchanged, same.errors), (0, rows.len() as u64, vec![]));
    fleet.shutdown().await;
}

#[tokio::test]
async fn values_with_commas_are_taken_and_errors_name_their_lines() {
    let fleet = Fleet::start().await;
    let rows = "id,name,price,currency,prices,attributes\n\
        q1,\"Gadget, small\",1.20,GBP,EUR:1.40,colour:red\n\
        q2,Gadget,1.234,GBP,,\n\
        q3,Gadget,1,XXX,,\n\
        q4,\"Gadget\nlarge\",2.00,,,\n\
        q5,Gadget,2.00,GBP,,colour:red\n"
        .to_owned();
    let chunk = ImportChunk { format: BulkFormat::Csv, after: 0, line: 2, rows };
    let taken = staff(&fleet).import(&slug("values"), &chunk).await.unwrap();
    let errors: Vec<_> = taken.errors.iter().map(|error| (error.line, error.field.as_deref())).collect();
    assert_eq!(errors, [(3, Some("price")), (4, Some("price")), (5, Some("name"))]);
    assert_eq!(ids(&find(&fleet, &words("gadget")).await), ["q1", "q5"]);
    fleet.shutdown().await;
}
