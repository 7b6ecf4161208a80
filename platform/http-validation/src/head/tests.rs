//! Requests that pass and requests that do not, by example.

use super::{HeadLimits, Refusal, Scanner};

/// Feeds all at once: the heads and bytes released, or the refusal.
fn scan(input: &[u8]) -> Result<(u64, Vec<u8>), Refusal> {
    let mut scanner = Scanner::new(HeadLimits::default());
    let mut released = Vec::new();
    scanner.feed(input, &mut released)?;
    Ok((scanner.heads(), released))
}

/// The status and code of the refusal of these bytes.
fn refused(input: &[u8]) -> (u16, &'static str) {
    match scan(input) {
        Ok(passed) => panic!("passed with {} heads: {}", passed.0, input.escape_ascii()),
        Err(refusal) => (refusal.status(), refusal.code()),
    }
}

/// The refusal of a request with these header lines after a valid first line and Host.
fn refused_fields(fields: &str) -> (u16, &'static str) {
    refused(format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n").as_bytes())
}

#[test]
fn releases_valid_requests_unchanged() {
    for request in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS /a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a/%2e;b/c?d=[1]&e=f/g?h%20 HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n",
        "get!#$%&'*+-.^_`|~1 / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhOsT:\t [::1]:80 \t\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\tb \"c\" \u{e9}\r\nEmpty:\r\nAlso:   \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:  003 \r\n\r\na\n\0",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n\
         2\r\n\r\n\r\n000A;a=\"b c\"\r\n0123456789\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;last\r\nDigest: a\r\nB: c\r\n\r\n",
    ] {
        assert_eq!(
            scan(request.as_bytes()),
            Ok((1, request.as_bytes().to_vec())),
            "{}",
            request.escape_debug()
        );
    }
}

#[test]
fn refuses_bad_line_ends_and_control_bytes() {
    let expect = |input: &[u8], code| assert_eq!(refused(input), (400, code), "{}", input.escape_ascii());
    expect(b"\n", "bare-line-feed");
    expect(b"GET / HTTP/1.1\n", "bare-line-feed");
    expect(b"GET / HTTP/1.1\nHost: a\n\n", "bare-line-feed");
    expect(b"GET / HTTP/1.1\r\nHost: a\n", "bare-line-feed");
    expect(b"GET / HTTP/1.1\r\nHost: a\r\n\n", "bare-line-feed");
    expect(b"GET / HTTP/1.1\rHost", "bare-carriage-return");
    expect(b"GET / HTTP/1.1\r\r\n", "bare-carriage-return");
    expect(b"GET / HTTP/1.1\r\nX: a\rb", "bare-carriage-return");
    expect(b"GET / HTTP/1.1\r\nHost: a\r\n\rG", "bare-carriage-return");
    expect(b"\rG", "bare-carriage-return");
    expect(b"GET /\0", "control-byte");
    expect(b"GET / HTTP/1.1\r\nX: a\x0bb", "control-byte");
    expect(b"GET / HTTP/1.1\r\nX: \x7f", "control-byte");
    expect(b"\x16\x03\x01\x02\x00\x01", "control-byte");
    expect(b"\r\n\r\n", "empty-lines");
}

#[test]
fn refuses_bad_request_lines() {
    let expect = |line: &str, status, code| {
        assert_eq!(refused(format!("{line}\r\n").as_bytes()), (status, code), "{line}");
    };
    for line in [
        "GET",
        "GET /",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET\t/\tHTTP/1.1",
        "GET / a HTTP/1.1",
        " / HTTP/1.1",
        "G(T / HTTP/1.1",
        "G\u{e9}T / HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1",
        "GET / HTTP/1.10",
        "GET / HTTP/+1.1",
        "GET / HTTPS/1.1",
        "GET / FTP",
        "GET / ",
    ] {
        expect(line, 400, "bad-request-line");
    }
    expect("PRI * HTTP/2.0", 505, "unsupported-version");
    expect("GET / HTTP/1.2", 505, "unsupported-version");
    expect("GET / HTTP/0.9", 505, "unsupported-version");
    expect("GET / HTTP/3.0", 505, "unsupported-version");
    expect("CONNECT a:443 HTTP/1.1", 501, "method-not-supported");
    expect(&format!("{} / HTTP/1.1", "M".repeat(33)), 501, "method-not-supported");
}

#[test]
fn refuses_bad_targets() {
    let expect = |target: &str, status, code| {
        assert_eq!(refused(format!("GET {target} HTTP/1.1\r\n").as_bytes()), (status, code), "{target}");
    };
    for target in [
        "*", "a", "?a", "//a\\b", "/a\"", "/a<b>", "/{a}", "/a|b", "/a^b", "/`", "/[a]", "/a#b", "/\u{e9}",
        "/?a\"", "/?#",
    ] {
        expect(target, 400, "bad-target");
    }
    for target in ["http://a/", "HTTPS://a", "a+b-c.1:x", "mailto:a"] {
        expect(target, 400, "absolute-target");
    }
    let longest = format!("/{}", "a".repeat(8191));
    assert!(scan(format!("GET {longest} HTTP/1.0\r\n\r\n").as_bytes()).is_ok());
    expect(&format!("{longest}a"), 414, "target-too-long");
    assert_eq!(refused(&[b"GET /".to_vec(), vec![b'a'; 16 * 1024]].concat()), (414, "target-too-long"));
}

#[test]
fn refuses_bad_fields() {
    assert_eq!(refused_fields("X : a"), (400, "space-before-colon"));
    assert_eq!(refused_fields("X\t: a"), (400, "space-before-colon"));
    assert_eq!(refused_fields("X: a\r\n b"), (400, "folded-header"));
    assert_eq!(refused_fields("X: a\r\n\tb: c"), (400, "folded-header"));
    assert_eq!(refused(b"GET / HTTP/1.1\r\n Host: a\r\n"), (400, "folded-header"));
    for field in ["X", ": a", "X(: a", "X Y: a", "\u{e9}: a", "\"X\": a"] {
        assert_eq!(refused_fields(field), (400, "bad-header-name"), "{field}");
    }
    assert_eq!(refused_fields("Expect: 200-ok"), (417, "unsupported-expectation"));
    assert_eq!(refused_fields("Expect: 100-continue, a"), (417, "unsupported-expectation"));
    assert_eq!(refused_fields("Expect:"), (417, "unsupported-expectation"));
}

#[test]
fn wants_exactly_one_host() {
    assert_eq!(refused(b"GET / HTTP/1.1\r\n\r\n"), (400, "missing-host"));
    assert_eq!(refused_fields("Host: a"), (400, "repeated-host"));
    assert_eq!(refused(b"GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n"), (400, "repeated-host"));
    for value in ["", "  ", "a b", "a, b", "user@a", "http://a", "a:b", "a:99999", "a/"] {
        let request = format!("GET / HTTP/1.1\r\nHost:{value}\r\n\r\n");
        assert_eq!(refused(request.as_bytes()), (400, "bad-host"), "{value}");
    }
}

#[test]
fn refuses_ambiguous_framing() {
    assert_eq!(refused_fields("Content-Length: 1\r\nContent-Length: 1"), (400, "repeated-content-length"));
    assert_eq!(
        refused_fields("Content-Length: 1\r\nTransfer-Encoding: chunked"),
        (400, "conflicting-framing")
    );
    assert_eq!(
        refused_fields("Transfer-Encoding: chunked\r\nContent-Length: 0"),
        (400, "conflicting-framing")
    );
    for value in ["", "+1", "-1", "1,1", "1, 1", "0x1", "1 1", "1.0", "a", "9223372036854775808", "\u{661}"] {
        let field = format!("Content-Length: {value}");
        assert_eq!(refused_fields(&field), (400, "bad-content-length"), "{value}");
    }
    for value in [
        "",
        ",",
        "identity",
        "xchunked",
        "chunked;a",
        "\"chunked\"",
        "chunked, gzip",
        "chunked, chunked",
        "chunked,",
    ] {
        let field = format!("Transfer-Encoding: {value}");
        assert_eq!(refused_fields(&field), (400, "bad-transfer-encoding"), "{value}");
    }
    assert_eq!(refused_fields("Transfer-Encoding: gzip, chunked"), (501, "unsupported-transfer-coding"));
    let twice = "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked";
    assert_eq!(refused_fields(twice), (400, "repeated-transfer-encoding"));
    assert_eq!(refused(b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"), (400, "bad-transfer-encoding"));
    assert!(scan(b"POST / HTTP/1.0\r\nContent-Length: 9223372036854775807\r\n\r\n").is_ok());
}

#[test]
fn bounds_heads() {
    let fields = |count: usize| "X: a\r\n".repeat(count);
    let request = |fields: &str| format!("GET / HTTP/1.0\r\n{fields}\r\n").into_bytes();
    assert!(scan(&request(&fields(100))).is_ok());
    assert_eq!(refused(&request(&fields(101))), (431, "too-many-headers"));
    let padded = |bytes: usize| {
        let bare = request("X: \r\n").len();
        request(&format!("X: {}\r\n", "a".repeat(bytes - bare)))
    };
    assert_eq!(padded(16 * 1024).len(), 16 * 1024);
    assert!(scan(&padded(16 * 1024)).is_ok());
    assert_eq!(refused(&padded(16 * 1024 + 1)), (431, "head-too-large"));
}

#[test]
fn refuses_bad_chunks() {
    let refused_body = |body: &str| {
        refused(format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}").as_bytes())
    };
    for body in [
        "\r\n",
        ";a\r\n",
        "g\r\n",
        "-1\r\n",
        "+1\r\n",
        "0x1\r\n",
        " 1\r\n",
        "1 \r\n",
        "1 ;a\r\n",
        "00000000000000001\r\n",
        "1;\u{e9}\r\n",
        "1;\0",
        "1\r\naa",
        "1\r\na\n",
        "1\r\na\rb",
        "2\r\na\r\n0\r\n",
        "0\r\nX: \0",
    ] {
        assert_eq!(refused_body(body), (400, "bad-chunk"), "{}", body.escape_debug());
    }
    assert_eq!(refused_body("1\na"), (400, "bare-line-feed"));
    assert_eq!(refused_body("1;a\rb"), (400, "bare-carriage-return"));
    assert_eq!(refused_body("0\r\n\n"), (400, "bare-line-feed"));
    assert_eq!(refused_body(&format!("1;{}\r\n", "a".repeat(256))), (400, "chunk-size-line-too-long"));
    assert_eq!(refused_body(&"0".repeat(300)), (400, "chunk-size-line-too-long"));
    assert_eq!(refused_body("0\r\nX : a\r\n"), (400, "space-before-colon"));
    assert_eq!(refused_body("0\r\nX: a\r\n b\r\n"), (400, "folded-header"));
    for name in ["Content-Length", "transfer-encoding", "HOST"] {
        assert_eq!(refused_body(&format!("0\r\n{name}: 1\r\n")), (400, "forbidden-trailer"));
    }
    assert_eq!(refused_body(&format!("0\r\n{}", "X: a\r\n".repeat(101))), (431, "too-many-headers"));
    assert_eq!(refused_body(&format!("0\r\nX: {}", "a".repeat(4096))), (431, "trailers-too-large"));
}

#[test]
fn counts_pipelined_requests_and_drops_an_empty_line_before_each() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /";
    let chunked =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\r\n\r\nG\r\n0\r\n\r\n";
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let sent = format!("\r\n{post}\r\n{chunked}{get}\r\n{get}\r\n");
    let expected = format!("{post}{chunked}{get}{get}");
    assert_eq!(scan(sent.as_bytes()), Ok((4, expected.into_bytes())));
}

#[test]
fn tells_in_which_phase_it_is() {
    let mut scanner = Scanner::new(HeadLimits::default());
    let mut released = Vec::new();
    let mut after = |input: &[u8]| {
        assert_eq!(scanner.feed(input, &mut released), Ok(()));
        (scanner.is_idle(), scanner.in_head(), scanner.heads(), released.len())
    };
    assert_eq!(after(b""), (true, false, 0, 0));
    assert_eq!(after(b"\r\n"), (true, false, 0, 0));
    assert_eq!(after(b"P"), (false, true, 0, 0));
    assert_eq!(after(b"OST / HTTP/1.0\r\nContent-Length: 3\r\n\r"), (false, true, 0, 0));
    assert_eq!(after(b"\na"), (false, false, 1, 39));
    assert_eq!(after(b"bc"), (true, false, 1, 41));
}

#[test]
fn releases_nothing_after_a_refusal() {
    let mut scanner = Scanner::new(HeadLimits::default());
    let mut released = Vec::new();
    let first = scanner.feed(b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\nX : a\r\n", &mut released);
    assert_eq!(released, b"GET / HTTP/1.0\r\n\r\n");
    let refusal = first.expect_err("a space before the colon");
    assert_eq!(scanner.feed(b"GET / HTTP/1.0\r\n\r\n", &mut released), Err(refusal.clone()));
    assert_eq!(scanner.feed(b"", &mut released), Err(refusal));
    assert_eq!(
        (released.len(), scanner.heads(), scanner.is_idle(), scanner.in_head()),
        (18, 1, false, false)
    );
}

#[test]
fn speaks_plainly_and_never_echoes_raw_bytes() {
    let refusal = scan(b"GET / HTTP/1.1\r\nHost: a\r\nHOST: \x80\xff\r\n").expect_err("two hosts");
    assert_eq!(refusal.to_string(), "400 repeated-host: send HOST only once");
    let refusal = scan(b"GET \x80\x9b[31m HTTP/1.1\r\n").expect_err("not a path");
    assert!(refusal.detail().bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
}

#[test]
fn a_slow_head_is_not_searched_again() {
    // A million single bytes: searching from the start each time would take 500,000 million steps.
    let mut scanner = Scanner::new(HeadLimits {
        max_head_bytes: 1 << 20,
        max_target_bytes: 1 << 20,
        ..HeadLimits::default()
    });
    let mut released = Vec::new();
    let head = format!("GET /{} HTTP/1.0\r\n\r\n", "a".repeat(1_000_000));
    for byte in head.as_bytes() {
        assert_eq!(scanner.feed(std::slice::from_ref(byte), &mut released), Ok(()));
    }
    assert_eq!((scanner.heads(), released.len()), (1, head.len()));
}
