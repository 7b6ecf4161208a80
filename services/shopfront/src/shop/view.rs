//! What a page shows, without what stands around it.

use http::StatusCode;
use tradewind_pages::{Cookie, Html};

/// The status of a page that shows what was entered once more, with what is wrong with it.
pub(crate) const UNFIT: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// What a page shows.
pub(crate) struct View {
    pub(crate) status: StatusCode,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) main: Html,
    /// After how many seconds it is loaded again where no script runs; 0 for never.
    pub(crate) refresh: u32,
    pub(crate) cookies: Vec<Cookie>,
}

impl View {
    pub(crate) fn new(title: impl Into<String>, main: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            title: title.into(),
            description: String::new(),
            main: Html::new(main),
            refresh: 0,
            cookies: Vec::new(),
        }
    }

    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}
