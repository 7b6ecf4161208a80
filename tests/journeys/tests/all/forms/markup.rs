//! Reading pages as a browser would, as far as it matters here: which forms are on them, and whether what people wrote
//! could be more than text.

use std::collections::BTreeSet;

/// What a browser would run or load if it stood in a page as it was written.
const MARKUP: [&str; 3] = ["<script>alert", "<img src=x", "<svg onload"];

/// What tells of the inside.
const INSIDE: [&str; 7] =
    ["tradewind_", ".rs:", "sqlite", "postgres", "sqlx", "panicked", "Internal Server Error"];

/// Elements that are blocks of their own: the direction of what stands in one alone changes nothing outside.
const BLOCKS: [&str; 13] =
    ["td", "th", "dd", "dt", "p", "li", "h1", "h2", "h3", "pre", "option", "title", "legend"];

/// A form on a page.
#[derive(Debug)]
pub struct Found {
    pub method: String,
    pub action: String,
    /// The names of its fields.
    pub fields: BTreeSet<String>,
    /// What the page wrote into fields that nobody sees.
    pub hidden: Vec<(String, String)>,
}

/// The forms of a page.
pub fn forms(page: &str) -> Vec<Found> {
    let forms = page.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap_or_default());
    forms.map(form).collect()
}

fn form(text: &str) -> Found {
    let (own, inner) = text.split_once('>').unwrap_or((text, ""));
    let method = attribute(own, "method").unwrap_or_else(|| "get".to_owned()).to_uppercase();
    let named = tags(inner)
        .into_iter()
        .filter(|tag| ["input", "select", "textarea", "button"].contains(&name(tag)))
        .filter_map(|tag| attribute(tag, "name").map(|name| (name, tag)));
    let (mut fields, mut hidden) = (BTreeSet::new(), Vec::new());
    for (field, tag) in named {
        if attribute(tag, "type").as_deref() == Some("hidden") {
            hidden.push((field.clone(), attribute(tag, "value").unwrap_or_default()));
        }
        fields.insert(field);
    }
    Found { method, action: attribute(own, "action").unwrap_or_default(), fields, hidden }
}

/// What stands between `<` and `>`. Attributes are quoted here, and no `<` or `>` stands in them as it is.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag).collect()
}

fn name(tag: &str) -> &str {
    tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default()
}

/// The value of an attribute, its marks read.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    let read = [("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    Some(read.into_iter().fold(value.to_owned(), |value, (mark, letter)| value.replace(mark, letter)))
}

/// Why a page is not harmless, if it is not.
pub fn harm(page: &str) -> Option<String> {
    let tells = |text: &&str| page.contains(*text).then(|| format!("it tells of {text:?}"));
    let runs = |text: &&str| page.contains(*text).then(|| format!("it holds {text:?} as markup"));
    let found = MARKUP.iter().find_map(runs).or_else(|| INSIDE.iter().find_map(tells));
    found.or_else(|| strange_tag(page)).or_else(|| turned(page))
}

/// An element or attribute that no page of ours has.
fn strange_tag(page: &str) -> Option<String> {
    let of_others = |tag: &str| {
        let handles = tag.split(' ').any(|part| part.starts_with("on") && part.contains('='));
        let is_code = name(tag) == "script" && attribute(tag, "src").is_none() && !tag.starts_with('/');
        handles || is_code || attribute(tag, "href").is_some_and(|to| to.starts_with("javascript:"))
    };
    // Values are text, whatever they hold.
    tags(page).into_iter().find(|tag| of_others(&without_values(tag))).map(|tag| format!("it has <{tag}>"))
}

/// A tag without what stands in values other than addresses.
fn without_values(tag: &str) -> String {
    let mut parts = tag.split('"');
    let mut bare = parts.next().unwrap_or_default().to_owned();
    while let (Some(value), Some(next)) = (parts.next(), parts.next()) {
        let is_address = bare.ends_with("href=") || bare.ends_with("src=");
        bare.push_str(&format!("\"{}\"{next}", if is_address { value } else { "" }));
    }
    bare
}

/// Text that may run from right to left, or turn what follows, and is not kept apart from what is around it.
fn turned(page: &str) -> Option<String> {
    let mut open: Vec<(String, bool)> = Vec::new();
    for piece in page.split('<').skip(1) {
        let (tag, text) = piece.split_once('>')?;
        if let Some(closed) = tag.strip_prefix('/') {
            while open.pop().is_some_and(|(opened, _)| opened != name(closed)) {}
        } else if !is_void(name(tag)) {
            let apart = name(tag) == "bdi" || attribute(tag, "dir").is_some();
            open.push((name(tag).to_owned(), apart));
        }
        let is_alone =
            !tag.starts_with('/') && BLOCKS.contains(&name(tag)) && ends_with_block(page, text, tag);
        if text.chars().any(turns) && !is_alone && !open.iter().any(|(_, apart)| *apart) {
            return Some(format!("{text:?} in <{tag}> is not kept apart"));
        }
    }
    None
}

/// Whether the element that begins with `tag` holds `text` and nothing else.
fn ends_with_block(page: &str, text: &str, tag: &str) -> bool {
    page.contains(&format!("<{tag}>{text}</{}>", name(tag)))
}

fn turns(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_void(name: &str) -> bool {
    matches!(name, "!DOCTYPE" | "meta" | "link" | "input" | "img" | "br" | "hr")
}

#[test]
fn what_is_harmful_is_seen() {
    for page in [
        "<p><script>alert(1)</script></p>",
        "<p><img src=x onerror=alert(1)></p>",
        "<p onclick=\"x\">a</p>",
        "<a href=\"javascript:alert(1)\">a</a>",
        "<p>thread panicked at a.rs:1</p>",
        "<p>a \u{202e}b</p><p>c</p><p>a <b>\u{645}</b></p>",
        "<span>\u{645}</span>",
    ] {
        assert!(harm(page).is_some(), "{page}");
    }
    for page in [
        "<p>&lt;script&gt;alert(1)</p>",
        "<input value=\"x\" title=\"on a=b\"><td>\u{645}</td>",
        "<p>a <bdi>\u{645}</bdi> b</p>",
        "<h1 dir=\"auto\">a \u{645} b</h1>",
        "<script src=\"/a.js\" defer></script>",
        "<a href=\"/a?b=onclick=x\">a</a>",
    ] {
        assert_eq!(harm(page), None, "{page}");
    }
}

#[test]
fn forms_are_read_with_their_fields() {
    let page = "<form method=\"post\" action=\"/a\"><input type=\"hidden\" name=\"b\" value=\"&quot;1&quot;\">\
         <select name=\"c\"><option value=\"d\">d</option></select><button type=\"submit\" name=\"e\">e</button></form>\
         <form action=\"/f\"></form>";
    let found = forms(page);
    assert_eq!((found[0].method.as_str(), found[0].action.as_str()), ("POST", "/a"));
    assert_eq!(found[0].fields.iter().map(String::as_str).collect::<Vec<_>>(), ["b", "c", "e"]);
    assert_eq!(found[0].hidden, [("b".to_owned(), "\"1\"".to_owned())]);
    assert_eq!((found[1].method.as_str(), found[1].action.as_str()), ("GET", "/f"));
}
