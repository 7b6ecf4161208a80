//! The start, and what can stand in its way.

use std::net::TcpListener;

use tradewind_testkit::Request;

use crate::support::{Place, SERVICES};

/// The address in the row of the table with these first two columns.
fn address_in(output: &str, service: &str, door: &str) -> String {
    let row = output.lines().find(|line| {
        let mut cells = line.split_whitespace();
        (cells.next(), cells.next()) == (Some(service), Some(door))
    });
    row.unwrap_or_else(|| panic!("no row {service} {door}: {output}"))
        .split("http://")
        .nth(1)
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn the_first_start_fills_the_shop_says_where_it_is_and_serves() {
    let place = Place::new();
    let up = place.up(&[]).await;
    let output = up.process.output();
    for heading in [
        "SERVICE",
        "DOOR",
        "ADDRESS",
        "data: data",
        "Ada may owe 15.00 GBP",
        "PASSWORD",
        "the shop: http://",
        "mails of the shop: http://",
    ] {
        assert!(output.contains(heading), "{heading}: {output}");
    }
    for (service, door) in
        [("catalogue", "admin"), ("stock", "public"), ("customers", "public"), ("orders", "internal")]
    {
        let address = address_in(&output, service, door);
        assert_eq!(address, up.door(&format!("{service}/{door}")).to_string());
    }
    let gateway = address_in(&output, "gateway", "data-plane").parse().unwrap();
    let told = output.lines().find(|line| line.contains("ada@example.com")).unwrap();
    let password = told.split_whitespace().last().unwrap();
    let form = format!("grant_type=password&username=ada%40example.com&password={password}");
    let asked = Request::new("POST", "/api/identity/v1/token")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form);
    let token = asked.send(gateway).await.json()["access_token"].as_str().unwrap().to_owned();
    let me = Request::new("GET", "/api/customers/v1/me").bearer(&token).send(gateway).await;
    assert_eq!((me.status, me.json()["name"].as_str()), (200, Some("Ada")));
    assert!(!up.process.errors().contains(password), "a password is in the log");
    let products = Request::new("GET", "/api/catalogue/v1/products").send(gateway).await;
    assert_eq!((products.status, products.json()["items"].as_array().unwrap().len()), (200, 5));
    let errors = up.process.errors();
    assert!(errors.contains("filling the shop"), "{errors}");
    assert!(SERVICES.iter().all(|service| errors.contains(&format!("{service}: built"))), "{errors}");
    assert!(!format!("{output}{errors}").contains(&up.secret()), "the secret was shown");
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn the_next_start_fills_nothing_and_knows_everything() {
    let place = Place::new();
    let up = place.up(&[]).await;
    let before = up.get("/api/catalogue/v1/products").await;
    let secret = up.secret();
    up.stop().await;
    let up = place.up(&[]).await;
    assert_eq!(up.get("/api/catalogue/v1/products").await.body, before.body);
    assert_eq!(up.secret(), secret);
    let ended = up.stop().await;
    assert!(!ended.errors.contains("filling the shop"), "{}", ended.errors);
}

#[tokio::test]
async fn without_a_command_a_fleet_starts_too() {
    let place = Place::new();
    let variables = [("TRADEWIND_DATA", "elsewhere")];
    let mut process = place.start(&["--port", "0", "--no-seed"], &variables);
    process.says("ready in ").await;
    process.signal("TERM").await;
    let ended = process.ended().await;
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(ended.output.contains("data: elsewhere"), "{}", ended.output);
}

#[tokio::test]
async fn a_second_process_on_one_folder_is_told_who_has_it() {
    let place = Place::new();
    let up = place.up(&[]).await;
    let refused = place.refused(&[], &[]).await;
    let owner = format!("in use by process {}", up.process.id());
    assert!(refused.contains(&owner) && refused.contains("--data"), "{refused}");
    assert_eq!(up.get("/api/customers/v1/me").await.status, 200);
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_folder_whose_process_was_killed_is_free_again() {
    let place = Place::new();
    let up = place.up(&[]).await;
    up.process.signal("KILL").await;
    assert_eq!(up.process.ended().await.code, None);
    let up = place.up(&[]).await;
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_and_nothing_is_begun() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for door in ["gateway.data-plane", "catalogue.public", "orders.internal"] {
        let refused = place.refused(&["--set", &format!("doors.{door}={address}")], &[]).await;
        let service = door.split('.').next().unwrap();
        for part in [&format!("{service}: "), &address, "in use", "choose other ports"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        let databases = std::fs::read_dir(place.data()).unwrap();
        let databases = databases.filter(|entry| entry.as_ref().unwrap().path().extension().is_some());
        assert_eq!(databases.count(), 0, "{refused}");
    }
    drop(taken);
    let up = place.up(&["--set", &format!("doors.gateway.data-plane={address}")]).await;
    assert_eq!(up.door("gateway/data-plane").to_string(), address);
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn a_port_that_leaves_no_room_for_the_others_is_refused() {
    let ended = Place::new().run(&["up", "--data", "data", "--port", "1"]).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.errors.contains("8020 moved by -8079 is no port"), "{}", ended.errors);
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_one_is_refused() {
    let place = Place::new();
    place.write("data", "a file");
    let refused = place.refused(&[], &[]).await;
    assert!(refused.contains("data") && refused.contains("choose another folder with --data"), "{refused}");
}

#[tokio::test]
async fn a_database_that_is_none_stops_the_start_with_its_name() {
    let place = Place::new();
    place.write("data/stock.db", &"no database ".repeat(1000));
    let refused = place.refused(&[], &[]).await;
    assert!(refused.contains("stock"), "{refused}");
}
