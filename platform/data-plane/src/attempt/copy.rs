//! Copies of a request go beside it.

use crate::attempt::Attempts;
use crate::copied::Feeds;
use crate::copies::{CopyBounds, Lines};
use crate::message::request_head::Making;
use crate::source::Source;

impl<S: Source + 'static> Attempts<'_, S> {
    /// Before anything is taken of the body: lines for as many copies as there are to be, into which goes what is taken
    /// from now on.
    pub(super) fn line_up(&mut self) -> Lines {
        let mut lines = Lines::default();
        if self.way.mirrors.is_empty() || self.asking.upgrade.is_some() {
            return lines;
        }
        let Some(body) = &mut self.body else { return lines };
        let mut feeds = Feeds::default();
        let copies = &self.asking.thread.copies;
        self.way.mirrors.iter().for_each(|_| lines.push(copies.line(&mut feeds)));
        if body.has_ended() {
            feeds.end(body.trailers());
        } else {
            body.copy_to(feeds);
        }
        lines
    }

    /// Sets the copies on their way, now that as much of the request is here as is waited for.
    pub(super) fn send_copies(&self, lines: Lines) {
        if lines.is_empty() {
            return;
        }
        let settings = &self.asking.thread.settings;
        let after = self.way.request_timeout.unwrap_or(settings.timers.answer);
        let bounds = CopyBounds { limits: settings.limits, after };
        let making = Making { retries: false, ..self.making() };
        for (mirror, line) in self.way.mirrors.iter().zip(lines) {
            self.asking.thread.copies.send(making, mirror, bounds, line);
        }
    }
}
