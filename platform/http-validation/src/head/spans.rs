//! Where the parts of a message stand in its buffer.

use super::fields::Field;

/// From where to where a part goes. A head is far shorter than 4 GiB.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) fn new(start: usize, length: usize) -> Self {
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self { start: at(start), end: at(start.saturating_add(length)) }
    }

    pub(super) fn of<'unit>(&self, unit: &'unit [u8]) -> &'unit [u8] {
        unit.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Names and values of fields.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldSpans(Vec<(Span, Span)>);

impl FieldSpans {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Remembers a field of a line that begins at `start`.
    pub(super) fn push(&mut self, line: &[u8], start: usize, field: &Field<'_>) {
        let after_colon = line.get(field.name.len() + 1..).unwrap_or_default();
        let blanks = after_colon.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let value = start + field.name.len() + 1 + blanks;
        self.0.push((Span::new(start, field.name.len()), Span::new(value, field.value.len())));
    }

    pub(super) fn of<'unit>(&'unit self, unit: &'unit [u8]) -> Fields<'unit> {
        Fields { spans: &self.0, unit }
    }
}

/// The fields of a head, in their order. Names are as they came; compare them without regard to case.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'unit> {
    spans: &'unit [(Span, Span)],
    unit: &'unit [u8],
}

impl<'unit> Fields<'unit> {
    /// Names and values, the latter without white space around.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'unit [u8], &'unit [u8])> + use<'unit> {
        let unit = self.unit;
        self.spans.iter().map(move |(name, value)| (name.of(unit), value.of(unit)))
    }

    /// The values of a name, in any case.
    pub fn all<'name>(&self, name: &'name str) -> impl Iterator<Item = &'unit [u8]> + use<'unit, 'name> {
        let fits = move |(found, _): &(&[u8], &[u8])| found.eq_ignore_ascii_case(name.as_bytes());
        self.iter().filter(fits).map(|(_, value)| value)
    }

    /// The first value of a name, in any case.
    pub fn first(&self, name: &str) -> Option<&'unit [u8]> {
        self.all(name).next()
    }
}
