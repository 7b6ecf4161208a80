//! Forms: each carries what shows that it is this browser's own, and a key by which it is carried out once.

use maud::html;
use tradewind_kernel::Id;
use tradewind_pages::{FORM_TOKEN, Html};

use crate::reader::Reader;
use crate::words::*;

/// The field with the key by which a change happens once, however often its form is sent.
pub(crate) const KEY: &str = "key";

/// The field that says that somebody was asked.
pub(crate) const CONFIRMED: &str = "confirmed";

/// A form that changes something at `address`.
pub(crate) fn form(reader: &Reader, key: Id, address: &str, fields: &Html, button: &str) -> Html {
    Html::new(html! {
        form method="post" action=(address) {
            input type="hidden" name=(FORM_TOKEN) value=(reader.form_token);
            input type="hidden" name=(KEY) value=(key.to_string());
            (fields)
            p { button type="submit" { (button) } }
        }
    })
}

/// A field of a form.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) value: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) required: bool,
    pub(crate) max: u32,
}

impl Field<'_> {
    /// A line of text.
    pub(crate) fn text<'a>(name: &'a str, label: &'a str, value: &'a str, max: u32) -> Field<'a> {
        Field { name, label, hint: "", value, kind: "text", required: true, max }
    }

    pub(crate) fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    pub(crate) fn shown(&self, reader: &Reader) -> Html {
        let (id, hint) = (format!("field-{}", self.name), format!("hint-{}", self.name));
        let described = (!self.hint.is_empty()).then_some(hint.as_str());
        let mode = (self.kind == "number").then_some("numeric");
        Html::new(html! {
            p.field {
                label for=(id) { (self.label) @if !self.required { " " (reader.say(OPTIONAL)) } }
                @if !self.hint.is_empty() { span.hint id=(hint) { (self.hint) } }
                input type=(if self.kind == "number" { "text" } else { self.kind }) id=(id) name=(self.name)
                    value=(self.value) maxlength=(self.max) inputmode=[mode] required[self.required]
                    dir="auto" aria-describedby=[described];
            }
        })
    }
}

/// Several lines of text.
pub(crate) fn lines(reader: &Reader, name: &str, label: &str, value: &str, max: u32) -> Html {
    let id = format!("field-{name}");
    Html::new(html! {
        p.field {
            label for=(id) { (label) " " (reader.say(OPTIONAL)) }
            textarea id=(id) name=(name) rows="4" maxlength=(max) dir="auto" { (value) }
        }
    })
}

/// Asks once more before something is done that is hard to undo; sends what was entered along.
pub(crate) fn confirm(
    reader: &Reader,
    key: Id,
    (address, back): (&str, &str),
    question: &str,
    entered: &[(&str, String)],
    button: &str,
) -> Html {
    let hidden = Html::new(html! {
        @for (name, value) in entered { input type="hidden" name=(name) value=(value); }
        input type="hidden" name=(CONFIRMED) value="yes";
    });
    Html::new(html! {
        p { (question) }
        (form(reader, key, address, &hidden, button))
        p { a href=(back) { (reader.say(GO_BACK)) } }
    })
}
