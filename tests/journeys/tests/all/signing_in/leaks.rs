//! Passwords and tokens are nowhere: not in a file, not in a log line, not in an event.

use std::path::Path;

use tradewind_accounts_contract::{Password, RegisterAccount, TokenRequest};
use tradewind_journeys::{Fleet, Home};
use tradewind_testkit::Request;

const CANARY: &str = "canary-4711-password";

/// Everything in the files below a folder.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(contents(&path)),
            false => found.push((path.display().to_string(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

fn holds(content: &[u8], secret: &str) -> bool {
    content.windows(secret.len()).any(|part| part == secret.as_bytes())
}

#[tokio::test]
async fn passwords_and_tokens_are_kept_nowhere() {
    let home = Home::new().await;
    let path = home.folder().path().to_owned();
    let fleet = Fleet::open(home).await.unwrap();
    let account = RegisterAccount {
        name: "Edsger".to_owned(),
        email: "edsger@example.com".to_owned(),
        password: Password::new(CANARY),
    };
    let accounts = fleet.accounts("nobody");
    accounts.register(&account).await.unwrap();
    let tokens = accounts.token(&TokenRequest::password("edsger@example.com", CANARY)).await.unwrap();
    let next = accounts.token(&TokenRequest::refresh(tokens.refresh_token.clone().unwrap())).await.unwrap();
    // Wrong ways to say it: what is refused is told and logged as well.
    for body in [
        format!(r#"{{"name":"E","email":"{CANARY}","password":"{CANARY}"}}"#),
        format!(r#"{{"name":"E","email":"e@example.com","password":["{CANARY}"]}}"#),
        format!(r#"{{"name":"E","email":"e@example.com","password":"{CANARY}","#),
    ] {
        let request = Request::new("POST", "/api/identity/v1/accounts").json(body);
        let answer = fleet.send(request).await;
        assert!(answer.status >= 400 && !answer.text().contains(CANARY), "{}", answer.text());
    }
    let spent = tokens.refresh_token.unwrap();
    let secrets = [
        CANARY.to_owned(),
        tokens.access_token.expose().to_owned(),
        spent.expose().to_owned(),
        next.access_token.expose().to_owned(),
        next.refresh_token.unwrap().expose().to_owned(),
    ];
    let me = Request::new("GET", "/api/customers/v1/me").bearer(&secrets[3]);
    assert!(matches!(fleet.send(me).await.status, 200 | 404));
    fleet.quiet().await;
    for service in ["accounts", "customers", "gateway"] {
        for seen in ["logs", "traces", "events"] {
            let request = Request::new("GET", &format!("/{seen}?waitMs=0")).bearer(fleet.secret().expose());
            let answer = request.send(fleet.door(&format!("{service}/internal"))).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let text = answer.text();
            assert!(secrets.iter().all(|secret| !text.contains(secret)), "{service} {seen}");
            assert!(seen != "events" || !text.contains("edsger"), "{service}: an event names somebody");
        }
    }
    // Now: with the fleet goes its folder.
    let files = contents(&path);
    assert!(!files.is_empty());
    for (name, content) in files {
        assert!(secrets.iter().all(|secret| !holds(&content, secret)), "{name}");
    }
    fleet.shutdown().await;
}
