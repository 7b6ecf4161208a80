//! What the commands say of themselves and of the services.

use serde_json::Value;

use crate::support::{Place, SERVICES};

#[tokio::test]
async fn help_names_every_command_and_says_what_is_meant_without_one() {
    let place = Place::new();
    for arguments in [["--help"], ["help"]] {
        let ended = place.run(&arguments).await;
        assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
        for command in ["up", "describe", "seed", "health", "letters", "logs", "events", "traces", "help"] {
            let line =
                ended.output.lines().find(|line| line.trim_start().starts_with(&format!("{command} ")));
            assert!(line.is_some_and(|line| line.trim().len() > command.len() + 10), "{}", ended.output);
        }
        assert!(ended.output.contains("Without a command, `up` is meant"), "{}", ended.output);
    }
    assert!(!place.data().exists());
}

#[tokio::test]
async fn help_for_a_command_names_its_options() {
    let place = Place::new();
    for (command, options) in [
        ("up", &["--data", "--port", "--config", "--set", "--no-seed"][..]),
        ("describe", &["--json"]),
        ("seed", &["--data", "--load"]),
        ("health", &["--data"]),
        ("logs", &["--data", "--order", "--service", "--follow", "--since", "--limit", "--json"]),
        ("events", &["--order", "--follow"]),
        ("traces", &["--order", "--follow"]),
        ("registry", &["--data", "--listen", "--ttl", "--supervised"]),
        ("letters", &["list", "show", "edit", "replay", "drop", "--data", "--service"]),
    ] {
        let ended = place.run(&[command, "--help"]).await;
        assert_eq!(ended.code, Some(0));
        assert!(options.iter().all(|option| ended.output.contains(option)), "{command}: {}", ended.output);
    }
}

#[tokio::test]
async fn what_is_no_command_or_option_is_refused_with_a_hint() {
    let place = Place::new();
    for (arguments, hint) in [
        (&["descibe"][..], "describe"),
        (&["up", "--prot", "1"], "--port"),
        (&["up", "--port", "65536"], "65536"),
        (&["up", "--port", "-1"], "-1"),
        (&["up", "now"], "now"),
    ] {
        let ended = place.run(arguments).await;
        assert_eq!((ended.code, ended.output.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.errors.contains(hint), "{}", ended.errors);
    }
    assert!(!place.data().exists());
}

#[tokio::test]
async fn describe_names_every_service_with_its_doors_and_events() {
    let ended = Place::new().run(&["describe"]).await;
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    for service in SERVICES {
        let begins = format!("{service}: ");
        assert!(ended.output.lines().any(|line| line.starts_with(&begins)), "{service}: {}", ended.output);
    }
    for part in [
        "public door, port 8050",
        "POST /api/orders/v1/orders",
        "internal door, port 8180",
        "tradewind.orders.order-placed.v1",
        "listens to",
    ] {
        assert!(ended.output.contains(part), "{part}: {}", ended.output);
    }
    assert!(ended.output.lines().all(|line| !line.ends_with(' ')));
}

#[tokio::test]
async fn describe_as_json_says_the_same_to_programs() {
    let ended = Place::new().run(&["describe", "--json"]).await;
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    let services: Vec<Value> = serde_json::from_str(&ended.output).unwrap();
    let names: Vec<&str> = services.iter().map(|service| service["name"].as_str().unwrap()).collect();
    assert_eq!(names, SERVICES);
    let orders = services.iter().find(|service| service["name"] == "orders").unwrap();
    assert!(orders["problems"].as_array().unwrap().contains(&"sold-out".into()), "{orders}");
    assert_eq!(orders["doors"][0]["port"], 8050);
    let gateway = services.iter().find(|service| service["name"] == "gateway").unwrap();
    assert_eq!(gateway["doors"][0]["kind"], "data-plane");
}

#[tokio::test]
async fn health_tells_whether_a_fleet_is_ready() {
    let place = Place::new();
    let none = place.run(&["health", "--data", "data"]).await;
    assert_eq!(none.code, Some(1));
    assert!(none.errors.contains("Is a fleet running on this folder? Name it with --data."), "{none:?}");
    let up = place.up(&[]).await;
    let ready = place.run(&["health", "--data", "data"]).await;
    assert_eq!((ready.code, ready.errors.as_str()), (Some(0), ""));
    for service in SERVICES {
        assert!(ready.output.contains(&format!("{service}: ready")), "{}", ready.output);
    }
    assert_eq!(up.stop().await.code, Some(0));
    let stopped = place.run(&["health", "--data", "data"]).await;
    assert_eq!(stopped.code, Some(1));
    assert!(!stopped.output.contains("ready"), "{stopped:?}");
}

#[tokio::test]
async fn letters_of_a_shop_that_runs_well_are_none() {
    let place = Place::new();
    let none = place.run(&["letters", "list", "--data", "data"]).await;
    assert_eq!(none.code, Some(1));
    assert!(none.errors.contains("Is a fleet running on this folder? Name it with --data."), "{none:?}");
    let up = place.up(&[]).await;
    let list = place.run(&["letters", "list", "--data", "data"]).await;
    assert_eq!((list.code, list.output.as_str(), list.errors.as_str()), (Some(0), "No letters.\n", ""));
    let show = place.run(&["letters", "show", "orders/1", "--data", "data"]).await;
    assert_eq!((show.code, show.output.as_str()), (Some(1), ""), "{}", show.errors);
    assert!(show.errors.contains("orders/1"), "{}", show.errors);
    assert_eq!(up.stop().await.code, Some(0));
}
