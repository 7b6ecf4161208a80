//! By TLS, and by who asks: kubeconfigs, and the files of a service account.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tradewind_kernel::{Clock, Entropy};
use tradewind_kubernetes::{Cluster, ClusterError, FollowState, Kind, Scope};
use tradewind_testkit::{FakeCluster, Folder, TestAuthority, TestLeaf, write_private};

use super::{is_in, quick, seen, service};

/// A kubeconfig for `fake`, believing `authority`; `user` says who asks.
fn kubeconfig(folder: &Folder, fake: &FakeCluster, authority: &TestAuthority, user: &Value) -> PathBuf {
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {
            "server": fake.uri().to_string(), "certificate-authority-data": BASE64_STANDARD.encode(authority.pem()),
        }}],
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "me", "namespace": "lamps"}}],
    });
    write_private(folder.path(), "config", &text.to_string())
}

async fn by_kubeconfig(
    fake: &FakeCluster,
    authority: &TestAuthority,
    user: Value,
) -> Result<Option<Value>, ClusterError> {
    let folder = Folder::new("kubeconfig");
    let file = kubeconfig(&folder, fake, authority, &user);
    let cluster = Cluster::of_kubeconfig(&file, Clock::system(), Entropy::seeded(1)).await.unwrap();
    assert_eq!(cluster.namespace(), "lamps");
    cluster.get(&Kind::SERVICES, "lamps", "a").await
}

/// A server that knows the token `moon`.
async fn server(authority: &TestAuthority) -> FakeCluster {
    let fake = FakeCluster::start_secured(authority).await;
    fake.demand(&["moon"]);
    fake.apply(service("lamps", "a", 80));
    fake
}

#[tokio::test]
async fn a_kubeconfig_says_whom_to_believe_and_who_asks() {
    let authority = TestAuthority::new("cluster");
    let fake = server(&authority).await;
    assert!(by_kubeconfig(&fake, &authority, json!({"token": "moon"})).await.unwrap().is_some());
    let pem = authority.issue(&TestLeaf::service("me"));
    let cut = pem.find("-----BEGIN PRIVATE KEY").unwrap();
    let (certificate, key) = (BASE64_STANDARD.encode(&pem[..cut]), BASE64_STANDARD.encode(&pem[cut..]));
    let user = json!({"client-certificate-data": certificate, "client-key-data": key});
    assert!(by_kubeconfig(&fake, &authority, user).await.unwrap().is_some());
    let folder = Folder::new("kubeconfig");
    let token = write_private(folder.path(), "token", "moon\n");
    let user = json!({"tokenFile": token.display().to_string()});
    assert!(by_kubeconfig(&fake, &authority, user).await.unwrap().is_some(), "a line break is no part of it");
}

#[tokio::test]
async fn a_wrong_authority_and_a_wrong_token_are_told_with_what_to_change() {
    let authority = TestAuthority::new("cluster");
    let fake = server(&authority).await;
    let other = TestAuthority::new("other");
    let error = by_kubeconfig(&fake, &other, json!({"token": "moon"})).await.unwrap_err();
    assert!(matches!(error, ClusterError::Unreachable(_)), "{error:?}");
    assert!(error.to_string().contains("certificate-authority-data"), "{error}");
    assert_eq!(fake.asked(), [], "nobody was shown the token");
    for user in [json!({"token": "sun"}), json!({})] {
        let error = by_kubeconfig(&fake, &authority, user).await.unwrap_err();
        assert!(matches!(error, ClusterError::Refused { code: 401, .. }), "{error:?}");
        assert!(error.to_string().contains("see that the token or the client certificate"), "{error}");
        assert!(!error.to_string().contains("sun"), "{error}");
    }
    let missing = Cluster::of_kubeconfig("nowhere".as_ref(), Clock::system(), Entropy::seeded(1)).await;
    let error = missing.unwrap_err();
    assert!(
        matches!(error, ClusterError::Configuration(_)) && error.to_string().contains("nowhere"),
        "{error}"
    );
}

/// The files that a pod finds.
fn account(authority: &TestAuthority, token: &str) -> Folder {
    let folder = Folder::new("account");
    for (name, text) in [("ca.crt", authority.pem()), ("namespace", "lamps"), ("token", token)] {
        write_private(folder.path(), name, text);
    }
    folder
}

#[tokio::test]
async fn a_service_account_is_its_files_and_a_token_that_is_replaced_is_read_again() {
    let authority = TestAuthority::new("cluster");
    let fake = server(&authority).await;
    let folder = account(&authority, "moon");
    let cluster =
        Cluster::of_account(&fake.uri(), folder.path(), Clock::system(), Entropy::seeded(1)).unwrap();
    let cluster = cluster.with_options(quick());
    assert_eq!(cluster.namespace(), "lamps");
    let mut followed = cluster.follow(&Kind::SERVICES, Scope::Everywhere);
    seen(&mut followed, "the list", |snapshot| snapshot.len() == 1).await;
    fake.demand(&["sun"]);
    fake.disconnect_all();
    let says =
        |state: &FollowState| matches!(state, FollowState::Behind { trouble, .. } if trouble.contains("401"));
    is_in(&followed, "that it is refused", says).await;
    write_private(folder.path(), "token", "sun");
    fake.apply(service("lamps", "b", 80));
    seen(&mut followed, "a change, by the other token", |snapshot| snapshot.len() == 2).await;
    assert_eq!(followed.state(), FollowState::Following);
}

#[tokio::test]
async fn a_service_account_with_a_file_missing_or_wrong_says_which() {
    let authority = TestAuthority::new("cluster");
    let fake = server(&authority).await;
    for name in ["ca.crt", "namespace", "token"] {
        let folder = account(&authority, "moon");
        std::fs::remove_file(folder.path().join(name)).unwrap();
        let made = Cluster::of_account(&fake.uri(), folder.path(), Clock::system(), Entropy::seeded(1));
        let error = made.unwrap_err();
        assert!(matches!(error, ClusterError::Configuration(_)), "{name}: {error:?}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
    let folder = account(&TestAuthority::new("other"), "moon");
    let cluster =
        Cluster::of_account(&fake.uri(), folder.path(), Clock::system(), Entropy::seeded(1)).unwrap();
    let error = cluster.get(&Kind::SERVICES, "lamps", "a").await.unwrap_err();
    assert!(error.to_string().contains("ca.crt of the service account"), "{error}");
}
