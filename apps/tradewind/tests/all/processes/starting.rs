//! What starts, where it is, and how it ends.

use tradewind_testkit::{Request, until};

use crate::books::{agree, give_credit, order};
use crate::processes::{process_of, ps, runs, up};
use crate::support::{ADA, Place, SERVICES};

#[tokio::test]
async fn each_service_has_a_process_and_together_they_are_the_shop() {
    let place = Place::new();
    let fleet = up(&place, &[]).await;
    let views = ps(&place).await;
    let mut processes: Vec<u64> = views.iter().map(|view| view["process"].as_u64().unwrap()).collect();
    processes.sort_unstable();
    processes.dedup();
    assert_eq!((views.len(), processes.len()), (SERVICES.len(), SERVICES.len()), "{views:?}");
    assert!(views.iter().all(|view| view["ready"] == true && view["restarts"] == 0), "{views:?}");
    give_credit(&fleet).await;
    let accepted = order(&fleet, "first").await.end().await;
    agree(&fleet, &accepted).await;
    let verify = place.run(&["verify", "--data", "data"]).await;
    assert_eq!(verify.code, Some(0), "{}{}", verify.output, verify.errors);
    let health = place.run(&["health", "--data", "data"]).await;
    assert_eq!((health.code, health.output.lines().count()), (Some(0), SERVICES.len()), "{}", health.output);
    let ended = fleet.stop().await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    for service in SERVICES {
        let line =
            |text: &str| ended.errors.lines().any(|line| line.trim_end() == format!("{service:12} | {text}"));
        assert!(line("built") && line("stopped"), "{service}: {}", ended.errors);
    }
    assert!(!place.data().join("fleet.json").exists());
}

#[tokio::test]
async fn the_same_folder_goes_on_in_one_process_and_back() {
    let place = Place::new();
    let fleet = up(&place, &[]).await;
    give_credit(&fleet).await;
    let accepted = order(&fleet, "first").await.end().await;
    assert_eq!(fleet.stop().await.code, Some(0));
    let fleet = place.up(&[]).await;
    agree(&fleet, &accepted).await;
    let refused = place.run(&["ps", "--data", "data"]).await;
    assert!(refused.errors.contains("runs in one process"), "{}", refused.errors);
    assert_eq!(fleet.stop().await.code, Some(0));
    let fleet = up(&place, &[]).await;
    agree(&fleet, &accepted).await;
    assert_eq!(fleet.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_folder_has_one_supervisor_and_no_other_fleet() {
    let place = Place::new();
    let fleet = up(&place, &[]).await;
    for more in [&["--processes"][..], &[]] {
        let refused = place.refused(more, &[]).await;
        assert!(refused.contains("in use by"), "{refused}");
    }
    assert_eq!(fleet.get("/api/customers/v1/me").await.status, 200);
    assert_eq!(fleet.stop().await.code, Some(0));
}

#[tokio::test]
async fn only_what_was_asked_for_runs() {
    let place = Place::new();
    let refused = place.refused(&["--processes", "--only", "catalogue,stock"], &[]).await;
    for part in ["stock     | ", "say where: peers.", "stock does not start"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    let elsewhere =
        ["--set", "peers.orders.internal=127.0.0.1:9", "--set", "peers.catalogue.internal=127.0.0.1:9"];
    let fleet = up(&place, &[&["--only", "catalogue,stock"][..], &elsewhere].concat()).await;
    let services: Vec<String> =
        ps(&place).await.iter().map(|view| view["service"].as_str().unwrap().to_owned()).collect();
    assert_eq!(services, ["catalogue", "stock"]);
    let products = Request::new("GET", "/products").bearer(ADA).send(fleet.door("catalogue/public")).await;
    assert_eq!(products.status, 200);
    // A shop that is not whole is filled when it is.
    assert!(!place.data().join("seeded.json").exists());
    assert_eq!(fleet.stop().await.code, Some(0));
}

#[tokio::test]
async fn what_cannot_be_is_told_before_anything_runs() {
    let place = Place::new();
    for (more, part) in [
        (&["--replicas", "orders=2"][..], "PostgreSQL"),
        (&["--only", "attic"], "there is no such service"),
        (&["--replicas", "attic=2"], "there is no such service"),
        (&["--set", "stock.attic=1"], "stock.attic"),
    ] {
        let refused = place.refused(&[&["--processes"], more].concat(), &[]).await;
        assert!(refused.contains(part), "{more:?}: {refused}");
        assert!(!refused.contains("starting on"), "{more:?}: {refused}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused =
        place.refused(&["--processes", "--set", &format!("doors.stock.public={address}")], &[]).await;
    for part in ["stock: ", &address, "in use"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}

#[tokio::test]
async fn processes_end_with_their_supervisor_however_that_ends() {
    let place = Place::new();
    for twice in [false, true] {
        let mut fleet = up(&place, &["--set", "shutdown.balancer_wait=20s"]).await;
        let views = ps(&place).await;
        let orders = process_of(&place, "orders").await;
        if twice {
            fleet.process.signal("INT").await;
            // Two signals of which none was taken yet are one.
            fleet.process.says("Ctrl-C again stops at once").await;
            fleet.process.signal("INT").await;
            assert_eq!(fleet.process.ended().await.code, Some(130));
        } else {
            fleet.process.signal("KILL").await;
            assert_eq!(fleet.process.ended().await.code, None);
            // Without a supervisor they drain, for twenty seconds here: nobody need wait for them.
            assert!(runs(&orders["process"]));
            for view in &views {
                crate::processes::signal(&view["process"], "-TERM").await;
            }
        }
        for view in &views {
            until("the process is gone", async || (!runs(&view["process"])).then_some(())).await;
        }
    }
    assert_eq!(up(&place, &[]).await.stop().await.code, Some(0));
}
