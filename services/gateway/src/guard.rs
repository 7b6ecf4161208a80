//! The scanner in front of the HTTP server.

use std::sync::Arc;

use tradewind_chassis::{ConnectionGuard, GuardFactory, GuardRefusal};
use tradewind_problem::{Kind, Problem};

use crate::error::BAD_HEAD;
use tradewind_http_validation::head::{HeadLimits, Refusal, Scanner};

/// Makes a scanner for each connection.
pub(crate) fn factory() -> GuardFactory {
    Arc::new(|| Box::new(Guard { scanner: Scanner::new(HeadLimits::default()) }))
}

struct Guard {
    scanner: Scanner,
}

impl ConnectionGuard for Guard {
    fn feed(&mut self, input: &[u8], released: &mut Vec<u8>) -> Result<(), GuardRefusal> {
        let Err(refusal) = self.scanner.feed(input, released) else {
            return Ok(());
        };
        // Within a body there is a request in hand whose answer the refusal must not precede.
        Err(GuardRefusal { answerable: !self.scanner.refused_in_body(), problem: problem(&refusal) })
    }

    fn heads(&self) -> u64 {
        self.scanner.heads()
    }
}

fn problem(refusal: &Refusal) -> Problem {
    let kind = Kind { code: refusal.code(), status: refusal.status(), title: BAD_HEAD.title };
    Problem::new(&kind).detail(refusal.detail())
}
