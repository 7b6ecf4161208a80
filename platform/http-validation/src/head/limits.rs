//! How large a request head may be.

/// Bounds on a request head.
///
/// The server behind must be set to accept at least this much, or it refuses in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes of a whole head: request line, fields, line ends and the empty line. Default 16 KiB.
    pub max_head_bytes: usize,
    /// Header fields in a head, and trailer fields after a chunked body. Default 100.
    pub max_headers: usize,
    /// Bytes of the request target. Default 8 KiB (RFC 9112 §3 asks for at least 8,000 octets per line).
    pub max_target_bytes: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self { max_head_bytes: 16 * 1024, max_headers: 100, max_target_bytes: 8 * 1024 }
    }
}
