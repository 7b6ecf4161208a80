//! Markup that is safe to show.

use std::fmt;

/// Markup: text of others is escaped in it.
///
/// It is made by the macro `html!` of the crate `maud`, which the crates that write pages name among their own
/// dependencies, since what the macro writes names it: `Html::new(html! { p { (name) } })`. Within `html!` it is put in
/// as it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// What `html!` has made. Nothing is escaped here: hand over no text.
    #[must_use]
    pub fn new(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    /// Text as markup, escaped.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '&' => escaped.push_str("&amp;"),
                '<' => escaped.push_str("&lt;"),
                '>' => escaped.push_str("&gt;"),
                '"' => escaped.push_str("&quot;"),
                '\'' => escaped.push_str("&#39;"),
                control if control.is_control() && !control.is_ascii_whitespace() => escaped.push('\u{fffd}'),
                other => escaped.push(other),
            }
        }
        Self(escaped)
    }

    /// Text of a person, whose direction of writing changes nothing around it.
    #[must_use]
    pub fn name(text: &str) -> Self {
        Self(format!("<bdi>{}</bdi>", Self::text(text).0))
    }

    /// The markup.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The markup.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl maud::Render for Html {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(&self.0);
    }
}

impl fmt::Debug for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Html({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_text_and_stays_in_its_direction() {
        let evil = "<script>alert('x')</script>\" onload=\"&\u{7}\u{202e}";
        let shown = Html::text(evil).into_string();
        assert!(!shown.contains('<') && !shown.contains('"') && !shown.contains('\u{7}'), "{shown}");
        assert_eq!(Html::name("مرحبا").as_str(), "<bdi>مرحبا</bdi>");
        assert!(Html::name(evil).as_str().starts_with("<bdi>&lt;script&gt;"));
    }

    #[test]
    fn within_markup_it_is_put_in_as_it_is() {
        let inner = Html::text("a < b");
        let outer: String = maud::html! { p title="\"x\" <" { (inner) " & " ("<i>") } }.into();
        assert_eq!(outer, "<p title=\"&quot;x&quot; &lt;\">a &lt; b &amp; &lt;i&gt;</p>");
    }
}
