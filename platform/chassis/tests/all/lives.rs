//! From ready to drained.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tradewind_chassis::settings::SettingsSource;
use tradewind_chassis::{Assembly, Drained, Host};

use crate::lamps::{ask, definition, get, lamps, post, run, service, simulated};

#[tokio::test(start_paused = true)]
async fn readiness_follows_the_stages() {
    let running = Assembly::new(vec![service()]).start(simulated(), &mut |_, _| {}).await.unwrap();
    let statuses = async || {
        let mut statuses = Vec::new();
        for path in ["/livez", "/startupz", "/readyz"] {
            statuses.push(ask(&running, "internal", get(path)).await.0.as_u16());
        }
        statuses
    };
    assert_eq!(statuses().await, [200, 503, 503]);
    running.mark_ready();
    assert_eq!(statuses().await, [200, 200, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_drain_finishes_what_was_accepted() {
    let host = Host {
        settings: SettingsSource::new().overrides(&["http.deadline=5s".to_owned()]).unwrap(),
        ..simulated()
    };
    let running = run(service(), host).await;
    let (peer, clock) = (running.book().peer("lamps/public"), running.clock().clone());
    let slow = tokio::spawn(async move { peer.send(get("/slow")).await.unwrap().status().as_u16() });
    clock.sleep(Duration::from_secs(1)).await;
    let before = clock.monotonic();
    assert_eq!(running.shutdown().await, Drained::Clean);
    // The request ran into its own deadline, four seconds later, and was answered.
    assert_eq!(slow.await.unwrap(), 504);
    assert_eq!(clock.monotonic().saturating_sub(before).as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_at_its_deadline_whatever_runs() {
    let host = Host {
        settings: SettingsSource::new()
            .overrides(&["http.deadline=1h".to_owned(), "shutdown.deadline=3s".to_owned()])
            .unwrap(),
        ..simulated()
    };
    let running = run(service(), host).await;
    let (peer, clock) = (running.book().peer("lamps/public"), running.clock().clone());
    let slow = tokio::spawn(async move { peer.send(get("/slow")).await });
    clock.sleep(Duration::from_secs(1)).await;
    let before = clock.monotonic();
    assert!(matches!(running.shutdown().await, Drained::Forced { dropped: 1.. }));
    assert_eq!(clock.monotonic().saturating_sub(before).as_secs(), 3);
    assert_eq!(slow.await.unwrap().unwrap_err().code(), "unavailable");
}

#[tokio::test(start_paused = true)]
async fn a_drained_service_refuses_new_requests() {
    let running = lamps().await;
    let peer = running.book().peer("lamps/public");
    assert_eq!(running.shutdown().await, Drained::Clean);
    let refused = peer.send(post("k", r#"{"name":"a"}"#)).await.unwrap_err();
    assert_eq!(refused.code(), "unavailable");
}

#[tokio::test(start_paused = true)]
async fn a_job_repeats_until_the_drain() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let service = definition().job("count", Duration::from_secs(10), move |_| {
        let counted = counted.clone();
        async move {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let running = run(service.build(), simulated()).await;
    running.clock().sleep(Duration::from_secs(35)).await;
    assert_eq!(running.shutdown().await, Drained::Clean);
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_paces_itself_runs_when_it_asked_to_and_again_after_a_failure() {
    let moments = Arc::new(Mutex::new(Vec::new()));
    let (seen, host) = (moments.clone(), simulated());
    let clock = host.clock.clone();
    let began = clock.monotonic();
    let service = definition().self_paced_job("pace", Duration::from_secs(3), move |_| {
        let (seen, clock) = (seen.clone(), clock.clone());
        async move {
            let mut seen = seen.lock().unwrap();
            seen.push(clock.monotonic().saturating_sub(began).as_secs());
            if seen.len() == 2 { Err("not now") } else { Ok(Duration::from_secs(100)) }
        }
    });
    let running = run(service.build(), host).await;
    running.clock().sleep(Duration::from_secs(250)).await;
    assert_eq!(*moments.lock().unwrap(), [3, 103, 113, 213]);
    assert_eq!(running.shutdown().await, Drained::Clean);
}
