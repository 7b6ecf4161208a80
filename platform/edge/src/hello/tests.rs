use proptest::prelude::*;

use super::*;

fn vector(bytes: usize, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_be_bytes();
    [&length[4 - bytes..], data].concat()
}

fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector(2, data)].concat()
}

fn named(name: &[u8]) -> Vec<u8> {
    extension(0, &vector(2, &[&[0][..], &vector(2, name)].concat()))
}

/// A message with these extensions; none at all where there is no list of them.
fn message(extensions: Option<&[u8]>) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend(vector(1, &[9; 32]));
    body.extend(vector(2, &[0x13, 0x01, 0x13, 0x02]));
    body.extend(vector(1, &[0]));
    body.extend(extensions.map(|extensions| vector(2, extensions)).unwrap_or_default());
    [&[1][..], &vector(3, &body)].concat()
}

/// The message in records of so many bytes.
fn records(message: &[u8], size: usize) -> Vec<u8> {
    message.chunks(size).flat_map(|chunk| [&[22, 3, 1][..], &vector(2, chunk)].concat()).collect()
}

fn hello(extensions: &[u8]) -> Vec<u8> {
    records(&message(Some(extensions)), MAX_RECORD)
}

fn name_of(bytes: &[u8]) -> Option<String> {
    read(bytes).unwrap().expect("it is whole").server_name
}

fn malformed(bytes: &[u8]) -> &'static str {
    match read(bytes) {
        Err(NoHello::Malformed(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_host_is_found() {
    let more = extension(16, b"\0\x03\x02h2");
    for extensions in [
        named(b"a.example"),
        [more.clone(), named(b"A.Example")].concat(),
        [named(b"a.example"), more].concat(),
    ] {
        let bytes = hello(&extensions);
        assert_eq!(name_of(&bytes).as_deref(), Some("a.example"));
        assert_eq!(read(&bytes).unwrap().unwrap().length, bytes.len());
    }
    assert_eq!(name_of(&hello(&extension(5, b"x"))), None);
    assert_eq!(name_of(&records(&message(None), 1_000)), None);
    assert_eq!(name_of(&hello(b"")), None);
}

#[test]
fn it_comes_in_pieces_of_any_size() {
    let message = message(Some(&named(b"a.example")));
    for size in [2, 3, 4, 5, 17, message.len() - 1, message.len()] {
        let bytes = records(&message, size);
        let behind = [&bytes[..], &[23, 3, 3, 0, 1, 0]].concat();
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Ok(None), "{end} of {size}");
        }
        let found = read(&behind).unwrap().unwrap();
        assert_eq!((found.server_name.as_deref(), found.length), (Some("a.example"), bytes.len()));
    }
}

#[test]
fn what_is_something_else_is_seen_at_once() {
    for bytes in [
        &b"G"[..],
        b"\x80",
        &[22, 2],
        &[22, 3, 0],
        &[22, 3, 4],
        &[23, 3, 1],
        &[21, 3, 1, 0, 2, 1, 0],
        &[22, 3, 1, 0, 9, 2],
    ] {
        assert_eq!(read(bytes), Err(NoHello::NotTls), "{bytes:?}");
    }
    // Another record within a message.
    let mut bytes = records(&message(Some(&named(b"a.example"))), 20);
    bytes[25] = 21;
    assert_eq!(read(&bytes), Err(NoHello::NotTls));
}

#[test]
fn nothing_is_longer_than_it_may_be() {
    let of = |bytes: usize| message(Some(&extension(21, &vec![0; bytes])));
    let room = MAX_MESSAGE - of(0).len();
    assert!(read(&records(&of(room), MAX_RECORD)).unwrap().is_some());
    assert_eq!(read(&records(&of(room + 1), MAX_RECORD)), Err(NoHello::TooLong));
    assert_eq!(read(&[22, 3, 1, 0x40, 1]), Err(NoHello::TooLong));
    assert_eq!(read(&[22, 3, 1, 0, 4, 1, 1, 0, 0]), Err(NoHello::TooLong));
    let message = of(room);
    assert!(read(&records(&message, MAX_MESSAGE / MAX_RECORDS)).unwrap().is_some());
    assert_eq!(read(&records(&message, MAX_MESSAGE / MAX_RECORDS - 1)), Err(NoHello::TooLong));
}

#[test]
fn what_could_mean_another_name_is_refused() {
    let twice = [named(b"a.example"), named(b"b.example")].concat();
    assert_eq!(malformed(&hello(&twice)), "an extension that is there twice");
    let one = |name: &[u8]| [&[0][..], &vector(2, name)].concat();
    let two = [one(b"a.example"), one(b"b.example")].concat();
    assert_eq!(malformed(&hello(&extension(0, &vector(2, &two)))), "something behind its end");
    let other = [&[1][..], &vector(2, b"a")].concat();
    assert_eq!(malformed(&hello(&extension(0, &vector(2, &other)))), "a name that is no host");
    assert_eq!(malformed(&hello(&extension(0, b""))), "it ends too early");
    let long = [&b"a.".repeat(126)[..], b"bc"].concat();
    let names: [&[u8]; 12] = [
        b"",
        b".",
        b"a.",
        b".a",
        b"a..b",
        b"a b",
        b"a/b",
        b"\xc3\xa4",
        b"10.0.0.1",
        b"-a",
        &[b'a'; 64],
        &long,
    ];
    for name in names {
        assert_eq!(malformed(&hello(&named(name))), "a host that none can have", "{name:?}");
    }
    for name in [&b"a_b.example"[..], b"xn--a", b"1.2.3", &[b'a'; 63]] {
        assert!(name_of(&hello(&named(name))).is_some(), "{name:?}");
    }
}

#[test]
fn lengths_fit_each_other() {
    let whole = message(Some(&named(b"a.example")));
    let changed = |at: usize, byte: u8| {
        let mut message = whole.clone();
        message[at] = byte;
        malformed(&records(&message, 1_000))
    };
    assert_eq!(changed(4, 2), "a version that does not exist");
    assert_eq!(changed(38, 33), "a session of more than 32 bytes");
    assert_eq!(changed(72, 0), "a list of suites that is none");
    assert_eq!(changed(72, 3), "a list of suites that is none");
    assert_eq!(changed(78, 1), "compression");
    assert_eq!(changed(80, 1), "something behind its end");
    assert_eq!(changed(80, 255), "it ends too early");
    assert_eq!(changed(whole.len() - 10, 8), "something behind its end");
    assert_eq!(malformed(&[22, 3, 1, 0, 0]), "an empty record");
    let mut behind = whole.clone();
    behind.push(0);
    let behind = records(&behind, 1_000);
    for end in [9, behind.len() - 1, behind.len()] {
        assert_eq!(malformed(&behind[..end]), "something behind it in its record", "{end}");
    }
}

proptest! {
    #[test]
    fn no_bytes_break_it_and_what_follows_changes_nothing(
        bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..120, size in 1_usize..60, cut in any::<prop::sample::Index>()
    ) {
        let mut made = records(&message(Some(&named(b"a.example"))), size);
        made.truncate(at);
        for stream in [bytes.clone(), [made, bytes].concat()] {
            let whole = read(&stream);
            let part = read(&stream[..cut.index(stream.len() + 1)]);
            prop_assert!(part == whole || part == Ok(None), "{part:?} became {whole:?}");
        }
    }

    #[test]
    fn there_is_a_verdict_in_the_end(first in any::<bool>(), size in 1_usize..2_000) {
        let kind = if first { 1 } else { 0 };
        let message = [&[kind, 0, 0x3f, 0xfc][..], &[0; MAX_MESSAGE]].concat();
        let stream = records(&message, size);
        prop_assert!(read(&stream[..MAX_BYTES.min(stream.len())]) != Ok(None));
    }
}
