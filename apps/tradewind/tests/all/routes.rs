//! Route documents from a folder.

use crate::support::Place;

fn document(rule: &str) -> String {
    let head = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: own\n";
    format!("{head}spec:\n  rules:\n{rule}")
}

const TO_CATALOGUE: &str = concat!(
    "    - matches:\n        - path: {type: Exact, value: /products}\n",
    "      backendRefs:\n        - {name: catalogue, port: 8020}\n",
);

const SETTING: [&str; 2] = ["--set", "gateway.routes=routes"];

#[tokio::test]
async fn routes_from_a_folder_replace_those_built_in() {
    let place = Place::new();
    place.write("routes/own.yaml", &document(TO_CATALOGUE));
    place.write("routes/README.md", "not a route");
    let up = place.up(&SETTING).await;
    assert_eq!(up.get("/products").await.json().as_array().unwrap().len(), 5);
    drop(up.get("/api/catalogue/v1/products").await.refusal(404, "no-route"));
    assert_eq!(up.stop().await.code, Some(0));
}

#[tokio::test]
async fn every_mistake_in_route_documents_is_named_with_its_place() {
    let place = Place::new();
    place.write("routes/a.yaml", &document(&TO_CATALOGUE.replace("8020", "0")));
    place.write("routes/b.yaml", &document(&TO_CATALOGUE.replace("Exact", "Regexp")).replace("own", "other"));
    place.write("routes/c.yaml", "spec: [\n");
    let refused = place.refused(&SETTING, &[]).await;
    for part in ["routes/a.yaml:10:35", "routes/b.yaml:8:24", "routes/c.yaml:2:1", "1 to 65535", "PathPrefix"]
    {
        assert!(refused.contains(part), "{part}: {refused}");
    }
}

#[tokio::test]
async fn a_route_to_nobody_is_refused_with_those_there_are() {
    let place = Place::new();
    place.write("routes/own.yaml", &document(&TO_CATALOGUE.replace("8020", "8021")));
    let refused = place.refused(&SETTING, &[]).await;
    assert!(refused.contains("catalogue:8021") && refused.contains("catalogue:8020"), "{refused}");
}

#[tokio::test]
async fn a_folder_of_routes_must_hold_some() {
    let place = Place::new();
    let refused = place.refused(&SETTING, &[]).await;
    assert!(refused.contains("gateway.routes: routes"), "{refused}");
    place.write("routes/README.md", "not a route");
    let refused = place.refused(&SETTING, &[]).await;
    assert!(refused.contains("gateway.routes: routes holds no .yaml file"), "{refused}");
}
