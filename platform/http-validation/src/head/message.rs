//! One request head, line by line, and the framing that it declares.

use super::fields::{self, Field};
use super::host;
use super::limits::HeadLimits;
use super::refusal::Refusal;
use super::request_line::{self, Version};

/// How the body of a request is delimited (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes; zero without a body.
    Sized(u64),
    /// Chunks up to the empty one.
    Chunked,
}

/// What the lines of an unfinished head have said so far.
#[derive(Debug, Default)]
pub(super) struct Head {
    version: Option<Version>,
    fields: usize,
    has_host: bool,
    content_length: Option<u64>,
    is_chunked: bool,
}

impl Head {
    /// True once the first line is complete and valid.
    pub(super) fn has_request_line(&self) -> bool {
        self.version.is_some()
    }

    /// The version of the request line, once it has come.
    pub(super) fn version(&self) -> Option<Version> {
        self.version
    }

    /// Takes the next line, without its line end. `Some` at the empty line: the head is complete and valid.
    pub(super) fn line(&mut self, line: &[u8], limits: &HeadLimits) -> Result<Option<Framing>, Refusal> {
        let Some(version) = self.version else {
            self.version = Some(request_line::check(line, limits)?);
            return Ok(None);
        };
        if line.is_empty() {
            return self.framing(version).map(Some);
        }
        if self.fields == limits.max_headers {
            return Err(fields::too_many(limits.max_headers));
        }
        self.fields += 1;
        self.field(&Field::parse(line)?, version)?;
        Ok(None)
    }

    /// Looks at the fields that decide on framing and routing; the others pass.
    fn field(&mut self, field: &Field<'_>, version: Version) -> Result<(), Refusal> {
        if field.is("host") {
            return self.host(field);
        }
        if field.is("content-length") {
            return self.content_length(field);
        }
        if field.is("transfer-encoding") {
            return self.transfer_encoding(field, version);
        }
        if field.is("expect") {
            return fields::expect(field.value);
        }
        Ok(())
    }

    /// RFC 9112 §3.2: more than one Host, or an invalid one, is answered with 400.
    fn host(&mut self, field: &Field<'_>) -> Result<(), Refusal> {
        if self.has_host {
            return Err(fields::repeated("repeated-host", field));
        }
        if !host::is_valid(field.value) {
            let detail = "Host must be a host name or address, with an optional port";
            return Err(Refusal::bad_request("bad-host", detail.to_owned()));
        }
        self.has_host = true;
        Ok(())
    }

    fn content_length(&mut self, field: &Field<'_>) -> Result<(), Refusal> {
        if self.content_length.is_some() {
            return Err(fields::repeated("repeated-content-length", field));
        }
        self.content_length = Some(fields::content_length(field.value)?);
        Ok(())
    }

    /// RFC 9112 §6.1: in a message of HTTP/1.0 the framing is to be treated as faulty.
    fn transfer_encoding(&mut self, field: &Field<'_>, version: Version) -> Result<(), Refusal> {
        if version == Version::Http10 {
            let detail = "Transfer-Encoding needs HTTP/1.1";
            return Err(Refusal::bad_request("bad-transfer-encoding", detail.to_owned()));
        }
        if self.is_chunked {
            return Err(fields::repeated("repeated-transfer-encoding", field));
        }
        fields::transfer_encoding(field.value)?;
        self.is_chunked = true;
        Ok(())
    }

    /// Judges the head as a whole.
    fn framing(&self, version: Version) -> Result<Framing, Refusal> {
        if version == Version::Http11 && !self.has_host {
            let detail = "HTTP/1.1 requests need a Host field";
            return Err(Refusal::bad_request("missing-host", detail.to_owned()));
        }
        match (self.content_length, self.is_chunked) {
            // RFC 9112 §6.3 lets Transfer-Encoding win; it also calls the pair a likely attack.
            (Some(_), true) => Err(Refusal::bad_request(
                "conflicting-framing",
                "send either Content-Length or Transfer-Encoding, not both".to_owned(),
            )),
            (None, true) => Ok(Framing::Chunked),
            (length, false) => Ok(Framing::Sized(length.unwrap_or(0))),
        }
    }
}
