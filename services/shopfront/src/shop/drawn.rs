//! Pieces of pages.

use maud::{Markup, html};
use tradewind_pages::FieldFault;

use crate::shop::shopper::Shopper;
use crate::shop::words::*;

/// A field of a form.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) value: &'a str,
    pub(crate) autocomplete: &'a str,
    pub(crate) help: &'a str,
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// What is wrong with what was entered.
    pub(crate) fault: Option<String>,
}

impl Field<'_> {
    pub(crate) fn draw(&self) -> Markup {
        let (help_id, fault_id) = (format!("{}-help", self.name), format!("{}-fault", self.name));
        let has_help = !self.help.is_empty();
        let described = match (has_help, self.fault.is_some()) {
            (true, true) => Some(format!("{help_id} {fault_id}")),
            (true, false) => Some(help_id.clone()),
            (false, true) => Some(fault_id.clone()),
            (false, false) => None,
        };
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                @if has_help { p.help id=(help_id) { (self.help) } }
                input id=(self.name) name=(self.name) type=(self.kind) value=(self.value) required
                    minlength=[(self.min > 1).then_some(self.min)] maxlength=(self.max)
                    autocomplete=(self.autocomplete) dir="auto" aria-invalid=[self.fault.as_ref().map(|_| "true")]
                    aria-describedby=[described];
                @if let Some(fault) = &self.fault { p.fault id=(fault_id) { (fault) } }
            }
        }
    }
}

/// What is wrong with a field, in words.
pub(crate) fn fault(shopper: &Shopper, fault: FieldFault) -> String {
    match fault {
        FieldFault::Missing => shopper.say(FAULT_MISSING).to_owned(),
        FieldFault::TooLong(max) => shopper.say_with(FAULT_LONG, &[("max", &max.to_string())]),
        FieldFault::Invalid => shopper.say(FAULT_INVALID).to_owned(),
    }
}

/// A message above a form that was not taken.
pub(crate) fn alert(text: &str) -> Markup {
    html! { p.notice.bad role="alert" tabindex="-1" { (text) } }
}
