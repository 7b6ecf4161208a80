//! The values that every Tradewind crate shares: ids, money, time, randomness, request context.
//!
//! Nothing here performs I/O, and nothing here knows a business word. Time and randomness are handed
//! out by [`Clock`] and [`Entropy`]; code that takes them from anywhere else cannot be simulated.

#![warn(missing_docs)]

mod clock;
mod context;
mod entropy;
mod fault;
mod id;
mod money;
mod mutant;
mod page;
mod position;
mod schema;
mod secret;
mod slug;
mod span;
mod text;
mod timestamp;
mod trace;
mod trace_ids;

pub use clock::{Clock, Elapsed};
pub use context::{Context, Deadline, Principal};
pub use entropy::Entropy;
pub use fault::FaultPoint;
#[cfg(feature = "fault-points")]
pub use fault::HookTaken;
pub use id::{Id, InvalidId, TypedId};
pub use money::{Currency, Money, MoneyError};
#[cfg(feature = "mutants")]
pub use mutant::Planted;
pub use mutant::{Catcher, Mutant};
pub use page::{Page, PageRequest};
pub use position::{InvalidPosition, Position};
pub use secret::Secret;
pub use slug::{InvalidSlug, Slug};
pub use span::{
    AttributeValue, MAX_SPAN_ATTRIBUTES, MAX_SPAN_TEXT, OpenSpan, Span, SpanKind, SpanRecorder, SpanSink,
};
pub use text::is_one_line;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use trace::TraceContext;
pub use trace_ids::{InvalidTraceId, SpanId, TraceId};
