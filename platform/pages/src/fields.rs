//! What a form brings.

use std::fmt;
use std::str::FromStr;

use tradewind_chassis::http::Call;
use tradewind_kernel::is_one_line;
use tradewind_problem::{INVALID_BODY, Problem};

/// The greatest number of fields in one form.
const MAX_FIELDS: usize = 200;

/// The fields of a form, as they came. What a form does not ask for is ignored.
#[derive(Clone, Default)]
pub struct Fields(Vec<(String, String)>);

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFault {
    /// It is not there, or there is nothing in it.
    Missing,
    /// It is longer than so many characters.
    TooLong(usize),
    /// It holds what no text may hold, or is no such value.
    Invalid,
}

impl Fields {
    /// Reads the body of a request as a form.
    ///
    /// # Errors
    /// That it is too large, of another media type, or no form.
    pub async fn read(call: &mut Call) -> Result<Self, Problem> {
        Self::bounded(call.form().await?)
    }

    /// The parameters of the address; what cannot be read is not there.
    #[must_use]
    pub fn of_query(call: &Call) -> Self {
        let query = call.uri().query().unwrap_or_default();
        let pairs = serde_urlencoded::from_str(query).unwrap_or_default();
        Self::bounded(pairs).unwrap_or_default()
    }

    fn bounded(pairs: Vec<(String, String)>) -> Result<Self, Problem> {
        if pairs.len() > MAX_FIELDS {
            return Err(Problem::new(&INVALID_BODY).detail("The form has too many fields."));
        }
        Ok(Self(pairs))
    }

    /// These fields; for tests.
    #[must_use]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The first value under `name`, as it came: for secrets, of which nothing may be cut off.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values under `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// One line of text, without white space around it; empty when there is none.
    ///
    /// # Errors
    /// When it has more than `max` characters, or holds some that change the text around it.
    pub fn optional(&self, name: &str, max: usize) -> Result<String, FieldFault> {
        let text = self.raw(name).unwrap_or_default().trim();
        if text.chars().count() > max {
            return Err(FieldFault::TooLong(max));
        }
        if is_one_line(text) { Ok(text.to_owned()) } else { Err(FieldFault::Invalid) }
    }

    /// The same, where there must be something.
    ///
    /// # Errors
    /// As [`Fields::optional`], and when there is nothing.
    pub fn text(&self, name: &str, max: usize) -> Result<String, FieldFault> {
        let text = self.optional(name, max)?;
        if text.is_empty() { Err(FieldFault::Missing) } else { Ok(text) }
    }

    /// A value that is written as text, such as a number or an id.
    ///
    /// # Errors
    /// When it is missing or no such value.
    pub fn value<T: FromStr>(&self, name: &str) -> Result<T, FieldFault> {
        let text = self.raw(name).map(str::trim).filter(|text| !text.is_empty());
        text.ok_or(FieldFault::Missing)?.parse().map_err(|_| FieldFault::Invalid)
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Passwords come by forms.
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_text_of_a_bounded_length() {
        let fields = Fields::of(&[
            ("name", "  Ada \u{1f600} "),
            ("empty", " "),
            ("bell", "a\u{7}"),
            ("zero", "\0"),
            ("turned", "a\u{202e}b"),
        ]);
        assert_eq!(fields.text("name", 5).as_deref(), Ok("Ada \u{1f600}"));
        assert_eq!(fields.text("name", 4), Err(FieldFault::TooLong(4)));
        assert_eq!(fields.text("empty", 4), Err(FieldFault::Missing));
        assert_eq!(fields.text("other", 4), Err(FieldFault::Missing));
        assert_eq!(fields.optional("other", 4).as_deref(), Ok(""));
        assert_eq!(fields.text("bell", 4), Err(FieldFault::Invalid));
        assert_eq!(fields.text("zero", 4), Err(FieldFault::Invalid));
        assert_eq!(fields.text("turned", 4), Err(FieldFault::Invalid));
    }

    #[test]
    fn values_are_parsed_and_the_first_counts() {
        let fields = Fields::of(&[("n", " 7 "), ("n", "8"), ("word", "x")]);
        assert_eq!(fields.value::<u32>("n"), Ok(7));
        assert_eq!(fields.value::<u32>("word"), Err(FieldFault::Invalid));
        assert_eq!(fields.value::<u32>("none"), Err(FieldFault::Missing));
        assert_eq!(fields.all("n").count(), 2);
    }

    #[test]
    fn debug_shows_no_value_and_too_many_fields_are_refused() {
        let fields = Fields::of(&[("password", "canary-4711")]);
        assert!(!format!("{fields:?}").contains("canary"));
        assert!(Fields::bounded(vec![(String::new(), String::new()); MAX_FIELDS + 1]).is_err());
        assert!(Fields::bounded(vec![(String::new(), String::new()); MAX_FIELDS]).is_ok());
    }
}
