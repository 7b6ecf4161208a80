//! Takes fields out of a document and collects what is wrong with them.

use super::route::RouteError;
use super::tree::{Entry, Node, Place, Value};

/// What is wrong in one file.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<(Place, String)>);

impl Report {
    /// Notes an error.
    pub(super) fn add(&mut self, place: Place, reason: impl Into<String>) {
        self.0.push((place, reason.into()));
    }

    /// The errors in the order of their places.
    pub(super) fn into_errors(mut self, file: &str) -> impl Iterator<Item = RouteError> {
        self.0.sort_by_key(|(place, _)| *place);
        self.0.into_iter().map(move |(Place { line, column }, reason)| RouteError {
            file: file.to_owned(),
            line,
            column,
            reason,
        })
    }
}

/// The fields that a mapping may have.
pub(super) struct Fields {
    /// Those that this version reads.
    pub(super) read: &'static [&'static str],
    /// Those of the Gateway API that this version cannot follow.
    pub(super) later: &'static [&'static str],
}

/// A value and the way to it, such as `spec.rules[0].matches`.
#[derive(Debug)]
pub(super) struct Item<'node> {
    way: String,
    node: &'node Node,
}

impl<'node> Item<'node> {
    /// A whole document.
    pub(super) fn root(node: &'node Node) -> Self {
        Self { way: String::new(), node }
    }

    /// Where the value begins.
    pub(super) fn place(&self) -> Place {
        self.node.place
    }

    /// Notes an error at this value; `reason` goes on after the way to it.
    pub(super) fn refuse(&self, report: &mut Report, reason: impl AsRef<str>) {
        let reason = reason.as_ref();
        let way = if self.way.is_empty() { "the document" } else { &format!("`{}`", self.way) };
        report.add(self.node.place, format!("{way} {reason}"));
    }

    /// The value as a mapping, whatever its fields.
    pub(super) fn object(self, report: &mut Report) -> Option<Object<'node>> {
        match &self.node.value {
            Value::Mapping(entries) => Some(Object { item: self, entries }),
            _ => self.wrong_type(report, "a mapping"),
        }
    }

    /// The value as a list of at least `least` and at most `most` values.
    pub(super) fn list(&self, report: &mut Report, least: usize, most: usize) -> Option<Vec<Item<'node>>> {
        let Value::List(nodes) = &self.node.value else {
            return self.wrong_type(report, "a list");
        };
        if !(least..=most).contains(&nodes.len()) {
            self.refuse(report, format!("must have {least} to {most} items"));
            return None;
        }
        let item = |(index, node)| Item { way: format!("{}[{index}]", self.way), node };
        Some(nodes.iter().enumerate().map(item).collect())
    }

    /// The value as text.
    pub(super) fn text(&self, report: &mut Report) -> Option<&'node str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            Value::Number(_) | Value::Boolean => self.wrong_type(report, "text (put it in quotes)"),
            _ => self.wrong_type(report, "text"),
        }
    }

    /// The value as a whole number, written in plain decimal digits, within bounds.
    pub(super) fn integer(&self, report: &mut Report, least: u32, most: u32) -> Option<u32> {
        let Value::Number(digits) = &self.node.value else {
            return self.wrong_type(report, "a whole number");
        };
        // A leading zero means octal to some readers.
        let is_plain =
            digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
        let number = digits.parse().ok().filter(|number| is_plain && (least..=most).contains(number));
        if number.is_none() {
            self.refuse(report, format!("must be a whole number from {least} to {most}, not {digits}"));
        }
        number
    }

    fn wrong_type<T>(&self, report: &mut Report, expected: &str) -> Option<T> {
        let found = match &self.node.value {
            Value::Null => "nothing",
            Value::Text(_) => "text",
            Value::Number(_) => "a number",
            Value::Boolean => "a boolean",
            Value::List(_) => "a list",
            Value::Mapping(_) => "a mapping",
        };
        self.refuse(report, format!("must be {expected}, but is {found}"));
        None
    }
}

/// A mapping and the way to it.
#[derive(Debug)]
pub(super) struct Object<'node> {
    item: Item<'node>,
    entries: &'node [Entry],
}

impl<'node> Object<'node> {
    /// The mapping as a value.
    pub(super) fn item(&self) -> &Item<'node> {
        &self.item
    }

    /// Notes an error at each field that is not among `fields.read`.
    pub(super) fn allow(&self, fields: &Fields, report: &mut Report) {
        for entry in self.entries.iter().filter(|entry| !fields.read.contains(&entry.key.as_str())) {
            let way = self.way_to(&entry.key);
            let reason = if fields.later.contains(&entry.key.as_str()) {
                format!("`{way}` is not supported by this version of the gateway")
            } else {
                format!("`{way}` is not a known field; known here: {}", fields.read.join(", "))
            };
            report.add(entry.place, reason);
        }
    }

    /// The field of that name, if it is there.
    pub(super) fn field(&self, name: &str) -> Option<Item<'node>> {
        let entry = self.entries.iter().find(|entry| entry.key == name)?;
        Some(Item { way: self.way_to(name), node: &entry.node })
    }

    /// The field of that name; an error at the mapping when it is missing.
    pub(super) fn required(&self, name: &str, report: &mut Report) -> Option<Item<'node>> {
        let field = self.field(name);
        if field.is_none() {
            self.item.refuse(report, format!("lacks the field `{name}`"));
        }
        field
    }

    /// All fields, whatever their names.
    pub(super) fn fields(&self) -> impl Iterator<Item = Item<'node>> {
        self.entries.iter().map(|entry| Item { way: self.way_to(&entry.key), node: &entry.node })
    }

    fn way_to(&self, name: &str) -> String {
        if self.item.way.is_empty() { name.to_owned() } else { format!("{}.{name}", self.item.way) }
    }
}
