//! Composing: text and HTML, with the headers that a mail needs.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Message, MultiPart, SinglePart};
use tradewind_kernel::{Id, Timestamp};

use crate::Mailbox;
use crate::address::one_line;

/// The most characters of a subject.
const MAX_SUBJECT: usize = 200;

/// The greatest length of an address of a page, in bytes: a header's line has at most 998 (RFC 5322 §2.1.1).
const MAX_URL: usize = 900;

/// What a mail is made of.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// Its id. Each attempt to send it has the same `Message-ID`, which is made of it.
    pub id: Id,
    /// Who sends it; the domain of the address is that of the `Message-ID`.
    pub from: &'a Mailbox,
    /// Whom it is for.
    pub to: &'a Mailbox,
    /// When it is sent.
    pub at: Timestamp,
    /// Its subject. Characters that could end a line are left out, and it is cut after 200 characters.
    pub subject: &'a str,
    /// The tag of its language (RFC 5646).
    pub language: &'a str,
    /// It as text.
    pub text: &'a str,
    /// It as HTML.
    pub html: &'a str,
    /// A page where its reader can say that they want no more of them (RFC 2369).
    pub unsubscribe: Option<&'a str>,
}

/// Why a mail cannot be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// The page is no address of one.
    #[error("the page where its reader says that they want no more has no address of a page")]
    Page,
    /// The language has no tag.
    #[error("the language has no tag such as en")]
    Language,
    /// The mail cannot be written down.
    #[error("the mail cannot be written down: {0}")]
    Other(String),
}

/// A mail as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub(crate) from: lettre::Address,
    pub(crate) to: lettre::Address,
    bytes: Vec<u8>,
}

impl Mail {
    /// Composes a mail of text and HTML, of which its reader's program shows one (`multipart/alternative`). The same draft
    /// gives the same bytes.
    ///
    /// # Errors
    /// What of the draft does not fit.
    pub fn compose(draft: &Draft<'_>) -> Result<Self, ComposeError> {
        let message_id = format!("<{}@{}>", draft.id, draft.from.address.0.domain());
        let mut message = Message::builder()
            .message_id(Some(message_id))
            .date(system_time(draft.at))
            .from(draft.from.written())
            .to(draft.to.written())
            .subject(one_line(draft.subject, MAX_SUBJECT))
            .header(Language(checked_language(draft.language)?))
            // Nobody answers it by a machine of their own (RFC 3834 §5).
            .header(AutoSubmitted);
        if let Some(page) = draft.unsubscribe {
            message = message.header(Unsubscribe(checked_page(page)?));
        }
        // The usual boundary is a random one.
        let boundary = format!("part-of-{}", draft.id);
        let parts = MultiPart::alternative()
            .boundary(boundary)
            .singlepart(SinglePart::plain(draft.text.to_owned()))
            .singlepart(SinglePart::html(draft.html.to_owned()));
        let message = message.multipart(parts).map_err(|error| ComposeError::Other(error.to_string()))?;
        let (from, to) = (draft.from.address.0.clone(), draft.to.address.0.clone());
        Ok(Self { from, to, bytes: message.formatted() })
    }

    /// It as it is sent, headers first.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({} bytes)", self.bytes.len())
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    let micros = u64::try_from(at.as_micros()).unwrap_or(0);
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(micros)).unwrap_or(SystemTime::UNIX_EPOCH)
}

fn checked_language(tag: &str) -> Result<String, ComposeError> {
    let is_tag = (1..=35).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_tag { Ok(tag.to_owned()) } else { Err(ComposeError::Language) }
}

fn checked_page(page: &str) -> Result<String, ComposeError> {
    let is_page = page.len() <= MAX_URL
        && (page.starts_with("https://") || page.starts_with("http://"))
        && page.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b','));
    if is_page { Ok(format!("<{page}>")) } else { Err(ComposeError::Page) }
}

type Parsed<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

macro_rules! headers {
    ($($header:ident($name:literal) = $value:expr, $parse:expr;)*) => {
        $(impl Header for $header {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(text: &str) -> Parsed<Self> {
                let parse: fn(&str) -> Self = $parse;
                Ok(parse(text))
            }

            fn display(&self) -> HeaderValue {
                let value: fn(&Self) -> String = $value;
                HeaderValue::new(Self::name(), value(self))
            }
        })*
    };
}

#[derive(Clone)]
struct Language(String);

#[derive(Clone)]
struct AutoSubmitted;

#[derive(Clone)]
struct Unsubscribe(String);

headers! {
    Language("Content-Language") = |header| header.0.clone(), |text| Self(text.to_owned());
    AutoSubmitted("Auto-Submitted") = |_| "auto-generated".to_owned(), |_| Self;
    Unsubscribe("List-Unsubscribe") = |header| header.0.clone(), |text| Self(text.to_owned());
}
