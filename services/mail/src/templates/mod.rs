//! Mails in words: subject, text and HTML, in two languages.

mod html;
mod money;
mod text;
mod words;

use tradewind_kernel::{Id, Money, is_one_line};
use tradewind_notification_contract::{MailLine, MailRequested, Occasion};

use crate::domain::{Content, Tongue};
use words::Words;

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// What a mail says, before it is text or HTML.
struct Page<'a> {
    words: &'static Words,
    tongue: Tongue,
    greeting: String,
    headline: &'static str,
    sentence: &'static str,
    reason: Option<&'static str>,
    order: Option<Id>,
    lines: &'a [MailLine],
    total: Option<Money>,
    refunded: Option<Money>,
    tracking_number: Option<&'a str>,
    /// Where the order is seen.
    order_page: Option<String>,
    /// Where the reader says what they want to be told.
    preferences_page: String,
}

/// Where the reader of mails says what they want to be told.
pub(crate) fn preferences_page(shop_url: &str) -> String {
    format!("{}/account", shop_url.trim_end_matches('/'))
}

/// Writes a mail for somebody called `name`; nothing when it tells of something that is not known here.
pub(crate) fn write(content: &Content, tongue: Tongue, name: &str, shop_url: &str) -> Option<Written> {
    let page = page(content, tongue, name, shop_url)?;
    let subject = match page.order {
        Some(order) => format!("{} ({} {})", page.headline, page.words.order, short(order)),
        None => page.headline.to_owned(),
    };
    Some(Written { subject, text: text::write(&page), html: html::write(&page) })
}

fn page<'a>(content: &'a Content, tongue: Tongue, name: &str, shop_url: &str) -> Option<Page<'a>> {
    let words = words::of(tongue);
    // A name is a line of its own, whatever is in it.
    let stays = |c: char| is_one_line(c.encode_utf8(&mut [0; 4]));
    let name: String = name.chars().map(|c| if stays(c) { c } else { ' ' }).collect();
    let greeting = words.greeting.replace("{name}", name.trim());
    let preferences_page = preferences_page(shop_url);
    let empty = |(headline, sentence)| Page {
        words,
        tongue,
        greeting,
        headline,
        sentence,
        reason: None,
        order: None,
        lines: &[],
        total: None,
        refunded: None,
        tracking_number: None,
        order_page: None,
        preferences_page,
    };
    let asked = match content {
        Content::Test { .. } => return Some(empty(words.test)),
        Content::Order(asked) => asked,
    };
    let page = empty(words.of(asked.occasion)?);
    Some(of_order(page, asked, shop_url))
}

fn of_order<'a>(page: Page<'a>, asked: &'a MailRequested, shop_url: &str) -> Page<'a> {
    let is_refund =
        matches!(asked.occasion, Occasion::OrderRefunded | Occasion::RefundGranted | Occasion::RefundRefused);
    Page {
        reason: asked.reason.as_deref().map(|code| page.words.reason(code)),
        order: Some(asked.order_id),
        // Of a refund it counts what comes back.
        lines: if is_refund { &[] } else { &asked.lines },
        total: asked.total.filter(|_| !is_refund),
        refunded: asked.refunded,
        tracking_number: asked.tracking_number.as_deref(),
        order_page: Some(format!("{}/orders/{}", shop_url.trim_end_matches('/'), asked.order_id)),
        ..page
    }
}

/// The end of an id, which is enough for people to tell their orders apart.
fn short(id: Id) -> String {
    let text = id.to_string();
    text.rsplit('-').next().map_or_else(String::new, |end| end.to_uppercase())
}

#[cfg(test)]
mod tests;
