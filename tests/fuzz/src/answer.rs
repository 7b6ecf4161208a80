//! Heads of answers: read the same however they are cut, and as another parser reads them.

use tradewind_http_validation::head::{Refusal, ResponseReader, Version};

use crate::exchange::LIMITS;
use crate::pieces::ways;

pub(crate) fn check(stream: &[u8]) {
    for limits in LIMITS {
        let [_, others @ ..] = ways(stream);
        let mut reader = ResponseReader::new(limits);
        let whole = reader.read(stream);
        for pieces in others {
            let mut cut = ResponseReader::new(limits);
            assert_eq!(in_pieces(&mut cut, &pieces), whole, "an answer depends on how it is cut");
            if whole.as_ref().is_ok_and(Option::is_some) {
                let (ours, others) = (reader.fields(stream).iter(), cut.fields(stream).iter());
                assert!(ours.eq(others), "fields depend on how an answer is cut");
            }
        }
        let Ok(Some(end)) = whole else { continue };
        assert_eq!(
            ResponseReader::new(limits).read(&stream[..end]),
            Ok(Some(end)),
            "what follows changes it"
        );
        assert_eq!(ResponseReader::new(limits).read(&stream[..end - 1]), Ok(None), "it ends before its end");
        as_another_parser(&reader, stream, end);
    }
}

fn in_pieces(reader: &mut ResponseReader, pieces: &[&[u8]]) -> Result<Option<usize>, Refusal> {
    let mut buffer = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        match reader.read(&buffer) {
            Ok(None) => {}
            verdict => return verdict,
        }
    }
    Ok(None)
}

fn as_another_parser(reader: &ResponseReader, stream: &[u8], end: usize) {
    let mut fields = [httparse::EMPTY_HEADER; 128];
    let mut other = httparse::Response::new(&mut fields);
    assert_eq!(other.parse(stream), Ok(httparse::Status::Complete(end)), "the answer's head ends elsewhere");
    let version = if reader.version() == Version::Http11 { 1 } else { 0 };
    assert_eq!((other.version, other.code), (Some(version), Some(reader.status())));
    let ours: Vec<_> = reader.fields(stream).iter().collect();
    let theirs: Vec<_> = other.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect();
    assert_eq!(ours, theirs, "the fields differ");
}
