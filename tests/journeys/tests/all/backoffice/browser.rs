//! As much of a browser as forms need: cookies, and the fields of forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tradewind_journeys::Fleet;
use tradewind_testkit::{Answer, Request};

/// A browser without scripts.
pub struct Browser {
    door: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// One that comes through the gateway.
    pub fn new(fleet: &Fleet) -> Self {
        Self { door: fleet.gateway(), cookies: BTreeMap::new() }
    }

    /// Loads a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::new("GET", path)).await
    }

    /// Sends the form of `page` that leads to `action`, with these fields filled in. What the page wrote into hidden
    /// fields goes along.
    pub async fn submit(&mut self, page: &Answer, action: &str, filled: &[(&str, &str)]) -> Answer {
        let mut fields = hidden(&page.text(), action);
        fields.extend(filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let pairs: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(action, &pairs).await
    }

    /// Sends fields that no page wrote.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let request = Request::new("POST", path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        self.send(request).await
    }

    /// Sends a request with the cookies, and keeps those that come back.
    pub async fn send(&mut self, request: Request) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("Cookie", cookies.join("; ")) };
        let answer = request.send(self.door).await;
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            assert!(value.contains("; HttpOnly") && value.contains("; SameSite=Lax"), "{value}");
            let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Signs somebody in.
    pub async fn sign_in(&mut self, email: &str, password: &str, to: &str) -> Answer {
        let page = self.get("/admin/sign-in").await;
        assert_eq!(page.status, 200, "{}", page.text());
        let mut fields = hidden(&page.text(), "/admin/sign-in");
        fields.retain(|(name, _)| name != "to");
        let mut pairs: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend([("email", email), ("password", password), ("to", to)]);
        self.post("/admin/sign-in", &pairs).await
    }

    /// The page that an answer leads to.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.text());
        let to = answer.header("location").unwrap().to_owned();
        self.get(&to).await
    }
}

/// The hidden fields of the form that leads to `action`.
fn hidden(page: &str, action: &str) -> Vec<(String, String)> {
    let start =
        page.find(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("no form {action}: {page}"));
    let form = &page[start..];
    let form = &form[..form.find("</form>").unwrap()];
    let mut fields = Vec::new();
    for input in form.split("<input ").skip(1).filter(|input| input.starts_with("type=\"hidden\"")) {
        let attribute = |name: &str| {
            let from = input.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
            input[from..].split('"').next().unwrap().to_owned()
        };
        fields.push((attribute("name"), attribute("value")));
    }
    fields
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
