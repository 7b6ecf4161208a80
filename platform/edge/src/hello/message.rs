//! What a whole message says.

use std::collections::BTreeSet;

use super::{NoHello, name};

/// The extension that names a host (RFC 6066 §3).
const SERVER_NAME: u16 = 0;
/// The kind of a name that is a host.
const HOST: u8 = 0;

/// Bytes that are read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], NoHello> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(NoHello::Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of so many bytes.
    fn number(&mut self, bytes: usize) -> Result<usize, NoHello> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// Something whose length stands in front of it, in so many bytes.
    fn vector(&mut self, bytes: usize) -> Result<&'a [u8], NoHello> {
        let length = self.number(bytes)?;
        self.take(length)
    }

    fn ends(&self) -> Result<(), NoHello> {
        if self.0.is_empty() { Ok(()) } else { Err(NoHello::Malformed("something behind its end")) }
    }
}

/// The host that a message asks for.
pub(super) fn server_name(body: &[u8]) -> Result<Option<String>, NoHello> {
    let mut bytes = Bytes(body);
    if bytes.number(1)? != 3 {
        return Err(NoHello::Malformed("a version that does not exist"));
    }
    bytes.number(1)?;
    let _random = bytes.take(32)?;
    if bytes.vector(1)?.len() > 32 {
        return Err(NoHello::Malformed("a session of more than 32 bytes"));
    }
    let suites = bytes.vector(2)?;
    if suites.is_empty() || !suites.len().is_multiple_of(2) {
        return Err(NoHello::Malformed("a list of suites that is none"));
    }
    // Without compression everybody can do (RFC 5246 §7.4.1.2), and nobody does with it.
    if !bytes.vector(1)?.contains(&0) {
        return Err(NoHello::Malformed("compression"));
    }
    if bytes.0.is_empty() {
        // TLS 1.2 without any extension.
        return Ok(None);
    }
    let extensions = bytes.vector(2)?;
    bytes.ends()?;
    find(extensions)
}

/// Looks at all extensions. None may be there twice (RFC 8446 §4.2): two readers might take one each.
fn find(extensions: &[u8]) -> Result<Option<String>, NoHello> {
    let (mut bytes, mut known, mut found) = (Bytes(extensions), BTreeSet::new(), None);
    while !bytes.0.is_empty() {
        let (kind, data) = (bytes.number(2)?, bytes.vector(2)?);
        if !known.insert(kind) {
            return Err(NoHello::Malformed("an extension that is there twice"));
        }
        if kind == usize::from(SERVER_NAME) {
            found = Some(host(data)?);
        }
    }
    Ok(found)
}

/// The one name of a list. There is no kind of names but hosts, and of each kind there may be one.
fn host(data: &[u8]) -> Result<String, NoHello> {
    let mut bytes = Bytes(data);
    let mut list = Bytes(bytes.vector(2)?);
    bytes.ends()?;
    if list.number(1)? != usize::from(HOST) {
        return Err(NoHello::Malformed("a name that is no host"));
    }
    let host = list.vector(2)?;
    list.ends()?;
    name::host(host).ok_or(NoHello::Malformed("a host that none can have"))
}
