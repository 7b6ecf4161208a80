//! How it starts, and what it says when it cannot.

use tradewind_testkit::{Folder, exchange};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, folder_of, refused, route, run, start};

/// The exit status of wrong settings, and that of a command line that is not understood.
const WRONG_SETTINGS: Option<i32> = Some(78);
const NOT_UNDERSTOOD: Option<i32> = Some(2);

#[tokio::test]
async fn routes_requests_and_tells_why_it_does_not() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = Gateway::with_route(&route("shop", "/shop"), &[shop.address], &[]).await;
    let answer = gateway.get("/shop/goods?page=2").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "shop"));
    let received = shop.received();
    assert_eq!(received[0].target(), "/shop/goods?page=2");
    assert_eq!(received[0].values("x-forwarded-for"), ["127.0.0.1"]);
    refused(&gateway.get("/elsewhere").await, 404, "no-route");
    refused(&gateway.get("/shop/%2e%2e/admin%2fx").await, 400, "ambiguous-path");
    let two_lengths = b"GET /shop HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab";
    let answers = exchange(gateway.address, two_lengths).await;
    assert_eq!(answers.len(), 1);
    assert_eq!(
        (answers[0].status, answers[0].header("content-type")),
        (400, Some("application/problem+json"))
    );
    assert_eq!(shop.received().len(), 1, "nothing of what is refused gets there");
}

#[tokio::test]
async fn a_service_without_a_backend_is_told() {
    let gateway = Gateway::with_route(&route("shop", "/"), &[], &["--backend=other:80=127.0.0.1:9"]).await;
    refused(&gateway.get("/").await, 500, "no-backend");
    assert!(gateway.errors().contains("shop"), "{}", gateway.errors());
}

#[tokio::test]
async fn a_document_with_a_mistake_is_named_and_the_others_serve() {
    let shop = Backend::start("shop", Does::Answers).await;
    let wrong = route("wrong", "/wrong").replace("port: 80", "port: 80000");
    let files = [("a.yaml", wrong.as_str()), ("b.yaml", "kind: [\n"), ("c.yaml", &route("shop", "/"))];
    let backend = format!("--backend=shop:80={}", shop.address);
    let gateway = Gateway::start(&files, &[&backend]).await;
    assert_eq!(gateway.get("/").await.text(), "shop");
    let errors = gateway.errors();
    for part in ["routes/a.yaml:8:", "spec.rules[0].backendRefs[0].port", "routes/b.yaml:"] {
        assert!(errors.contains(part), "{part} is not in {errors}");
    }
}

#[tokio::test]
async fn nothing_to_serve_ends_it() {
    let empty = folder_of(&[]);
    let ended = start(&empty, &[]).ended().await;
    assert_eq!((ended.code, ended.output.as_str()), (WRONG_SETTINGS, ""));
    assert!(ended.errors.contains("routes holds no .yaml file"), "{}", ended.errors);
    let nowhere = Folder::new("gateway");
    let ended = start(&nowhere, &[]).ended().await;
    assert_eq!(ended.code, WRONG_SETTINGS);
    assert!(ended.errors.contains("routes: No such file or directory"), "{}", ended.errors);
    let wrong = folder_of(&[("a.yaml", &route("a", "no-path"))]);
    let ended = start(&wrong, &[]).ended().await;
    assert_eq!(ended.code, WRONG_SETTINGS);
    for part in ["no route can be used", "routes/a.yaml:7:", "spec.rules[0].matches[0].path"] {
        assert!(ended.errors.contains(part), "{part} is not in {}", ended.errors);
    }
}

#[tokio::test]
async fn a_command_line_that_is_not_understood_ends_it() {
    let folder = folder_of(&[("a.yaml", &route("a", "/"))]);
    for (arguments, told) in [
        (vec!["--backend", "shop"], "shop:80=127.0.0.1:9000"),
        (vec!["--backend", "shop:80=localhost:9000"], "no address"),
        (vec!["--port", "80000"], "--port"),
        (vec!["--threads", "0"], "--threads"),
        (vec!["--bind", "everywhere"], "--bind"),
        (vec!["--attic"], "--attic"),
    ] {
        let ended = start(&folder, &arguments).ended().await;
        assert_eq!(ended.code, NOT_UNDERSTOOD, "{arguments:?}: {}", ended.errors);
        assert!(ended.errors.contains(told), "{told} is not in {}", ended.errors);
    }
    let ended = run(folder.path(), &["--routes"]).ended().await;
    assert_eq!(ended.code, NOT_UNDERSTOOD, "{}", ended.errors);
}

#[tokio::test]
async fn a_port_that_is_taken_or_too_far_is_told() {
    let folder = folder_of(&[("a.yaml", &route("a", "/"))]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ended = start(&folder, &["--port", &address.port().to_string()]).ended().await;
    assert_eq!(ended.code, WRONG_SETTINGS);
    let told = format!("cannot listen on {address}: the port is in use");
    assert!(ended.errors.contains(&told), "{}", ended.errors);
    let ended = start(&folder, &["--port", "8080", "--port-offset", "60000"]).ended().await;
    assert_eq!(ended.code, WRONG_SETTINGS);
    assert!(ended.errors.contains("--port-offset"), "{}", ended.errors);
}

#[tokio::test]
async fn help_names_every_option() {
    let folder = folder_of(&[]);
    let ended = start(&folder, &["--help"]).ended().await;
    assert_eq!(ended.code, Some(0));
    for option in ["--routes", "--backend", "--port", "--bind", "--admin", "--drain", "--threads"] {
        assert!(ended.output.contains(option), "{option} is not in {}", ended.output);
    }
}

#[tokio::test]
async fn a_port_with_tls_is_not_served_without_a_certificate() {
    let folder = folder_of(&[
        (
            "gateway.yaml",
            "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: tradewind}\nspec:\n  gatewayClassName: \
         tradewind\n  listeners:\n  - {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: \
         nowhere}]}}\n",
        ),
        ("route.yaml", &route("shop", "/")),
    ]);
    let ended = start(&folder, &["--port-offset", "20000"]).ended().await;
    assert_eq!(ended.code, Some(78), "{}", ended.errors);
    assert!(ended.errors.contains("Secret default/nowhere: there is none"), "{}", ended.errors);
    assert!(ended.errors.contains("no listener can be opened"), "{}", ended.errors);
}

#[tokio::test]
async fn help_of_the_service_names_the_other_way_to_run() {
    let ended = run(folder_of(&[]).path(), &["--help"]).ended().await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.output.contains("--routes FOLDER"), "{}", ended.output);
}
