//! What gateways in a row agree on, so that one of them tries again and not each of them.
//!
//! A gateway that would try again says so to the backend ([`RETRIES`]). One behind it that has decided about further
//! tries marks its answer for whoever has said so ([`RETRIED`]), and a marked answer is not tried again. So it is the
//! hop nearest to a failure that tries again, which knows best what else there is, and a chain multiplies nothing.
//!
//! Nobody gains by forging: a client that says so gets the mark and no more, and a backend that marks its answers gets
//! fewer tries.

use http::HeaderValue;
use tradewind_problem::RETRIED;

use crate::answer::Answer;
use crate::attempt::Attempts;
use crate::exchange::Exchange;
use crate::message::names::RETRIES;
use crate::source::Source;

impl<S: Source + 'static> Attempts<'_, S> {
    /// Whether this hop would send the request again.
    pub(super) fn would_try_again(&self) -> bool {
        self.is_idempotent && self.way.retries > 0
    }

    /// Whether another hop has decided about further tries.
    pub(super) fn is_marked(exchange: &Exchange<S>) -> bool {
        exchange.fields().first(RETRIED.as_str()) == Some(b"1")
    }

    /// Whether the client is to hear that further tries of this answer were decided about.
    pub(crate) fn is_decided(&self, exchange: &Exchange<S>) -> bool {
        let status = exchange.status();
        let decides = || self.way.retries > 0 && self.way.retry_on.contains(&status);
        status >= 500 && self.wants_to_hear() && (decides() || Self::is_marked(exchange))
    }

    /// An answer of our own, after endpoints were asked.
    pub(crate) fn marked(&self, answer: Answer) -> Answer {
        let decides = answer.status >= 500 && self.count > 0 && self.way.retries > 0;
        if decides && self.wants_to_hear() {
            answer.header(RETRIED, HeaderValue::from_static("1"))
        } else {
            answer
        }
    }

    fn wants_to_hear(&self) -> bool {
        self.asking.request.header(RETRIES).is_some()
    }
}
