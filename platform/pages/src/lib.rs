//! Server-rendered pages, for people with and without scripts: documents under a strict policy, cookies, forms that are
//! not forged, sessions, languages, static files, and problems in words.
//!
//! A service that shows pages answers its routes with [`page`] and [`see_other`]. It looks at [`Visit::of`] first, reads
//! forms by [`Fields::read`] followed by [`Visit::own_form`], keeps who is signed in with [`Sessions`], and draws what
//! went wrong from what [`explain`] says; its routes are `for_people()`, so that no description lists them. Markup is written with the macro `html!` of the crate `maud`, see [`Html`].

#![warn(missing_docs)]

mod answer;
mod assets;
mod cookie;
mod document;
mod explain;
mod fields;
mod flash;
mod html;
mod language;
mod live;
mod local_path;
mod session;
mod session_store;
mod visit;
pub mod written;

use std::time::Duration;

pub use answer::{CONTENT_POLICY, HTML, page, see_other, with_cookies};
pub use assets::{Asset, Assets};
pub use cookie::Cookie;
pub use document::Document;
pub use explain::{Explanation, explain};
pub use fields::{FieldFault, Fields};
pub use flash::{Flash, Tone};
pub use html::Html;
pub use language::{Language, Message};
pub use live::{Live, PageGone, live};
pub use local_path::{LocalPath, NotLocal};
pub use session::{SESSION_SECRET, Sessions, Signed, Tokens};
pub use session_store::{EVIDENCE, MIGRATIONS};
pub use visit::{FORM_TOKEN, Visit, VisitorKey};

/// How long a browser keeps what somebody chose.
pub(crate) const A_YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);
