//! A browser without scripts: it keeps cookies, follows links and redirects, and fills in forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tradewind_journeys::Fleet;
use tradewind_testkit::{Answer, Request};

/// How often one answer may send it on.
const HOPS: usize = 5;

pub struct Browser {
    address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
    pub language: &'static str,
}

/// What it shows.
pub struct Shown {
    pub status: u16,
    /// Where it came to.
    pub path: String,
    pub text: String,
    pub answer: Answer,
}

impl Browser {
    pub fn new(fleet: &Fleet) -> Self {
        Self { address: fleet.gateway(), cookies: BTreeMap::new(), language: "en" }
    }

    pub async fn open(&mut self, path: &str) -> Shown {
        self.go("GET", path, None).await
    }

    /// Sends a form that a page has: the first with this action, with these fields filled in.
    pub async fn fill(&mut self, page: &Shown, action: &str, fields: &[(&str, &str)]) -> Shown {
        let mut all = page.hidden(action);
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let path = action.to_owned();
        self.send(&path, &all).await
    }

    pub async fn send(&mut self, path: &str, fields: &[(String, String)]) -> Shown {
        let body = serde_urlencoded::to_string(fields).unwrap();
        self.go("POST", path, Some(body)).await
    }

    /// One request, without following where it leads.
    pub async fn once(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::new(method, path).header("Accept-Language", self.language);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("Cookie", pairs.join("; "));
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
        }
        let answer = request.send(self.address).await;
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    async fn go(&mut self, method: &str, path: &str, body: Option<String>) -> Shown {
        let (mut method, mut path, mut body) = (method.to_owned(), path.to_owned(), body);
        for _ in 0..HOPS {
            let answer = self.once(&method, &path, body.as_deref(), &[]).await;
            if answer.status != 303 {
                return Shown { status: answer.status, path, text: answer.text(), answer };
            }
            path = answer.header("location").unwrap().to_owned();
            assert!(path.starts_with('/') && !path.starts_with("//"), "{path}");
            (method, body) = ("GET".to_owned(), None);
        }
        panic!("it is sent on and on: {path}");
    }
}

impl Shown {
    /// The hidden fields of the first form with this action.
    pub fn hidden(&self, action: &str) -> Vec<(String, String)> {
        let form = self.text.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap());
        let form = form.clone().find(|form| attribute(form.split('>').next().unwrap(), "action") == action);
        let form = form.unwrap_or_else(|| panic!("no form {action} on {}: {}", self.path, self.text));
        let inputs = form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap());
        let hidden = inputs.filter(|input| attribute(input, "type") == "hidden");
        hidden.map(|input| (attribute(input, "name"), attribute(input, "value"))).collect()
    }

    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// Makes sure that it says something.
    #[track_caller]
    pub fn says(&self, text: &str) {
        assert!(self.has(text), "{} ({}) does not say {text:?}: {}", self.path, self.status, self.text);
    }
}

/// The value of an attribute of a tag, its marks read.
pub fn attribute(tag: &str, name: &str) -> String {
    let marked = format!(" {name}=\"");
    let value = tag.split_once(marked.as_str()).map_or("", |(_, rest)| rest.split('"').next().unwrap());
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
