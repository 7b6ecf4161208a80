//! Mails as HTML: simple enough for every program that reads mails, and for those who have it read to them.

use maud::{DOCTYPE, Markup, html};

use super::Page;
use super::money::shown;

/// Programs that read mails throw style sheets away and keep what stands at an element.
const BODY: &str = "margin:0;padding:24px;background:#f6f6f4;color:#1c1c1a;\
     font:16px/1.5 system-ui,sans-serif";
const SHEET: &str = "max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px";
const CELL: &str = "padding:4px 8px 4px 0;text-align:left;vertical-align:top";
const NUMBER: &str = "padding:4px 0 4px 8px;text-align:right;vertical-align:top;white-space:nowrap";
const BUTTON: &str = "display:inline-block;padding:10px 16px;background:#0b5351;color:#ffffff;\
     text-decoration:none;border-radius:6px";
const SMALL: &str = "margin-top:24px;color:#5a5a55;font-size:14px";

/// The HTML of a mail.
pub(super) fn write(page: &Page<'_>) -> String {
    let words = page.words;
    let written = html! {
        (DOCTYPE)
        html lang=(page.tongue.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (page.headline) }
            }
            body style=(BODY) {
                main style=(SHEET) {
                    h1 style="font-size:22px;margin:0 0 16px" { (page.headline) }
                    p dir="auto" { (page.greeting) }
                    p { (page.sentence) @if let Some(reason) = page.reason { " " (reason) } }
                    @if !page.lines.is_empty() { (lines(page)) }
                    @if let Some(refunded) = page.refunded {
                        p { (words.refunded) ": " strong { (shown(refunded, page.tongue)) } }
                    }
                    @if let Some(number) = page.tracking_number {
                        p { (words.tracking) ": " strong { (number) } }
                    }
                    @if let Some(order_page) = &page.order_page {
                        p { a href=(order_page) style=(BUTTON) { (words.see_order) } }
                    }
                    p style=(SMALL) {
                        (words.why_told) " "
                        a href=(page.preferences_page) style="color:#0b5351" { (words.preferences) }
                    }
                }
            }
        }
    };
    written.into_string()
}

fn lines(page: &Page<'_>) -> Markup {
    html! {
        table style="width:100%;border-collapse:collapse;margin:16px 0" {
            @for line in page.lines {
                tr {
                    td style=(CELL) { (line.quantity) " × " bdi { (line.name) } }
                    td style=(NUMBER) { (shown(line.unit_price, page.tongue)) }
                }
            }
            @if let Some(total) = page.total {
                tr {
                    th scope="row" style=(CELL) { (page.words.total) }
                    td style=(NUMBER) { strong { (shown(total, page.tongue)) } }
                }
            }
        }
    }
}
