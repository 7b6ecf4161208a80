//! The pages of the mailbox: plain HTML that needs no script.

use maud::{DOCTYPE, Markup, html};
use tradewind_kernel::{Page, Timestamp};
use tradewind_mail_contract::Arrived;

/// How they look.
pub(super) const STYLE: &str = include_str!("style.css");

/// What stands beside their titles.
pub(super) const ICON: &str = include_str!("icon.svg");

/// The page with the mails that are there.
pub(super) fn list(page: &Page<Arrived>, to: Option<&str>) -> String {
    let title = if to.is_some() { "Mailbox of one address" } else { "Mailbox" };
    let body = html! {
        h1 { (title) }
        p { "Mails that this fleet has sent. They are kept here and have never left this machine." }
        form action="/" method="get" role="search" {
            label for="to" { "To the address" }
            input #to type="search" name="to" value=(to.unwrap_or_default()) autocomplete="off";
            button type="submit" { "Show" }
            @if to.is_some() { a href="/" { "Show all" } }
        }
        @if page.items.is_empty() {
            p role="status" { (nothing(to)) }
        } @else {
            (table(&page.items))
        }
        @if let Some(next) = &page.next {
            form action="/" method="get" {
                @if let Some(to) = to { input type="hidden" name="to" value=(to); }
                input type="hidden" name="after" value=(next);
                button type="submit" { "Older mails" }
            }
        }
    };
    whole(title, &body)
}

fn nothing(to: Option<&str>) -> String {
    match to {
        Some(to) => format!("Nothing has arrived for {to}."),
        None => "Nothing has arrived. Order something, and look again.".to_owned(),
    }
}

fn table(mails: &[Arrived]) -> Markup {
    html! {
        table {
            caption { "The newest first" }
            thead { tr { th scope="col" { "Subject" } th scope="col" { "To" } th scope="col" { "Arrived" } } }
            tbody {
                @for mail in mails {
                    tr {
                        td { a href={ "/mails/" (mail.number) } lang=(mail.language) { (mail.subject) } }
                        td { bdi { (mail.name) } " " span.address { (mail.to) } }
                        td { time datetime=(mail.arrived_at) { (moment(mail.arrived_at)) } }
                    }
                }
            }
        }
    }
}

/// The page with one mail.
pub(super) fn mail(mail: &Arrived) -> String {
    let body = html! {
        nav aria-label="Mailbox" { a href="/" { "All mails" } }
        h1 lang=(mail.language) { (mail.subject) }
        dl {
            dt { "To" }
            dd { bdi { (mail.name) } " " span.address { (mail.to) } }
            dt { "Arrived" }
            dd { time datetime=(mail.arrived_at) { (moment(mail.arrived_at)) } }
        }
        section aria-labelledby="as-text" {
            h2 #as-text { "As text" }
            pre lang=(mail.language) { (mail.text) }
        }
        section aria-labelledby="as-html" {
            h2 #as-html { "As HTML" }
            // The empty sandbox: nothing of it runs, and it is nobody's origin.
            iframe title="The mail as HTML" src={ "/mails/" (mail.number) "/html" } sandbox="" {}
        }
    };
    whole(&mail.subject, &body)
}

/// A time for people, to the second.
fn moment(time: Timestamp) -> String {
    let text = time.to_string().replace('T', " ");
    let seconds = text.split(['.', 'Z']).next().unwrap_or_default();
    format!("{seconds} UTC")
}

fn whole(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Tradewind" }
                link rel="icon" href="/icon.svg";
                link rel="stylesheet" href="/style.css";
            }
            body { main { (body) } }
        }
    };
    page.into_string()
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Id;

    use super::*;

    fn arrived(subject: &str) -> Arrived {
        Arrived {
            number: 7,
            mail_id: Id::from_u128(1),
            name: "<b>Ada</b>".to_owned(),
            to: "ada@example.com".to_owned(),
            subject: subject.to_owned(),
            language: "de".to_owned(),
            text: "</pre><script>alert(1)</script>".to_owned(),
            html: "<script>alert(1)</script>".to_owned(),
            arrived_at: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn an_empty_mailbox_says_so_and_what_to_do() {
        let page = list(&Page { items: Vec::new(), next: None }, None);
        assert!(page.contains("Nothing has arrived. Order something"), "{page}");
        let of_one = list(&Page { items: Vec::new(), next: None }, Some("\"><script>"));
        assert!(of_one.contains("Nothing has arrived for &quot;&gt;&lt;script&gt;"), "{of_one}");
    }

    #[test]
    fn whatever_is_in_a_mail_is_text_on_the_page() {
        let items = vec![arrived("</title><script>alert(1)</script>")];
        let listed = list(&Page { items, next: Some("6".to_owned()) }, None);
        let shown = mail(&arrived("\"><script>alert(1)</script>"));
        for page in [&listed, &shown] {
            assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        }
        assert!(listed.contains("href=\"/mails/7\"") && listed.contains("Older mails"), "{listed}");
        assert!(shown.contains(">1970-01-01 00:00:00 UTC</time>"), "{shown}");
        assert!(shown.contains("sandbox=\"\"") && shown.contains("src=\"/mails/7/html\""), "{shown}");
    }
}
