//! What the journal says of one request.

use std::sync::Arc;

use http::Request;
use tradewind_client::{Body, headers};

use crate::journal::{Came, Journal, Message, What};
use crate::net::Open;

/// A request under way. When it is dropped before it ended, nobody waits for its answer any more, and that is what the
/// journal says.
pub(crate) struct Flight {
    journal: Journal,
    message: Option<Box<Message>>,
}

impl Flight {
    pub(crate) fn new(
        journal: &Journal,
        (from, to): (&Arc<str>, &Arc<str>),
        request: &Request<Body>,
    ) -> Self {
        let message = Message {
            from: from.clone(),
            to: to.clone(),
            node: None,
            method: request.method().as_str().into(),
            target: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
            sent: journal.now(),
            arrived: None,
            correlation: headers::correlation(request.headers()),
            came: Came::Nothing,
        };
        Self { journal: journal.clone(), message: Some(Box::new(message)) }
    }

    pub(crate) fn arrives(&mut self, open: &Open) {
        let now = self.journal.now();
        if let Some(message) = &mut self.message {
            (message.node, message.arrived) = (Some(open.node.as_str().into()), Some(now));
        }
    }

    /// The network carries it a second time.
    pub(crate) fn is_repeated(&self) {
        if let Some(message) = self.message.clone() {
            self.journal.enter(What::Message(Box::new(Message { came: Came::Repeated, ..*message })));
        }
    }

    pub(crate) fn ends(mut self, came: Came) {
        if let Some(message) = self.message.take() {
            self.journal.enter(What::Message(Box::new(Message { came, ..*message })));
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some(message) = self.message.take() {
            self.journal.enter(What::Message(message));
        }
    }
}
