//! Media types: which are kept, how their bytes are told, and which of them a browser may show.

use crate::domain::svg;

/// A media type that is kept.
#[derive(Debug)]
pub(crate) struct Media {
    /// Its name, as it is answered.
    pub(crate) name: &'static str,
    /// Whether a browser may show it; else it is offered as a file to be kept.
    pub(crate) is_shown: bool,
    /// What names end with that can be nothing else.
    extensions: &'static [&'static str],
    /// Why bytes are not of it.
    check: fn(&[u8]) -> Result<(), String>,
}

/// Bytes of which nothing is known.
static BYTES: Media =
    Media { name: "application/octet-stream", is_shown: false, extensions: &[], check: |_| Ok(()) };

static DRAWING: Media =
    Media { name: "image/svg+xml", is_shown: true, extensions: &["svg"], check: svg::check };

/// Those that are told by how they begin.
static TOLD: [Media; 5] = [
    Media { name: "image/png", is_shown: true, extensions: &["png"], check: |bytes| begin(bytes, is_png) },
    Media {
        name: "image/jpeg",
        is_shown: true,
        extensions: &["jpg", "jpeg"],
        check: |bytes| begin(bytes, is_jpeg),
    },
    Media { name: "image/gif", is_shown: true, extensions: &["gif"], check: |bytes| begin(bytes, is_gif) },
    Media { name: "image/webp", is_shown: true, extensions: &["webp"], check: |bytes| begin(bytes, is_webp) },
    Media {
        name: "application/pdf",
        is_shown: false,
        extensions: &["pdf"],
        check: |bytes| begin(bytes, is_pdf),
    },
];

/// Those that are text of any kind.
static TEXTS: [Media; 3] = [
    Media { name: "application/json", is_shown: false, extensions: &["json"], check: is_json },
    Media { name: "text/csv", is_shown: false, extensions: &["csv"], check: is_text },
    Media { name: "text/plain", is_shown: false, extensions: &["txt"], check: is_text },
];

fn all() -> impl Iterator<Item = &'static Media> {
    TOLD.iter().chain(&TEXTS).chain([&DRAWING, &BYTES])
}

/// The media type with this name; bytes of which nothing is known where there is none any more.
pub(crate) fn named(name: &str) -> &'static Media {
    all().find(|media| media.name == name).unwrap_or(&BYTES)
}

/// The media type that a sender names, without its parameters; what they are is told from the bytes.
///
/// # Errors
/// The names of those that are kept, when it is none of them.
pub(crate) fn said(content_type: &str) -> Result<&'static Media, String> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let found = all().find(|media| media.name == essence);
    found.ok_or_else(|| all().map(|media| media.name).collect::<Vec<_>>().join(", "))
}

/// The media type of bytes that are to be kept under a name with this extension: what their sender said, if that is true,
/// else what the extension means, else what they begin like.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn recognise(
    said: Option<&'static Media>,
    extension: Option<&str>,
    bytes: &[u8],
) -> Result<&'static Media, String> {
    let meant = extension.and_then(|extension| all().find(|media| media.extensions.contains(&extension)));
    let media = said.or(meant).unwrap_or_else(|| told(bytes));
    if let Some(meant) = meant.filter(|meant| meant.name != media.name) {
        let extension = extension.unwrap_or_default();
        return Err(format!(
            "a name with the ending .{extension} is for {}, and this is {}",
            meant.name, media.name
        ));
    }
    let wrong = |reason| format!("it is said to be {}, and {reason}", media.name);
    (media.check)(bytes).map(|()| media).map_err(wrong)
}

fn told(bytes: &[u8]) -> &'static Media {
    let found = TOLD.iter().find(|media| (media.check)(bytes).is_ok());
    found.unwrap_or_else(|| if svg::check(bytes).is_ok() { &DRAWING } else { &BYTES })
}

fn begin(bytes: &[u8], is_begun: fn(&[u8]) -> bool) -> Result<(), String> {
    if is_begun(bytes) { Ok(()) } else { Err("does not begin like that".to_owned()) }
}

fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xd8\xff")
}

fn is_gif(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}

fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

fn is_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-")
}

fn is_text(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if text.chars().any(is_control) { Err("holds control characters".to_owned()) } else { Ok(()) }
}

fn is_json(bytes: &[u8]) -> Result<(), String> {
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(bytes);
    read.map(drop).map_err(|_| "is no JSON".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";
    const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'/>";
    const HTML: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";

    fn kept(said: Option<&str>, extension: &str, bytes: &[u8]) -> Result<&'static str, String> {
        let said = said.map(|text| super::said(text).unwrap());
        recognise(said, Some(extension).filter(|text| !text.is_empty()), bytes).map(|media| media.name)
    }

    #[test]
    fn what_is_said_has_to_be_true() {
        assert_eq!(kept(Some("image/png"), "png", PNG).unwrap(), "image/png");
        assert_eq!(kept(Some("Image/SVG+XML; charset=utf-8"), "svg", SVG).unwrap(), "image/svg+xml");
        assert_eq!(kept(Some("image/webp"), "", b"RIFF....WEBPVP8 ").unwrap(), "image/webp");
        assert_eq!(kept(Some("application/json"), "json", b"[1]").unwrap(), "application/json");
        assert_eq!(kept(Some("text/plain"), "txt", HTML).unwrap(), "text/plain");
        for (said, extension, bytes) in [
            ("image/png", "png", HTML),
            ("image/png", "png", SVG),
            ("image/jpeg", "", PNG),
            ("image/gif", "", b"GIF8".as_slice()),
            ("image/webp", "", b"RIFF"),
            ("image/svg+xml", "svg", HTML),
            ("image/svg+xml", "svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
            ("application/pdf", "", b"MZ"),
            ("application/json", "", b"{"),
            ("text/plain", "", b"\x1b[31m"),
            ("text/csv", "", b"\xff"),
        ] {
            assert!(kept(Some(said), extension, bytes).is_err(), "{said} {extension}");
        }
    }

    #[test]
    fn a_name_does_not_say_something_else_than_the_media_type() {
        for (said, extension) in
            [("application/octet-stream", "png"), ("text/plain", "svg"), ("image/png", "jpg")]
        {
            assert!(kept(Some(said), extension, PNG).unwrap_err().contains(extension), "{said} {extension}");
        }
        assert_eq!(kept(Some("application/octet-stream"), "html", HTML).unwrap(), "application/octet-stream");
    }

    #[test]
    fn of_what_nothing_is_said_is_told_by_its_bytes() {
        for (bytes, expected) in
            [(PNG, "image/png"), (SVG, "image/svg+xml"), (HTML, "application/octet-stream")]
        {
            assert_eq!(kept(None, "", bytes).unwrap(), expected);
        }
        assert_eq!(kept(None, "txt", b"note").unwrap(), "text/plain");
        assert!(kept(None, "png", HTML).is_err());
        assert_eq!(kept(None, "", b"").unwrap(), "application/octet-stream");
    }

    #[test]
    fn other_media_types_are_not_kept() {
        for text in [
            "",
            "text/html",
            "application/xhtml+xml",
            "text/javascript",
            "image/*",
            "*/*",
            "image/png, text/html",
        ] {
            assert!(said(text).unwrap_err().contains("image/png"), "{text}");
        }
        assert_eq!(named("text/html").name, "application/octet-stream");
    }

    proptest! {
        /// Whatever a browser may show begins like what it is said to be, and a drawing that is kept holds no script.
        #[test]
        fn what_is_shown_is_what_it_says(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            for said in [None, Some("image/png"), Some("image/svg+xml"), Some("text/plain")] {
                if let Ok(name) = kept(said, "", &bytes) {
                    let media = named(name);
                    prop_assert!(!media.is_shown || (media.check)(&bytes).is_ok());
                }
            }
        }
    }
}
