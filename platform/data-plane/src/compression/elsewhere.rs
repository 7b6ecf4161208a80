//! Compression of answers that another server than this one passes on.

use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::compression::{Coded, Compression, Encoder, Seen};
use crate::request::Fields;

impl Compression {
    /// What compresses the body of an answer, if it is to be; its head is changed accordingly. `to_head` says whether the
    /// request was one for the head alone.
    #[must_use]
    pub fn begin(
        &self,
        (status, headers): (u16, &mut HeaderMap),
        length: Option<u64>,
        to_head: bool,
    ) -> Option<Encoder> {
        let coded = self.judge(&Seen { status, fields: Fields::Map(headers), length, to_head });
        if coded == Coded::No {
            return None;
        }
        let mut changed = HeaderMap::with_capacity(headers.len() + 2);
        let mut add = |name: &[u8], value: &[u8]| {
            let pair = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value));
            if let (Ok(name), Ok(value)) = pair {
                changed.append(name, value);
            }
        };
        for (name, value) in headers.iter() {
            coded.field(name.as_str().as_bytes(), value.as_bytes(), &mut add);
        }
        coded.more(&mut add);
        *headers = changed;
        let Coded::By(coding) = coded else { return None };
        // It is another one, and known when all has been compressed.
        headers.remove(CONTENT_LENGTH);
        Some(Encoder::new(coding))
    }
}
