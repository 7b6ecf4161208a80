//! The format of the cases, itself tested.

use super::{Answer, End, Move, Script, Step, cases};

const WHOLE: &str = r"
# A comment.
== one
from: RFC 9112
> GET /a HTTP/1.1\r\n
> Host: a\r\n\r\n
wait 200
> x
shut
>> GET /a HTTP/1.1\r\nHost: a\r\n\r\n
<< HTTP/1.1 200 OK\r\n
<< Content-Length: 1\r\n\r\n
hold 5
<< b
next
early
close
< HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb
refused 400 a|b
connections 2
never Secret

== two
from: RFC 9110
> GET / HTTP/1.1\r\n\r\n
>> GET / HTTP/1.1\r\nhost: a\r\n\r\n
";

#[test]
fn a_case_is_read_with_all_its_parts() {
    let cases = cases("class", WHOLE).unwrap();
    let [one, two] = cases.as_slice() else { panic!("{cases:?}") };
    assert_eq!((one.name.as_str(), one.class.as_str(), one.from.as_str()), ("one", "class", "RFC 9112"));
    let sent = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    let client = [Step::Send(sent), Step::Wait(b"200".to_vec()), Step::Send(b"x".to_vec()), Step::Shut];
    assert_eq!(one.client, client);
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n".to_vec();
    let moves = vec![Move::Send(head), Move::Hold(5), Move::Send(b"b".to_vec())];
    let second = Script { is_early: true, moves: vec![Move::Close] };
    assert_eq!(one.scripts, [Script { is_early: false, moves }, second]);
    assert_eq!(one.upstream[0].message.start, "GET /a HTTP/1.1");
    let [Answer::Whole { message, .. }, Answer::Problem(problem)] = one.answers.as_slice() else {
        panic!("{:?}", one.answers);
    };
    assert_eq!((message.status(), message.body.as_slice()), (200, &b"b"[..]));
    assert_eq!((problem.status, problem.codes.as_slice()), (400, &["a".to_owned(), "b".to_owned()][..]));
    assert_eq!(
        (one.end, one.connections, one.never.as_slice()),
        (End::Closed, Some(2), &["secret".to_owned()][..])
    );
    assert!(matches!(two.answers.as_slice(), [Answer::Whole { .. }]), "the usual answer");
    assert_eq!(two.end, End::Open);
}

#[test]
fn a_failed_request_has_no_usual_answer() {
    let text = "== a\nfrom: b\n> c\n>> GET / HTTP/1.1\\r\\n\\r\\n\nfails 502 *\n";
    assert!(matches!(cases("class", text).unwrap()[0].answers.as_slice(), [Answer::Problem(_)]));
    assert!(matches!(
        cases("class", &text.replace("fails", "refused")).unwrap()[0].answers.as_slice(),
        [Answer::Whole { .. }, Answer::Problem(_)]
    ));
}

#[test]
fn a_mistake_is_told_with_its_line() {
    for (text, line) in [
        ("> a\n", "line 1"),
        ("== a\nfrom: b\n> \\q\n", "line 3"),
        ("== a\nfrom: b\nsend c\n", "line 3"),
        ("== a\nfrom: b\n> c\nrefused 400\n", "line 4"),
        ("== a\nfrom: b\n> c\nend never\n", "line 4"),
        ("== a\n> c\n", "last case"),
        ("== a\nfrom: b\n> c\n>> GET /\n== d\n", "line 5"),
    ] {
        let mistake = cases("class", text).unwrap_err();
        assert!(mistake.contains(line), "{text:?}: {mistake}");
    }
}
