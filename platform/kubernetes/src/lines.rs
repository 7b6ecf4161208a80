//! A body, line by line.

use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use kube::client::Body;

use crate::ClusterError;
use crate::transport::describe;

/// The lines of a body, each of a bounded length.
pub(crate) struct Lines {
    body: Body,
    buffer: BytesMut,
    /// How much of the buffer is known to have no end of a line.
    looked_at: usize,
    limit: usize,
}

impl Lines {
    pub(crate) fn new(body: Body, limit: usize) -> Self {
        Self { body, buffer: BytesMut::new(), looked_at: 0, limit }
    }

    /// The next line that is not empty; `None` at the end, where half a line counts for nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ClusterError> {
        loop {
            while let Some(line) = self.take() {
                if !line.is_empty() {
                    return Ok(Some(line));
                }
            }
            if self.buffer.len() > self.limit {
                return Err(ClusterError::TooLarge { limit: self.limit });
            }
            match self.body.frame().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(ClusterError::Unreachable(describe(&error))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
            }
        }
    }

    fn take(&mut self) -> Option<Bytes> {
        let rest = self.buffer.get(self.looked_at..).unwrap_or_default();
        let Some(at) = rest.iter().position(|byte| *byte == b'\n') else {
            self.looked_at = self.buffer.len();
            return None;
        };
        let line = self.buffer.split_to(self.looked_at + at);
        self.buffer.advance(1);
        self.looked_at = 0;
        Some(line.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_whole_and_bounded() {
        let mut lines = Lines::new(Body::from(b"one\n\ntwo\nhal".to_vec()), 100);
        assert_eq!(lines.next().await.unwrap().unwrap(), "one");
        assert_eq!(lines.next().await.unwrap().unwrap(), "two");
        assert_eq!(lines.next().await.unwrap(), None, "half a line is none");
        let mut lines = Lines::new(Body::from(vec![b'x'; 101]), 100);
        assert_eq!(lines.next().await, Err(ClusterError::TooLarge { limit: 100 }));
    }
}
