//! The shell of a page.

use maud::{DOCTYPE, html};

use crate::{Html, Language};

/// A whole page, but for what stands in its body.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// In which language it is.
    pub language: Language,
    /// What it is called in tabs, histories and bookmarks.
    pub title: &'a str,
    /// What it is about, for search engines; empty when nothing is to be said.
    pub description: &'a str,
    /// The addresses of its style sheets.
    pub styles: &'a [&'a str],
    /// The addresses of its scripts; they run when the page is there.
    pub scripts: &'a [&'a str],
    /// The address of its icon.
    pub icon: &'a str,
    /// After how many seconds it is loaded again where no script runs; 0 for never.
    pub refresh: u32,
}

impl Document<'_> {
    /// The page with this body.
    #[must_use]
    pub fn with(&self, body: &Html) -> Html {
        Html::new(html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    @if !self.description.is_empty() { meta name="description" content=(self.description); }
                    @if !self.icon.is_empty() { link rel="icon" href=(self.icon); }
                    @for style in self.styles { link rel="stylesheet" href=(style); }
                    @for script in self.scripts { script src=(script) defer {} }
                    @if self.refresh > 0 {
                        noscript { meta http-equiv="refresh" content=(self.refresh); }
                    }
                }
                body { (body) }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_no_code_of_its_own() {
        let document = Document {
            language: Language::German,
            title: "<Lampen>",
            description: "",
            styles: &["/a.css"],
            scripts: &["/a.js"],
            icon: "",
            refresh: 5,
        };
        let page = document.with(&Html::text("Hallo")).into_string();
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"de\">"), "{page}");
        assert!(page.contains("<title>&lt;Lampen&gt;</title>") && page.contains("<body>Hallo</body>"));
        assert!(page.contains("<script src=\"/a.js\" defer></script>") && !page.contains("<style"));
        assert!(page.contains("<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>"));
        let still = Document { refresh: 0, scripts: &[], ..document }.with(&Html::default()).into_string();
        assert!(!still.contains("refresh") && !still.contains("<script"));
    }
}
