//! A browser without scripts: it keeps cookies, follows redirects, and sends the forms that pages have.

use std::collections::BTreeMap;

use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{Method, Request, StatusCode};
use tradewind_client::{Body, PhoneBook};

use super::GATEWAY;

/// How often one answer may send it on.
const HOPS: usize = 5;

/// The greatest page that is read, in bytes.
const MAX_PAGE: usize = 1_000_000;

pub(crate) struct Browser {
    book: PhoneBook,
    cookies: BTreeMap<String, String>,
    /// How many requests it has sent.
    pub(crate) sent: u32,
}

/// What it shows.
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new(book: &PhoneBook) -> Self {
        Self { book: book.clone(), cookies: BTreeMap::new(), sent: 0 }
    }

    pub(crate) async fn open(&mut self, path: &str) -> Result<Page, String> {
        self.go(Method::GET, path.to_owned(), String::new()).await
    }

    /// Sends the first form with this action that a page has, with these fields filled in.
    pub(crate) async fn fill(
        &mut self,
        page: &Page,
        action: &str,
        filled: &[(&str, &str)],
    ) -> Result<Page, String> {
        let mut fields = preset(&page.text, action)
            .ok_or_else(|| format!("{} has no form {action}: {}", page.path, page.text))?;
        fields.retain(|(name, _)| filled.iter().all(|(other, _)| other != name));
        fields.extend(filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let body = serde_urlencoded::to_string(&fields).map_err(|error| error.to_string())?;
        self.go(Method::POST, action.to_owned(), body).await
    }

    async fn go(&mut self, method: Method, path: String, body: String) -> Result<Page, String> {
        let (mut method, mut path, mut body) = (method, path, body);
        for _ in 0..HOPS {
            let (status, to, text) = self.once(&method, &path, body).await?;
            match (status, to) {
                (StatusCode::OK, _) => return Ok(Page { path, text }),
                (StatusCode::SEE_OTHER, Some(to)) => path = to,
                (status, _) => return Err(format!("{method} {path}: {status}: {text}")),
            }
            (method, body) = (Method::GET, String::new());
        }
        Err(format!("it is sent on and on: {path}"))
    }

    /// One request: the status, where it leads, and the page.
    async fn once(
        &mut self,
        method: &Method,
        path: &str,
        body: String,
    ) -> Result<(StatusCode, Option<String>, String), String> {
        let mut request = Request::builder().method(method).uri(path);
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        if *method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
        self.sent += 1;
        let answer =
            self.book.peer(GATEWAY).send(request).await.map_err(|problem| format!("{path}: {problem}"))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().map_err(|error| error.to_string())?);
        }
        let to = headers.get(LOCATION).and_then(|to| to.to_str().ok()).map(ToOwned::to_owned);
        let bytes = answer.into_body().collect(MAX_PAGE).await.map_err(|error| format!("{path}: {error}"))?;
        Ok((status, to, String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn keep(&mut self, cookie: &str) {
        let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        if cookie.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// What the first form with this action sends when nothing is filled in: its hidden fields, and what is chosen.
fn preset(page: &str, action: &str) -> Option<Vec<(String, String)>> {
    let mut forms = page.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap_or_default());
    let form =
        forms.find(|form| attribute(form.split('>').next().unwrap_or_default(), "action") == action)?;
    let inputs = form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default());
    let is_sent = |input: &&str| match attribute(input, "type").as_str() {
        "hidden" => true,
        "radio" => input.split(' ').any(|word| word == "checked"),
        _ => false,
    };
    let preset = inputs.filter(is_sent);
    Some(preset.map(|input| (attribute(input, "name"), attribute(input, "value"))).collect())
}

/// The value of an attribute of a tag, its marks read.
fn attribute(tag: &str, name: &str) -> String {
    let marked = format!(" {name}=\"");
    let value =
        tag.split_once(marked.as_str()).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_form_sends_by_itself_is_read() {
        let page = r#"<form action="/a"><input type="hidden" name="x" value="1"></form>
            <form method="post" action="/b"><input type="hidden" name="key" value="&quot;&amp;">
            <input type="radio" name="size" value="s" disabled><input type="radio" name="size" value="m" checked>
            <input type="text" name="seen" value="no"></form>"#;
        let sent = [("key", "\"&"), ("size", "m")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(preset(page, "/b"), Some(sent.to_vec()));
        assert_eq!(preset(page, "/c"), None);
    }
}
