//! Settings that are wrong stop the start before anything else happens, and are named with their place.

use tradewind_testkit::Request;

use crate::support::Place;

/// Refuses to start with this settings file, and says all of these.
async fn refuses_file(text: &str, parts: &[&str]) {
    let place = Place::new();
    place.write("tradewind.toml", text);
    let refused = place.refused(&[], &[]).await;
    check(&place, &refused, parts);
}

fn check(place: &Place, refused: &str, parts: &[&str]) {
    for part in parts {
        assert!(refused.contains(part), "{part:?} is missing: {refused}");
    }
    assert!(refused.starts_with("tradewind: "), "{refused}");
    assert_eq!(refused.lines().count(), 1, "{refused}");
    assert!(!place.data().exists(), "something was begun: {refused}");
}

#[tokio::test]
async fn a_mistake_in_the_file_is_named_with_its_line() {
    refuses_file("[http]\n\nmax_body = 5\n", &["tradewind.toml:3", "http.max_body", "max_body_bytes"]).await;
    refuses_file("[http]\nmax_body_bytes = 'lots'\n", &["tradewind.toml:2", "http.max_body_bytes", "lots"])
        .await;
    refuses_file("[http]\ndeadline = 5\n", &["tradewind.toml:2", "http.deadline", "5s"]).await;
    refuses_file("# a\n[htpp]\na = 1\n", &["tradewind.toml:2", "htpp", "did you mean \"http\""]).await;
    refuses_file("[http]\n[http\n", &["tradewind.toml:2:", "not valid TOML"]).await;
    refuses_file("deadline = '5s'\n", &["tradewind.toml:1", "deadline", "[deadline]"]).await;
    refuses_file("[database]\nmigrate = 'maybe'\n", &["tradewind.toml:2", "database.migrate", "auto"]).await;
    refuses_file("[doors.stock]\npublic = 'here'\n", &["tradewind.toml:2", "doors.stock.public"]).await;
}

#[tokio::test]
async fn a_mistake_in_the_section_of_a_service_is_found_as_early() {
    refuses_file("[catalogue]\nverson = '1'\n", &["tradewind.toml:2", "catalogue.verson", "version"]).await;
    for service in ["stock", "customers"] {
        let place = format!("{service}.reservation_ttl");
        for (ttl, why) in [("999ms", "1s"), ("25h", "24h"), ("soon", "a duration such as")] {
            let text = format!("[{service}]\nreservation_ttl = '{ttl}'\n");
            refuses_file(&text, &["tradewind.toml:2", &place, why]).await;
        }
    }
    refuses_file("[gateway]\nroutes = 5\n", &["tradewind.toml:2", "gateway.routes"]).await;
    refuses_file("[orders]\nspeed = 5\n", &["tradewind.toml:2", "orders.speed", "unknown key"]).await;
}

#[tokio::test]
async fn an_address_for_a_door_that_is_none_is_found_as_early() {
    refuses_file("[doors.stock]\nedge = '127.0.0.1:0'\n", &["doors.stock.edge", "describe"]).await;
    refuses_file("[doors.shop]\npublic = '127.0.0.1:0'\n", &["doors.shop.public", "describe"]).await;
}

#[tokio::test]
async fn a_mistake_in_a_variable_is_named_with_it() {
    for (name, value, part) in [
        ("TRADEWIND_HTTP__MAX_BODY_BYTES", "lots", "http.max_body_bytes"),
        ("TRADEWIND_HTTP__NOPE", "1", "http.nope"),
        ("TRADEWIND_HTPP__DEADLINE", "1s", "did you mean \"http\""),
        ("TRADEWIND_NONSENSE", "1", "TRADEWIND_<SECTION>__<KEY>"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector", "telemetry.otlp_endpoint"),
        ("TRADEWIND_TELEMETRY__OTLP_BATCH", "0", "telemetry.otlp_batch"),
        ("TRADEWIND_HTTP__", "1", "TRADEWIND_<SECTION>__<KEY>"),
    ] {
        let place = Place::new();
        let refused = place.refused(&[], &[(name, value)]).await;
        check(&place, &refused, &[name, part]);
    }
}

#[tokio::test]
async fn a_mistake_on_the_command_line_is_named_with_it() {
    for (assignment, parts) in [
        ("http.deadline=soon", &["--set http.deadline=soon", "5s"][..]),
        ("http.nope=1", &["--set http.nope", "known keys"]),
        ("htpp.deadline=1s", &["--set htpp.deadline", "did you mean \"http\""]),
        ("nonsense", &["--set nonsense", "--set section.key=value"]),
        ("http=1", &["--set http", "--set section.key=value"]),
    ] {
        let place = Place::new();
        let refused = place.refused(&["--set", assignment], &[]).await;
        check(&place, &refused, parts);
    }
}

#[tokio::test]
async fn a_file_that_is_named_must_be_there() {
    let place = Place::new();
    let refused = place.refused(&["--config", "other.toml"], &[]).await;
    check(&place, &refused, &["other.toml", "cannot be read"]);
    place.write("other.toml", "[http]\nnope = 1\n");
    let refused = place.refused(&["--config", "other.toml"], &[]).await;
    check(&place, &refused, &["other.toml:2", "http.nope"]);
}

#[tokio::test]
async fn a_log_level_that_is_none_is_refused() {
    let place = Place::new();
    let refused = place.refused(&["--set", "log.level=loud"], &[]).await;
    check(&place, &refused, &["loud", "debug"]);
}

#[tokio::test]
async fn the_command_line_wins_over_the_variable_and_that_over_the_file() {
    let place = Place::new();
    place.write("tradewind.toml", "[catalogue]\nversion = 'file'\n");
    let variable = [("TRADEWIND_CATALOGUE__VERSION", "variable")];
    let set = ["--set", "catalogue.version=command line"];
    for (variables, more, expected) in
        [(&[][..], &[][..], "file"), (&variable, &[], "variable"), (&variable, &set, "command line")]
    {
        let arguments = [&["up", "--port", "0", "--data", "data", "--no-seed"], more].concat();
        let mut process = place.start(&arguments, variables);
        process.says("ready in ").await;
        let output = process.output();
        let row = output.lines().find(|line| line.contains("catalogue") && line.contains("admin")).unwrap();
        let address = row.split("http://").nth(1).unwrap().parse().unwrap();
        let check = Request::new("GET", "/healthcheck").send(address).await;
        assert!(check.text().contains(&format!("Ok with version: {expected}")), "{}", check.text());
        process.signal("TERM").await;
        assert_eq!(process.ended().await.code, Some(0));
    }
}

#[tokio::test]
#[cfg(not(feature = "fault-points"))]
async fn a_build_without_fault_points_has_no_way_to_be_ended_by_a_variable() {
    let place = Place::new();
    let refused = place.refused(&[], &[("TRADEWIND_FAULT", "db.commit.before:1")]).await;
    check(&place, &refused, &["TRADEWIND_FAULT", "unknown variable"]);
    assert_eq!(place.run(&["fault-points"]).await.code, Some(2));
}

#[tokio::test]
#[cfg(feature = "fault-points")]
async fn a_build_with_fault_points_ends_at_the_named_pass_as_if_killed() {
    let place = Place::new();
    let refused = place.refused(&[], &[("TRADEWIND_FAULT", "db.commit:1")]).await;
    check(&place, &refused, &["TRADEWIND_FAULT", "no point", "db.commit.before"]);
    let points = place.run(&["fault-points"]).await.output;
    for point in ["db.commit.before", "db.commit.after", "events.handler.effect", "chassis.idempotency.after"]
    {
        assert!(points.lines().any(|line| line == point), "{point}: {points}");
        let fault = format!("{point}:1");
        let arguments = ["up", "--port", "0", "--data", "data"];
        let ended = Place::new().start(&arguments, &[("TRADEWIND_FAULT", &fault)]).ended().await;
        assert_eq!((ended.code, ended.output.as_str()), (None, ""), "{point}: {}", ended.errors);
    }
}
