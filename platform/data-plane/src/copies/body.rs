//! The body of a copy is one like that of its original.

use std::task::{Context, Poll};

use bytes::Bytes;

use crate::copied::CopiedBody;
use crate::source::{Broken, Source};

impl Source for CopiedBody {
    fn poll_more(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<Result<bool, Broken>> {
        self.poll_piece(context).map_ok(|piece| {
            into.extend_from_slice(piece.as_deref().unwrap_or_default());
            piece.is_some()
        })
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        self.poll(context).map_err(|_| Broken::Gone)
    }

    fn answer_begins(&mut self) {}

    fn taken(&self) -> u64 {
        self.count()
    }

    fn has_ended(&self) -> bool {
        self.is_over()
    }

    fn trailers(&self) -> &[u8] {
        self.fields()
    }
}
