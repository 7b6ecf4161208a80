//! In which language somebody reads the pages, and how they choose another one.

use http::Method;
use tradewind_chassis::http::Call;
use tradewind_kernel::{Money, Timestamp};
use tradewind_pages::{Html, Language, Message, Visit, written};

/// Somebody who looks at a page.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) language: Language,
    /// What forms of this browser carry.
    pub(crate) form_token: String,
    /// Whether forms would be taken: the browser has the key that they are made for, or gets it along.
    pub(crate) has_key: bool,
    /// The page to show again in another language.
    pub(crate) back: String,
}

impl Reader {
    pub(crate) fn of(call: &Call, visit: &Visit) -> Self {
        // What a form gives is no page of its own to go back to.
        let is_read = call.method() == Method::GET;
        let shown = call.uri().path_and_query().filter(|_| is_read);
        Self {
            language: visit.language,
            form_token: visit.key.form_token(),
            has_key: !visit.is_new,
            back: shown.map_or("/admin", |path| path.as_str()).to_owned(),
        }
    }

    pub(crate) fn say(&self, message: Message) -> &'static str {
        message.to(self.language)
    }

    /// The same with its places filled.
    pub(crate) fn say_with(&self, message: Message, places: &[(&str, &str)]) -> String {
        message.with(self.language, places)
    }

    /// The same as markup, for places that hold what people wrote.
    pub(crate) fn show_with(&self, message: Message, places: &[(&str, Html)]) -> Html {
        message.html(self.language, places)
    }

    pub(crate) fn money(&self, money: Money) -> String {
        written::money(self.language, money)
    }

    /// An amount as it is entered.
    pub(crate) fn amount(&self, money: Money) -> String {
        written::amount(self.language, money)
    }

    pub(crate) fn number(&self, number: i64) -> String {
        written::number(self.language, number)
    }

    pub(crate) fn moment(&self, time: Timestamp) -> String {
        written::moment(self.language, time)
    }
}
