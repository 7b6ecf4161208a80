//! What is decided without waiting for anything: what is kept, who has it already, which bytes are meant.

mod conditions;
mod date;
mod media;
mod range;
mod svg;
mod xml;

pub(crate) use conditions::{Conditions, Judged};
pub(crate) use date::http_date;
pub(crate) use media::{Media, named, recognise, said};
pub(crate) use range::{Part, part};
