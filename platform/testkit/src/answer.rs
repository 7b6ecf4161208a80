//! Answers, read from the bytes of a connection.

use serde_json::Value;
use tradewind_problem::{FieldError, MEDIA_TYPE, TYPE_PREFIX};

/// An answer as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a refusal said to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, and what to change.
    pub detail: String,
    /// What is wrong, thing by thing.
    pub errors: Vec<FieldError>,
}

impl Answer {
    /// Takes the first answer from the bytes of a connection; `None` while it is not complete.
    ///
    /// `bodyless` is for answers to `HEAD`, which announce a body that does not come.
    pub(crate) fn take(received: &mut Vec<u8>, bodyless: bool) -> Option<Self> {
        let end = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().expect("a status line has a status");
        let fields = lines.filter_map(|line| line.split_once(':'));
        let headers =
            fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        let mut answer = Self { status, headers, body: Vec::new() };
        if answer.header("transfer-encoding") == Some("chunked") && !bodyless {
            let (body, length) = unchunked(&received[end..])?;
            answer.body = body;
            drop(received.drain(..end + length));
            return Some(answer);
        }
        let length = match answer.header("content-length") {
            Some(length) if !bodyless => length.parse().expect("a length is a number"),
            _ => 0,
        };
        if received.len() < end + length {
            return None;
        }
        answer.body = received.drain(..end + length).skip(end).collect();
        Some(answer)
    }

    /// The value of a header, the first if there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: no JSON: {error}: {}", self.status, self.text()))
    }

    /// What was said, of an answer that must be a problem document of this status and code, complete and with
    /// something to act on.
    #[must_use]
    pub fn refusal(&self, status: u16, code: &str) -> Refusal {
        self.refused(status, code).unwrap_or_else(|what| panic!("{what}"))
    }

    /// The same, or what is wrong with it.
    ///
    /// # Errors
    /// The first thing that is missing or another, with the whole answer.
    pub fn refused(&self, status: u16, code: &str) -> Result<Refusal, String> {
        self.check(status, code).map_err(|what| {
            let Self { status: found, headers, .. } = self;
            format!("expected {status} {code}, but {what}: {found} {headers:?} {}", self.text())
        })
    }

    fn check(&self, status: u16, code: &str) -> Result<Refusal, String> {
        if self.header("content-type") != Some(MEDIA_TYPE) {
            return Err(format!("it is no {MEDIA_TYPE}"));
        }
        let document = self.json();
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        if (self.status, &document["status"]) != (status, &Value::from(status)) {
            return Err("the status is another".to_owned());
        }
        if (text("code"), text("type")) != (code.to_owned(), format!("{TYPE_PREFIX}{code}")) {
            return Err("the code or the type is another".to_owned());
        }
        let errors = document.get("errors").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
        let errors: Vec<FieldError> = serde_json::from_value(errors).map_err(|error| error.to_string())?;
        let detail = text("detail");
        let says_what_to_change = !detail.is_empty() || errors.iter().any(|error| !error.detail.is_empty());
        if text("title").is_empty() || !says_what_to_change {
            return Err("it has no title or does not say what to change".to_owned());
        }
        if status == 401 && self.header("www-authenticate").is_none() {
            return Err("a 401 has to name the scheme".to_owned());
        }
        Ok(Refusal { detail, errors })
    }
}

impl Refusal {
    /// Whether something is said about the place `pointer` or a place below it.
    #[must_use]
    pub fn names(&self, pointer: &str) -> bool {
        self.errors.iter().any(|error| error.pointer == pointer || is_below(&error.pointer, pointer))
    }
}

fn is_below(place: &str, above: &str) -> bool {
    place.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// The body that comes in chunks (RFC 9112 §7.1), and how many bytes it took; `None` while it is not whole.
fn unchunked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let line = bytes[at..].windows(2).position(|window| window == b"\r\n")?;
        let digits = std::str::from_utf8(&bytes[at..at + line]).expect("a size is ASCII");
        let size = usize::from_str_radix(digits, 16).expect("a size is hexadecimal");
        let (from, to) = (at + line + 2, at + line + 2 + size);
        body.extend_from_slice(bytes.get(from..to)?);
        assert_eq!(bytes.get(to..to + 2)?, b"\r\n", "a chunk ends with its line");
        at = to + 2;
        if size == 0 {
            return Some((body, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use tradewind_problem::{NOT_FOUND, Problem};

    use super::*;

    fn answer(problem: &Problem) -> Answer {
        let response = problem.to_response();
        let header = |(name, value): (&_, &_)| {
            (ToString::to_string(name), String::from_utf8_lossy(AsRef::<[u8]>::as_ref(value)).into_owned())
        };
        let headers = response.headers().iter().map(|(name, value)| header((name, value))).collect();
        Answer { status: response.status().as_u16(), headers, body: response.body().to_vec() }
    }

    #[test]
    fn answers_are_taken_one_by_one_as_they_become_complete() {
        let mut received =
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na".to_vec();
        assert_eq!(Answer::take(&mut received, false).unwrap().status, 100);
        assert_eq!(Answer::take(&mut received, false), None);
        received.extend_from_slice(b"bcHTTP");
        let second = Answer::take(&mut received, false).unwrap();
        assert_eq!((second.text().as_str(), received.as_slice()), ("abc", b"HTTP".as_slice()));
    }

    #[test]
    fn a_complete_refusal_tells_what_it_said() {
        let problem = Problem::new(&NOT_FOUND).detail("Look elsewhere.").error("/a/0", "is gone");
        let refusal = answer(&problem).refusal(404, "not-found");
        assert_eq!(refusal.detail, "Look elsewhere.");
        assert!(refusal.names("/a") && refusal.names("/a/0") && !refusal.names("/b"));
    }

    #[test]
    #[should_panic(expected = "does not say what to change")]
    fn a_refusal_that_says_nothing_is_none() {
        drop(answer(&Problem::new(&NOT_FOUND)).refusal(404, "not-found"));
    }

    #[test]
    #[should_panic(expected = "the code or the type is another")]
    fn another_code_is_another_refusal() {
        drop(answer(&Problem::new(&NOT_FOUND).detail("a")).refusal(404, "no-route"));
    }
}
