//! What goes wrong while a section is decoded, until it is known where.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::error::{SettingsError, unknown, ways_to_set};
use super::node::{Node, Place};
use super::sensitive;

/// A failure on its way up: each level adds its step to the path, the innermost one its place.
#[derive(Debug)]
pub(super) struct Failure {
    /// The innermost step first.
    path: Vec<Step>,
    place: Option<Place>,
    problem: Problem,
}

/// One step from a value to a value within it.
#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

#[derive(Debug)]
enum Problem {
    UnknownKey(&'static [&'static str]),
    MissingKey,
    /// Serde's words about a value; they show it.
    Value(String),
    /// Words of the setting's own type; they may show a value.
    Custom(String),
    /// Words that show no value.
    Plain(String),
    /// Words that showed a secret.
    Hidden,
}

impl Failure {
    fn new(problem: Problem) -> Self {
        Self { path: Vec::new(), place: None, problem }
    }

    /// A failure whose words show no value.
    pub(super) fn plain(words: impl Into<String>) -> Self {
        Self::new(Problem::Plain(words.into()))
    }

    /// A wrong type, in words that do not show the value: what wants a string may be a secret.
    pub(super) fn wrong_type(found: &str, expected: &dyn Expected) -> Self {
        Self::plain(format!("invalid type: found {found}, expected {expected}"))
    }

    /// The same failure, about `key` at a place that is known.
    pub(super) fn of_key(mut self, key: &str, place: &Place) -> Self {
        self.path.push(Step::Key(key.to_owned()));
        self.at(place)
    }

    /// The same failure, at a place that is known.
    pub(super) fn at(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    /// The same failure, within the value `node` of `key`.
    pub(super) fn below_key(self, key: &str, node: &Node) -> Self {
        let mut failure = self.within(node);
        if sensitive::is_sensitive(key) {
            failure.hide();
        }
        failure.path.push(Step::Key(key.to_owned()));
        failure
    }

    /// The same failure, within the element `index` of a list.
    pub(super) fn below_index(self, index: usize, node: &Node) -> Self {
        let mut failure = self.within(node);
        failure.path.push(Step::Index(index));
        failure
    }

    /// What the type of a table says about a key of it has the place of this key.
    pub(super) fn of_table(mut self, entries: &Entries<'_>) -> Self {
        if let (None, Problem::UnknownKey(_), Some(Step::Key(key))) =
            (&self.place, &self.problem, self.path.first())
        {
            self.place = entries.get(key.as_str()).map(|node| node.place.clone());
        }
        self
    }

    /// The innermost value is where a failure is; its words must not show a secret of this value.
    fn within(mut self, node: &Node) -> Self {
        if self.place.is_some() {
            return self;
        }
        let shows_secret = match &self.problem {
            // Even a part of such a value is a part of a secret.
            _ if matches!(node.place, Place::VariableFile { .. }) => true,
            Problem::Value(_) => !sensitive::secrets(node).is_empty(),
            Problem::Custom(words) => shows_any(words, &sensitive::secrets(node)),
            _ => false,
        };
        if shows_secret {
            self.hide();
        }
        self.at(&node.place)
    }

    fn hide(&mut self) {
        if self.may_show_value() {
            self.problem = Problem::Hidden;
        }
    }

    fn may_show_value(&self) -> bool {
        matches!(self.problem, Problem::Value(_) | Problem::Custom(_))
    }

    /// The error for the section whose settings failed.
    pub(super) fn into_error(self) -> SettingsError {
        let path = self.dotted();
        // A table has the place of one of its keys, which need not be the key that is wrong.
        let shown = |place: &Place| match place {
            Place::Override { key, .. } if *key == path => place.words(self.may_show_value()),
            _ => place.words(false),
        };
        let place = self.place.as_ref().and_then(shown);
        SettingsError::new(&path, &self.words(), place.as_deref())
    }

    fn words(&self) -> String {
        match &self.problem {
            Problem::UnknownKey(known) => unknown("key", self.keys().last().unwrap_or(&""), known),
            Problem::MissingKey => {
                format!("required, but given nowhere; {}", ways_to_set(&self.keys()))
            }
            Problem::Value(words) | Problem::Custom(words) | Problem::Plain(words) => words.clone(),
            Problem::Hidden => "found a value of the wrong type".to_owned(),
        }
    }

    /// `lamps.rows[1].colour`
    fn dotted(&self) -> String {
        let mut text = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => text.extend([".", key]),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    fn keys(&self) -> Vec<&str> {
        self.path.iter().rev().filter_map(Step::key).collect()
    }
}

impl Step {
    fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Index(_) => None,
        }
    }
}

/// The entries of a table while it is decoded.
pub(super) type Entries<'a> = BTreeMap<&'a str, Cow<'a, Node>>;

fn shows_any(words: &str, secrets: &[String]) -> bool {
    let shown = |secret: &String| {
        let escaped = secret.escape_debug().to_string();
        !secret.is_empty() && (words.contains(secret.as_str()) || words.contains(&escaped))
    };
    secrets.iter().any(shown)
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

impl Error for Failure {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self::new(Problem::Custom(words.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Value(format!("invalid type: found {found}, expected {expected}")))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Value(format!("invalid value: found {found}, expected {expected}")))
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        let words = unknown("value", found, known);
        Self::new(Problem::Value(format!("\"{found}\": {words}")))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        let mut failure = Self::new(Problem::UnknownKey(known));
        failure.path.push(Step::Key(name.to_owned()));
        failure
    }

    fn missing_field(name: &'static str) -> Self {
        let mut failure = Self::new(Problem::MissingKey);
        failure.path.push(Step::Key(name.to_owned()));
        failure
    }
}
