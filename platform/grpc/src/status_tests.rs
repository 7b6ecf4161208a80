use tradewind_problem::{
    CONFLICT, FORBIDDEN, IDEMPOTENCY_KEY_MISSING, INTERNAL, INVALID_BODY, PLATFORM, UNAVAILABLE,
};

use super::*;

fn trailers(of: &[(HeaderName, &str)]) -> HeaderMap {
    of.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
}

#[test]
fn a_problem_survives_the_wire() {
    let full = Problem::new(&INVALID_BODY)
        .detail("Fix ä, 100 %\nof it.")
        .error("/lines/0/quantity", "must be positive")
        .error("Idempotency-Key", "send one")
        .trace_id("t");
    let waits = Problem::new(&UNAVAILABLE).detail("Wait.").retry_after(Duration::from_millis(1_200));
    let retried = Problem::new(&UNAVAILABLE).detail("Enough.").retry_after(Duration::from_secs(2)).retried();
    for problem in [full, waits, retried] {
        assert_eq!(failure(&refusal(&problem)), Some(problem));
    }
    for kind in PLATFORM {
        let read = failure(&refusal(&Problem::new(kind))).unwrap();
        assert_eq!((read.code(), read.status()), (kind.code, kind.status));
    }
}

#[test]
fn the_operators_text_stays_inside() {
    let trailers = refusal(&Problem::internal("disk /dev/x is full"));
    let details = BASE64.decode(&trailers[STATUS_DETAILS]).unwrap();
    let told = format!("{trailers:?} {}", String::from_utf8_lossy(&details));
    assert!(!told.contains("disk"), "{told}");
}

#[test]
fn other_clients_find_what_they_know() {
    let problem = Problem::new(&IDEMPOTENCY_KEY_MISSING).detail("Send ä key.").error("/a/0/b", "wrong");
    let trailers = refusal(&problem.retry_after(Duration::from_secs(1)));
    assert_eq!(trailers[MESSAGE], "Send %C3%A4 key.");
    assert_eq!(trailers[STATUS], Code::InvalidArgument.number().to_string());
    assert_eq!(trailers[PUSHBACK], "1000");
    let status = Status::decode(BASE64.decode(&trailers[STATUS_DETAILS]).unwrap().as_slice()).unwrap();
    assert_eq!((status.code, status.message.as_str()), (3, "Send ä key."));
    let info = ErrorInfo::find(&status.details).unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("IDEMPOTENCY_KEY_MISSING", "tradewind"));
    assert_eq!(BadRequest::find(&status.details).unwrap().field_violations[0].field, "a.0.b");
    assert_eq!(RetryInfo::find(&status.details).unwrap().retry_delay.unwrap().seconds, 1);
}

#[test]
fn a_foreign_status_is_understood_by_its_code_and_its_words_are_for_operators() {
    let read = failure(&trailers(&[(STATUS, "7"), (MESSAGE, "no%20way")])).unwrap();
    assert!(read.is(&FORBIDDEN) && read.caller_text().is_none());
    assert!(read.operator_text().unwrap().contains("no way"));
    assert_eq!(failure(&trailers(&[(STATUS, "0")])), None);
    assert!(failure(&trailers(&[(STATUS, "10")])).unwrap().is(&CONFLICT));
    for odd in [trailers(&[]), trailers(&[(STATUS, "x")]), trailers(&[(STATUS, "99")])] {
        assert!(failure(&odd).unwrap().is(&INTERNAL), "{odd:?}");
    }
    let pushed = failure(&trailers(&[(STATUS, "14"), (PUSHBACK, "250")])).unwrap();
    assert_eq!((pushed.wait(), pushed.was_retried()), (Some(Duration::from_millis(250)), false));
    assert!(failure(&trailers(&[(STATUS, "14"), (PUSHBACK, "-1")])).unwrap().was_retried());
}

#[test]
fn details_that_cannot_be_read_take_nothing_from_the_status() {
    for details in ["%%%", "AAAA", ""] {
        let read = failure(&trailers(&[(STATUS, "14"), (STATUS_DETAILS, details)])).unwrap();
        assert!(read.is(&UNAVAILABLE), "{details}");
    }
}

/// Peers bound their headers, usually at 8 KiB.
#[test]
fn a_refusal_stays_small_whatever_it_says() {
    let long = "ä".repeat(10_000);
    let mut problem = Problem::new(&INVALID_BODY).detail(long.as_str());
    for _ in 0..100 {
        problem = problem.error(format!("/{long}"), long.as_str());
    }
    let size: usize =
        refusal(&problem).iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    assert!(size < 8 * 1_024, "{size}");
}

#[test]
fn only_digits_are_a_status() {
    assert_eq!(failure(&trailers(&[(STATUS, "0")])), None);
    for status in ["+0", "-0", " 0", "0x0", ""] {
        assert!(failure(&trailers(&[(STATUS, status)])).is_some(), "{status:?}");
    }
}
