//! Mails as bytes: which headers they have, and that nobody adds one.

use proptest::prelude::*;
use tradewind_kernel::{Id, Timestamp};
use tradewind_smtp::{ComposeError, Draft, Mail, Mailbox};

const ID: Id = Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000a);

fn compose(name: &str, subject: &str, text: &str, html: &str) -> String {
    let from = Mailbox::new("The shop", "shop@example.com".parse().unwrap());
    let to = Mailbox::new(name, "ada@example.com".parse().unwrap());
    let page = Some("https://shop.example.com/account");
    let at = Timestamp::from_micros(1_767_225_600_000_000);
    let draft =
        Draft { id: ID, from: &from, to: &to, at, subject, language: "de", text, html, unsubscribe: page };
    String::from_utf8(Mail::compose(&draft).unwrap().bytes().to_vec()).unwrap()
}

/// The names of the headers, and what they say with its further lines.
fn headers(mail: &str) -> Vec<(String, String)> {
    let head = mail.split("\r\n\r\n").next().unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}"));
        (name.to_owned(), value.trim().to_owned())
    };
    unfolded.split("\r\n").map(pair).collect()
}

fn names(mail: &str) -> Vec<String> {
    let mut names: Vec<String> = headers(mail).into_iter().map(|(name, _)| name).collect();
    names.sort();
    names
}

#[test]
fn a_mail_has_the_headers_that_it_needs_and_is_the_same_each_time() {
    let mail = compose("Jörg", "Deine Bestellung für 10,60 £", "Größe\n", "<p>Größe</p>");
    let headers = headers(&mail);
    let of = |name: &str| {
        headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap()
    };
    assert_eq!(of("Message-ID"), "<01980000-0000-7000-8000-00000000000a@example.com>");
    assert_eq!(of("Date"), "Thu, 01 Jan 2026 00:00:00 +0000");
    assert_eq!(of("Content-Language"), "de");
    assert_eq!(of("Auto-Submitted"), "auto-generated");
    assert_eq!(of("List-Unsubscribe"), "<https://shop.example.com/account>");
    assert!(of("Content-Type").starts_with("multipart/alternative;"), "{}", of("Content-Type"));
    assert!(of("To").contains("<ada@example.com>") && of("From").contains("<shop@example.com>"));
    assert!(mail.is_ascii(), "words are encoded");
    let (text, html) = (mail.find("text/plain; charset=utf-8"), mail.find("text/html; charset=utf-8"));
    assert!(text.unwrap() < html.unwrap(), "what is shown with preference comes last");
    assert_eq!(mail, compose("Jörg", "Deine Bestellung für 10,60 £", "Größe\n", "<p>Größe</p>"));
}

#[test]
fn what_would_be_no_header_is_refused() {
    let shop = Mailbox::new("", "shop@example.com".parse().unwrap());
    let draft = |language, unsubscribe| Draft {
        id: ID,
        from: &shop,
        to: &shop,
        at: Timestamp::from_micros(0),
        subject: "",
        language,
        text: "",
        html: "",
        unsubscribe,
    };
    let long = format!("https://example.com/{}", "a".repeat(1_000));
    for page in ["", "shop", "https://example.com/\r\nBcc: eve@example.com", "https://exa mple.com", &long] {
        assert_eq!(Mail::compose(&draft("en", Some(page))).unwrap_err(), ComposeError::Page, "{page:?}");
    }
    for language in ["", "en\r\nBcc: eve@example.com", "e n"] {
        assert_eq!(Mail::compose(&draft(language, None)).unwrap_err(), ComposeError::Language);
    }
    assert!(Mail::compose(&draft("en", None)).is_ok());
}

/// Text as somebody would write it who wants to add a header, or worse.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\u{2028}".to_owned()),
        Just("\u{85}".to_owned()),
        Just("\0".to_owned()),
        Just("Bcc: eve@example.com".to_owned()),
        Just(".\r\nQUIT\r\n".to_owned()),
        Just("=?utf-8?q?=0D=0ABcc:_eve?=".to_owned()),
        Just("\" <eve@example.com>, \"".to_owned()),
        Just("--part-of-01980000-0000-7000-8000-00000000000a--".to_owned()),
        "\\PC{0,40}",
        any::<String>(),
    ];
    prop::collection::vec(parts, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nobody_adds_a_header_or_a_recipient(name in hostile(), subject in hostile()) {
        let usual = compose("Ada", "Your order", "text", "<p>html</p>");
        let mail = compose(&name, &subject, "text", "<p>html</p>");
        prop_assert_eq!(names(&mail), names(&usual));
        let to: Vec<_> = headers(&mail).into_iter().filter(|(name, _)| name == "To").collect();
        prop_assert_eq!(to.len(), 1);
        let plain = to[0].1.rsplit_once('<').map_or(to[0].1.as_str(), |(_, address)| address);
        prop_assert!(plain.trim_end_matches('>') == "ada@example.com", "{:?}", to);
        let length = |line: &str| line.len();
        prop_assert!(mail.split("\r\n").map(length).max() <= Some(998));
        // A bare line break is one to some servers.
        prop_assert!(!mail.replace("\r\n", "").contains(['\r', '\n']), "{:?}", mail);
    }

    #[test]
    fn whatever_a_mail_says_is_within_its_parts(text in hostile()) {
        let mail = compose("Ada", "Your order", &text, &text);
        let last = mail.split("\r\n").filter(|line| line.starts_with("--part-of-")).last();
        prop_assert!(last.is_some_and(|line| line.ends_with("--")));
    }
}
