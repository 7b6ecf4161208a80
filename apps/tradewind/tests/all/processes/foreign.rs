//! A service in another language: the example of the documents, as it stands, among services that know each other by
//! certificates.

use std::path::Path;

use tradewind_testkit::{Request, until};

use crate::books::{agree, order};
use crate::processes::{kill, process_of, replaced, secured};
use crate::support::Place;

/// Where Debian, and most others, have it. The test needs the standard library alone.
const PYTHON: &str = "/usr/bin/python3";

const SALES: &str = "/api/reports/v1/sales";

/// A port that is free now; the example binds it itself.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn the_example_in_python_follows_orders_is_called_through_the_gateway_and_counts_once() {
    assert!(Path::new(PYTHON).is_file(), "{PYTHON} is not there. As root: apt-get install python3");
    let place = Place::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/python-service");
    let example = example.canonicalize().unwrap();
    place.write(
        "tradewind.toml",
        &format!(
            "[gateway]\nmore_routes = '{0}/routes'\n\n[processes.reports]\ncommand = ['{PYTHON}', '{0}/reports.py']\n\
             public = '127.0.0.1:{1}'\nfollows = ['orders']\n",
            example.display(),
            free_port(),
        ),
    );
    let fleet = secured(&place).await;
    // Killed in between, it goes on where its transaction left it.
    let load = order(&fleet, "first").await;
    let before = process_of(&place, "reports").await["process"].clone();
    kill(&before).await;
    replaced(&place, "reports", &before).await;
    let mut accepted = load.end().await;
    accepted.extend(order(&fleet, "second").await.end().await);
    agree(&fleet, &accepted).await;
    let sold = async || {
        let answer = Request::new("GET", SALES).send(fleet.door("gateway/data-plane")).await;
        (answer.status == 200).then(|| answer.json()["items"].clone())
    };
    let all = serde_json::json!([{ "productId": "3", "quantity": accepted.len() }]);
    until("every order is counted", async || (sold().await? == all).then_some(())).await;
    let attic = fleet.get("/api/reports/v1/attic").await;
    assert_eq!((attic.status, &attic.json()["code"]), (404, &"not-found".into()));
    assert_eq!(sold().await.unwrap(), all);
    assert_eq!(fleet.stop().await.code, Some(0));
}
