//! Languages, and what is said in them.

use std::fmt;

use crate::Html;

/// A language that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Language {
    /// English, as it is written in Britain. Whoever understands none of the others gets it.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// How it is called in HTML and HTTP (RFC 5646).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it calls itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language with this tag; what stands behind a hyphen is not looked at.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let main = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        Self::ALL.into_iter().find(|language| language.tag() == main)
    }

    /// The language that was chosen; else the one that is liked best (RFC 9110 §12.5.4).
    #[must_use]
    pub fn choose(chosen: Option<&str>, accept_language: &str) -> Self {
        chosen.and_then(Self::parse).unwrap_or_else(|| Self::liked_best(accept_language))
    }

    fn liked_best(accept_language: &str) -> Self {
        let mut best = (0, Self::default());
        for range in accept_language.split(',').take(50) {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = parameters.trim().strip_prefix("q=").map_or(1_000, thousandths);
            let language = if tag.trim() == "*" { Some(Self::default()) } else { Self::parse(tag) };
            if let Some(language) = language.filter(|_| weight > best.0) {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// A weight such as `0.8` in thousandths; 0 for what is none.
fn thousandths(text: &str) -> u32 {
    match text.trim().split_once('.') {
        Some(("0", digits)) if digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{digits:0<3}").parse().unwrap_or(0)
        }
        Some(("1", _)) => 1_000,
        None if text.trim() == "1" => 1_000,
        _ => 0,
    }
}

/// Something that is said, in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message([&'static str; Language::ALL.len()]);

impl Message {
    /// Said in English and in German. Places such as `{name}` are for [`Message::with`].
    #[must_use]
    pub const fn new(english: &'static str, german: &'static str) -> Self {
        Self([english, german])
    }

    /// As it is said in a language.
    #[must_use]
    pub fn to(self, language: Language) -> &'static str {
        let [english, german] = self.0;
        match language {
            Language::English => english,
            Language::German => german,
        }
    }

    /// The same with its places filled.
    #[must_use]
    pub fn with(self, language: Language, places: &[(&str, &str)]) -> String {
        self.filled(language, str::to_owned, |name| {
            places.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
        })
    }

    /// The same as markup, its places filled with markup: such as [`Html::name`] for what people wrote.
    #[must_use]
    pub fn html(self, language: Language, places: &[(&str, Html)]) -> Html {
        let text = |text: &str| Html::text(text).into_string();
        Html::new(self.filled(language, text, |name| {
            places.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
        }))
    }

    fn filled<'a>(
        self,
        language: Language,
        written: impl Fn(&str) -> String,
        place: impl Fn(&str) -> &'a str,
    ) -> String {
        let text = self.to(language);
        let mut filled = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, from)| Some((before, from.split_once('}')?)))
        {
            filled.push_str(&written(before));
            filled.push_str(place(name));
            rest = after;
        }
        filled.push_str(&written(rest));
        filled
    }

    /// What is wrong with it, for the tests of whoever wrote it: that a language is missing, or has other places.
    #[must_use]
    pub fn lacks(self) -> Option<String> {
        let [english, german] = self.0;
        if english.trim().is_empty() || german.trim().is_empty() {
            return Some(format!("a language is missing: {english:?} {german:?}"));
        }
        (places(english) != places(german)).then(|| format!("the places differ: {english:?} {german:?}"))
    }
}

fn places(text: &str) -> Vec<&str> {
    let mut places: Vec<&str> =
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect();
    places.sort_unstable();
    places
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// Declares what pages say, in English and German, as constants; `ALL` has them all by name. What is missing in a
/// language does not compile, and a test should make sure that nothing [`Message::lacks`] anything.
///
/// ```
/// tradewind_pages::messages! {
///     GREETING = "Good morning, {name}", "Guten Morgen, {name}";
/// }
/// assert!(ALL.iter().all(|(_, message)| message.lacks().is_none()));
/// ```
#[macro_export]
macro_rules! messages {
    ($($name:ident = $english:literal, $german:literal;)*) => {
        $(pub(crate) const $name: $crate::Message = $crate::Message::new($english, $german);)*

        /// All of them, by name.
        #[allow(dead_code, reason = "for tests, and for messages that go from page to page")]
        pub(crate) const ALL: &[(&str, $crate::Message)] = &[$((stringify!($name), $name)),*];
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_chosen_or_the_one_that_is_liked_best() {
        for (chosen, accepted, expected) in [
            (None, "", Language::English),
            (None, "de", Language::German),
            (None, "de-AT,en;q=0.5", Language::German),
            (None, "fr, en;q=0.3, de;q=0.30", Language::English),
            (None, "en;q=0.3, DE ; q=0.31", Language::German),
            (None, "de;q=0, *", Language::English),
            (None, "fr", Language::English),
            (None, "de;q=x", Language::English),
            (Some("de"), "en", Language::German),
            (Some("xx"), "de", Language::German),
        ] {
            assert_eq!(Language::choose(chosen, accepted), expected, "{chosen:?} {accepted:?}");
        }
    }

    #[test]
    fn places_are_filled_once_and_nothing_else_is() {
        let message = Message::new("{n} of {name}", "{name}: {n}");
        assert_eq!(message.with(Language::English, &[("n", "{name}"), ("name", "a")]), "{name} of a");
        assert_eq!(message.with(Language::German, &[("n", "2")]), ": 2");
        assert_eq!(Message::new("a { b", "a { b").with(Language::English, &[]), "a { b");
        let told = Message::new("<{name}>", "").html(Language::English, &[("name", Html::name("<{n}>"))]);
        assert_eq!(told.as_str(), "&lt;<bdi>&lt;{n}&gt;</bdi>&gt;");
        assert_eq!(message.lacks(), None);
        assert!(Message::new("{a}", "{b}").lacks().is_some() && Message::new("a", " ").lacks().is_some());
    }
}
