//! What must hold for any bytes that the gateway reads: heads, paths, documents, tokens, chunked bodies, gRPC
//! frames, first messages of TLS.
//!
//! Each target takes bytes and panics when a property does not hold. The seeds of `seeds/` run through them as tests;
//! `./run` builds this crate with the feature `libfuzzer` and lets it look for further inputs, led by which code they
//! reach. An input that broke something once becomes a seed.

mod answer;
mod chunked;
mod document;
mod exchange;
mod frame;
mod head;
mod hello;
mod path;
mod pieces;
mod token;

/// The name of a target, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 8] = [
    ("head", head::check),
    ("answer", answer::check),
    ("path", path::check),
    ("document", document::check),
    ("token", token::check),
    ("chunked", chunked::check),
    ("frame", frame::check),
    ("hello", hello::check),
];

/// The target of a name.
#[must_use]
pub fn target(name: &str) -> Option<fn(&[u8])> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, check)| *check)
}
