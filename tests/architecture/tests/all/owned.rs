use tradewind_architecture::rules::owned::check;

use crate::support::{expect_at, expect_none, here, manifest, planted};

#[test]
fn what_few_may_know_few_know() {
    expect_none(&check(&here()));
}

#[test]
fn a_dependency_on_what_others_own_is_found() {
    let needs = |package: &str, section: &str, needed: &str| {
        manifest(package, &format!("[{section}]\n{needed} = {{ workspace = true }}\n"))
    };
    let workspace = planted(&[
        ("platform/kubernetes/Cargo.toml", &needs("tradewind-kubernetes", "dependencies", "kube")),
        ("platform/client/Cargo.toml", &needs("tradewind-client", "dependencies", "tradewind-kubernetes")),
        ("platform/chassis/Cargo.toml", &needs("tradewind-chassis", "dependencies", "tradewind-kubernetes")),
        ("platform/testkit/Cargo.toml", &needs("tradewind-testkit", "dependencies", "k8s-openapi")),
        ("services/gateway/Cargo.toml", &needs("tradewind-gateway", "dev-dependencies", "kube")),
    ]);
    let wrong = [
        "platform/chassis/Cargo.toml:10",
        "platform/testkit/Cargo.toml:10",
        "services/gateway/Cargo.toml:10",
    ];
    expect_at(&check(&workspace), &wrong);
}
