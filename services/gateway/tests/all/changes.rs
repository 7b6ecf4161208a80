//! Documents that change while requests are answered.

use tradewind_testkit::{Request, until};

use crate::backend::{Backend, Does};
use crate::gateway::{Gateway, route, route_of};
use crate::policies::{Issuer, policy};

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

/// Changes a document that has to do with nothing, and waits until it is in use.
async fn something_else_changes(gateway: &Gateway, path: &str) {
    let rules = format!(
        "  - matches: [{{path: {{value: {path}}}}}]\n    backendRefs: [{{name: nobody, port: 80}}]\n"
    );
    gateway.write("more.yaml", &route_of("more", &rules));
    is_answered(gateway, path, 500).await;
}

#[tokio::test]
async fn a_policy_changes_what_holds_for_a_route_that_does_not() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = gateway(&shop).await;
    assert_eq!(gateway.get("/shop").await.status, 200);
    gateway.write("policy.yaml", &policy("  access: {deny: [127.0.0.0/8]}\n"));
    is_answered(&gateway, "/shop", 403).await;
    gateway.write("policy.yaml", &policy("  access: {deny: [10.0.0.0/8]}\n"));
    is_answered(&gateway, "/shop", 200).await;
}

#[tokio::test]
async fn a_service_is_reached_in_another_way_by_a_route_that_stays() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = gateway(&shop).await;
    assert_eq!(gateway.get("/shop").await.status, 200);
    let policy = "apiVersion: policy.tradewind.dev/v1\nkind: BackendPolicy\nmetadata: {name: shop}\nspec:\n  targetRefs: \
                  [{group: '', kind: Service, name: shop}]\n  protocol: H2C\n";
    gateway.write("policy.yaml", policy);
    // The backend does not speak that.
    is_answered(&gateway, "/shop", 502).await;
    std::fs::remove_file(gateway.path("policy.yaml")).unwrap();
    is_answered(&gateway, "/shop", 200).await;
}

#[tokio::test]
async fn what_was_used_of_a_limit_stays_used() {
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = gateway(&shop).await;
    gateway.write(
        "policy.yaml",
        &policy("  rateLimits: [{name: few, requests: 3, per: 1h, by: {type: Route}}]\n"),
    );
    for (path, left) in [("/x", "2"), ("/y", "1"), ("/z", "0")] {
        something_else_changes(&gateway, path).await;
        let answer = gateway.get("/shop").await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("ratelimit").unwrap().starts_with(&format!("\"few\";r={left};t=")));
    }
    assert_eq!(gateway.get("/shop").await.status, 429);
}

#[tokio::test]
async fn keys_in_a_file_are_others_although_the_policy_is_not() {
    let (before, after) = (Issuer::new(), Issuer::new());
    let shop = Backend::start("shop", Does::Answers).await;
    let gateway = gateway(&shop).await;
    // Beside the documents, since its name ends in another way.
    let file = gateway.path("keys.json");
    std::fs::write(&file, before.keys()).unwrap();
    gateway.write(
        "policy.yaml",
        &policy(&format!(
            "  jwt:\n    providers:\n    - name: issuer\n      issuer: https://issuer.example\n      audiences: [shop]\n      \
             jwks: {{file: {}}}\n",
            file.display()
        )),
    );
    is_answered(&gateway, "/shop", 401).await;
    let ask = async |issuer: &Issuer| {
        let token = issuer.token("shop", &[], 600);
        Request::new("GET", "/shop").bearer(token.expose()).send(gateway.address).await.status
    };
    something_else_changes(&gateway, "/x").await;
    assert_eq!((ask(&before).await, ask(&after).await), (200, 401));
    std::fs::write(&file, after.keys()).unwrap();
    something_else_changes(&gateway, "/y").await;
    assert_eq!((ask(&before).await, ask(&after).await), (401, 200));
}
