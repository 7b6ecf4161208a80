//! The file of the access log, when whoever keeps old ones renames it.

use tradewind_testkit::until;

use crate::backend::{Backend, Does};
use crate::gateway::Gateway;

#[tokio::test]
async fn a_file_that_was_renamed_is_opened_anew() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[shop.address], &["--access-log", "requests.log", "--threads", "2"]).await;
    let log = gateway.routes().parent().unwrap().join("requests.log");
    let has = |name: &str, path: &str| {
        std::fs::read_to_string(log.with_file_name(name)).is_ok_and(|text| text.contains(path))
    };
    gateway.get("/first").await;
    until("the first is written", async || has("requests.log", "/first").then_some(())).await;
    for (signal, old, path) in [("USR1", "requests.1", "/second"), ("HUP", "requests.2", "/third")] {
        std::fs::rename(&log, log.with_file_name(old)).unwrap();
        gateway.signal(signal).await;
        until("there is a new file", async || log.exists().then_some(())).await;
        gateway.get(path).await;
        until("it is written there", async || has("requests.log", path).then_some(())).await;
        assert!(!has(old, path), "{signal}");
    }
    assert!(has("requests.1", "/first") && has("requests.2", "/second"));
}

#[tokio::test]
async fn one_that_cannot_be_opened_is_gone_on_with() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::before(&[shop.address], &["--access-log", "requests.log"]).await;
    let log = gateway.routes().parent().unwrap().join("requests.log");
    std::fs::rename(&log, log.with_extension("old")).unwrap();
    std::fs::create_dir(&log).unwrap();
    gateway.signal("USR1").await;
    until("it says so", async || {
        gateway.errors().contains("the access log goes on in the file").then_some(())
    })
    .await;
    gateway.get("/later").await;
    until("the line is in the old file", async || {
        std::fs::read_to_string(log.with_extension("old"))
            .is_ok_and(|text| text.contains("/later"))
            .then_some(())
    })
    .await;
}
