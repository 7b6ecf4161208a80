//! What is said of a route.

use tradewind_problem::Kind;

use crate::described::{Described, Parts, Side};

/// The media type of JSON documents (RFC 8259).
const JSON: &str = "application/json";

pub(crate) type Describe = fn(&mut Parts) -> serde_json::Value;

/// What an operation answers when it succeeds.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
    pub(crate) located: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Json(Describe, &'static str),
    Text(&'static str),
    /// Bytes of any media type.
    Bytes,
    Nothing,
}

/// The description of a route: what it takes, what it answers, and how it may refuse.
///
/// The problems that follow from the rest, such as a malformed body, are added without being named.
#[derive(Debug, Clone)]
pub struct Operation {
    pub(crate) summary: &'static str,
    pub(crate) parameters: Vec<(&'static str, Describe)>,
    pub(crate) query: Option<Describe>,
    pub(crate) body: Option<Describe>,
    /// Whether the body is a form instead of JSON.
    pub(crate) is_form: bool,
    /// Whether the body is bytes of any media type.
    pub(crate) is_bytes: bool,
    pub(crate) answers: Vec<Answer>,
    pub(crate) problems: Vec<Kind>,
    pub(crate) command: bool,
    pub(crate) waits: bool,
    pub(crate) conditional: bool,
    pub(crate) bearer: bool,
    pub(crate) open: bool,
}

/// Describes a route; `summary` says in a few words what it does, such as `List the lamps`.
#[must_use]
pub fn operation(summary: &'static str) -> Operation {
    Operation {
        summary,
        parameters: Vec::new(),
        query: None,
        body: None,
        is_form: false,
        is_bytes: false,
        answers: Vec::new(),
        problems: Vec::new(),
        command: false,
        waits: false,
        conditional: false,
        bearer: false,
        open: false,
    }
}

impl Operation {
    /// The path parameter called `name` is a `T`.
    #[must_use]
    pub fn parameter<T: Described>(mut self, name: &'static str) -> Self {
        self.parameters.push((name, |parts| T::part(parts, Side::Read)));
        self
    }

    /// It takes the fields of `T` as query parameters.
    #[must_use]
    pub fn query<T: Described>(mut self) -> Self {
        self.query = Some(|parts| T::part(parts, Side::Read));
        self
    }

    /// It takes a JSON body.
    #[must_use]
    pub fn takes<T: Described>(mut self) -> Self {
        self.body = Some(|parts| T::part(parts, Side::Read));
        self
    }

    /// It takes the fields of `T` as a form (`application/x-www-form-urlencoded`).
    #[must_use]
    pub fn takes_form<T: Described>(mut self) -> Self {
        self.is_form = true;
        self.takes::<T>()
    }

    /// It takes bytes of any media type.
    #[must_use]
    pub fn takes_bytes(mut self) -> Self {
        self.is_bytes = true;
        self
    }

    /// It answers bytes of any media type with this status.
    #[must_use]
    pub fn answers_bytes(self, status: u16) -> Self {
        self.answer(status, Content::Bytes)
    }

    /// It answers a JSON document with this status.
    #[must_use]
    pub fn answers<T: Described>(self, status: u16) -> Self {
        self.answers_as::<T>(status, JSON)
    }

    /// It answers a JSON document of this media type with this status.
    #[must_use]
    pub fn answers_as<T: Described>(self, status: u16, media_type: &'static str) -> Self {
        self.answer(status, Content::Json(|parts| T::part(parts, Side::Written), media_type))
    }

    /// It answers text of this media type with status 200.
    #[must_use]
    pub fn answers_text(self, media_type: &'static str) -> Self {
        self.answer(200, Content::Text(media_type))
    }

    /// It answers `204 No Content`.
    #[must_use]
    pub fn answers_nothing(self) -> Self {
        self.answer(204, Content::Nothing)
    }

    fn answer(mut self, status: u16, content: Content) -> Self {
        self.answers.push(Answer { status, content, located: false });
        self
    }

    /// The answer named last has a `Location`.
    #[must_use]
    pub fn located(mut self) -> Self {
        self.answers.iter_mut().rev().take(1).for_each(|answer| answer.located = true);
        self
    }

    /// It may refuse with these, besides what the platform refuses.
    #[must_use]
    pub fn problems(mut self, kinds: &[Kind]) -> Self {
        self.problems.extend_from_slice(kinds);
        self
    }

    /// It is carried out once per `Idempotency-Key`, which it needs.
    #[must_use]
    pub fn command(mut self) -> Self {
        self.command = true;
        self
    }

    /// It takes `Prefer: wait=<seconds>`.
    #[must_use]
    pub fn waits(mut self) -> Self {
        self.waits = true;
        self
    }

    /// It answers with a tag, and without content to who shows that tag again (RFC 9110 §13).
    #[must_use]
    pub fn conditional(mut self) -> Self {
        self.conditional = true;
        self
    }

    /// It needs a bearer token that says who asks.
    #[must_use]
    pub fn bearer(mut self) -> Self {
        self.bearer = true;
        self
    }

    /// It needs no secret although it lies behind an internal door.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// What the description lacks for a route with this path template; empty when it is complete.
    #[must_use]
    pub fn lacks(&self, path: &str) -> Vec<String> {
        let mut lacks = Vec::new();
        let names = names(path);
        for name in names.iter().filter(|name| !self.parameters.iter().any(|(known, _)| known == *name)) {
            lacks.push(format!("its parameter {name}: add `.parameter::<Type>(\"{name}\")`"));
        }
        for (name, _) in self.parameters.iter().filter(|(known, _)| !names.contains(known)) {
            lacks.push(format!("a path with {{{name}}}: remove `.parameter::<…>(\"{name}\")`"));
        }
        if self.answers.is_empty() {
            lacks.push("an answer: add `.answers::<Type>(200)` or `.answers_nothing()`".to_owned());
        }
        if self.summary.is_empty() {
            lacks.push("a summary: say what it does in `operation(\"…\")`".to_owned());
        }
        lacks
    }
}

/// The names of the parameters in a path template.
fn names(path: &str) -> Vec<&str> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    // `{*name}` stands for all that is left of the path.
    names.map(|name| name.trim_start_matches('*')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_without_its_parameters_or_answers_is_not_complete() {
        let complete =
            operation("Show a lamp").parameter::<String>("id").parameter::<u8>("bulb").answers::<u8>(200);
        assert_eq!(complete.lacks("/lamps/{id}/bulbs/{bulb}"), Vec::<String>::new());
        assert!(complete.lacks("/lamps/{id}")[0].contains("{bulb}"));
        let lacks = operation("").lacks("/lamps/{id}").join("; ");
        for part in [".parameter::<Type>(\"id\")", ".answers", "summary"] {
            assert!(lacks.contains(part), "{part}: {lacks}");
        }
    }
}
