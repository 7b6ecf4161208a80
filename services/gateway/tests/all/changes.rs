//! Documents that change while requests are answered.

use tradewind_testkit::until;

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, route};

/// A gateway with one route for `/shop`, before a backend.
async fn gateway(shop: &Backend) -> Gateway {
    Gateway::with_route(&route("shop", "/shop"), &[shop.address], &[]).await
}

/// Waits until a path is answered with this status.
async fn is_answered(gateway: &Gateway, path: &str, status: u16) {
    let what = format!("{path} is answered with {status}");
    until(&what, async || (gateway.get(path).await.status == status).then_some(())).await;
}

#[tokio::test]
async fn a_changed_file_is_put_to_use() {
    let shop = Backend::start("shop", Does::Answers).await;
    let mut gateway = gateway(&shop).await;
    assert_eq!(gateway.get("/shop").await.status, 200);
    gateway.write("shop.yaml", &route("shop", "/store"));
    is_answered(&gateway, "/store", 200).await;
    assert_eq!(gateway.get("/shop").await.status, 404, "all at once");
    gateway.says("other routes are in use").await;
}

#[tokio::test]
async fn a_further_file_and_a_removed_one() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = gateway(&shop).await;
    let more = route("shop", "/more").replace("{name: shop}\nspec", "{name: more}\nspec");
    gateway.write("more.yaml", &more);
    is_answered(&gateway, "/more", 200).await;
    std::fs::remove_file(gateway.path("more.yaml")).unwrap();
    is_answered(&gateway, "/more", 404).await;
    assert_eq!(gateway.get("/shop").await.status, 200);
}

#[tokio::test]
async fn a_hangup_has_it_look_at_once() {
    let shop = Backend::start("shop", Does::Answers).await;
    let mut gateway = gateway(&shop).await;
    gateway.write("shop.yaml", &route("shop", "/store"));
    gateway.signal("HUP").await;
    gateway.says("the documents are read again").await;
    is_answered(&gateway, "/store", 200).await;
}

#[tokio::test]
async fn a_bad_file_keeps_the_others() {
    let shop = Backend::start("shop", Does::Answers).await;
    let mut gateway = gateway(&shop).await;
    gateway.write("bad.yaml", &route("shop", "/bad").replace("HTTPRoute", "HTTPRout"));
    gateway.says("routes/bad.yaml:").await;
    assert_eq!(gateway.get("/shop").await.status, 200);
    gateway.write("bad.yaml", &route("bad", "/bad"));
    // Nobody said where the service of that name is; the route is there.
    is_answered(&gateway, "/bad", 500).await;
}

#[tokio::test]
async fn what_would_leave_no_route_changes_nothing() {
    let shop = Backend::start("shop", Does::Answers).await;
    let mut gateway = gateway(&shop).await;
    gateway.write("shop.yaml", "kind: [\n");
    gateway.says("the routes in use stay").await;
    assert_eq!(gateway.get("/shop").await.status, 200);
    std::fs::remove_dir_all(gateway.routes()).unwrap();
    gateway.says("No such file or directory").await;
    assert_eq!(gateway.get("/shop").await.status, 200);
    std::fs::create_dir(gateway.routes()).unwrap();
    gateway.write("shop.yaml", &route("shop", "/back"));
    is_answered(&gateway, "/back", 200).await;
}

#[tokio::test]
async fn a_request_under_way_goes_on_by_the_routes_it_came_with() {
    let permits = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let shop = Backend::start("shop", Does::Waits(permits.clone())).await;
    let gateway = gateway(&shop).await;
    let (answer, ()) = tokio::join!(gateway.get("/shop"), async {
        until("the request is there", async || (shop.received().len() == 1).then_some(())).await;
        gateway.write("shop.yaml", &route("other", "/other"));
        is_answered(&gateway, "/other", 500).await;
        permits.add_permits(1);
    });
    assert_eq!((answer.status, answer.text().as_str()), (200, "shop"));
}
