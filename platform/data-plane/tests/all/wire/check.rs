//! What was seen against what a case expects.

use std::collections::BTreeMap;

use super::case::{Answer, Case, End, Forwarded, Problem};
use super::client::{Got, Left, Seen};
use super::message::Message;
use super::text::shown;
use super::upstream::{PROBE, Record};

/// What the gateway may add to a request in any value.
const VOLATILE_OF_REQUESTS: [&str; 3] = ["traceparent", "x-request-id", "x-deadline"];
/// What the gateway may add to an answer in any value. Whether it keeps a connection, the end of the case says.
const VOLATILE_OF_ANSWERS: [&str; 7] =
    ["connection", "keep-alive", "date", "server", "via", "traceparent", "x-request-id"];
/// What the gateway sets anew in each request; where a case does not name them, these are checked by rule.
const SET_ANEW: [&str; 3] = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];

/// All that is not as the case expects.
pub fn complaints(case: &Case, seen: &Seen, record: &Record) -> Vec<String> {
    let mut found: Vec<String> = record.flaws.iter().map(|flaw| format!("upstream: {flaw}")).collect();
    found.extend(seen.missed.iter().map(|text| format!("the client waited in vain for \"{text}\"")));
    requests(case, record, &mut found);
    for (place, (expected, got)) in (1..).zip(case.answers.iter().zip(&seen.got)) {
        if let Err(what) = answer(expected, got) {
            found.push(format!("answer {place}: {what}"));
        }
    }
    if let Some(Answer::Whole { tunnel, .. }) = case.answers.last()
        && *tunnel != seen.tunnel
    {
        found.push(format!("through the tunnel came \"{}\"", shown(&seen.tunnel)));
    }
    if case.has_no_interim && seen.interim > 0 {
        found.push(format!("{} interim answers", seen.interim));
    }
    match (case.end, &seen.left) {
        (End::Open | End::Any, Left::Open) | (End::Closed | End::Orderly | End::Any, Left::Closed) => {}
        (_, Left::Otherwise(what)) => found.push(what.clone()),
        (expected, left) => found.push(format!("the connection was left {left:?}, not {expected:?}")),
    }
    found
}

fn requests(case: &Case, record: &Record, found: &mut Vec<String>) {
    let arrived: Vec<&Forwarded> =
        record.requests.iter().filter(|request| request.message.second() != PROBE).collect();
    for (place, (expected, arrived)) in (1..).zip(case.upstream.iter().zip(&arrived)) {
        request(expected, arrived)
            .into_iter()
            .for_each(|what| found.push(format!("request {place}: {what}")));
    }
    for extra in arrived.iter().skip(case.upstream.len()) {
        found.push(format!("upstream got a request that should not be there: {:?}", extra.message));
    }
    let may_be_partial = case.answers.iter().any(|answer| matches!(answer, Answer::InBody(_)))
        || case.scripts.iter().any(|script| script.is_early);
    // A gateway may stop sending a body that has its answer already.
    if !may_be_partial || record.partial.is_empty() {
        let missing = case.upstream.iter().skip(arrived.len());
        found.extend(missing.map(|missing| format!("upstream did not get {:?}", missing.message.start)));
    }
    if !may_be_partial {
        found.extend(
            record.partial.iter().map(|bytes| format!("upstream got half a request: \"{}\"", shown(bytes))),
        );
    }
    if let Some(count) = case.connections
        && count != record.streams.len()
    {
        found.push(format!("{} upstream connections carried bytes, not {count}", record.streams.len()));
    }
    for text in &case.never {
        let holds = |stream: &Vec<u8>| String::from_utf8_lossy(stream).to_ascii_lowercase().contains(text);
        if record.streams.iter().any(holds) {
            found.push(format!("upstream got {text:?}"));
        }
    }
}

fn request(expected: &Forwarded, arrived: &Forwarded) -> Vec<String> {
    let mut found = Vec::new();
    let (wanted, is) = (&expected.message, &arrived.message);
    if wanted.start != is.start {
        found.push(format!("{:?} instead of {:?}", is.start, wanted.start));
    }
    let (mut wanted_fields, mut is_fields) = (for_comparison(wanted), for_comparison(is));
    if wanted.value("host") == Some(b"*") && is.values("host").count() == 1 {
        // The client named none, so the gateway chooses one.
        wanted_fields.remove("host");
        is_fields.remove("host");
    }
    if !wanted_fields.keys().any(|name| SET_ANEW.contains(&name.as_str())) {
        is_fields.retain(|name, _| !SET_ANEW.contains(&name.as_str()));
        set_anew(is, wanted.value("host") == Some(b"*"), &mut found);
    }
    retries(wanted, is, [&mut wanted_fields, &mut is_fields], &mut found);
    fields(&wanted_fields, &is_fields, &mut found);
    trace(wanted, is, &mut found);
    contents(wanted, is, &mut found);
    if expected.tunnel != arrived.tunnel {
        found.push(format!("through the tunnel came \"{}\"", shown(&arrived.tunnel)));
    }
    found
}

/// Values by name; the order of fields with one name counts, that of others does not.
type ByName = BTreeMap<String, Vec<Vec<u8>>>;

fn by_name(fields: &[(String, Vec<u8>)]) -> ByName {
    let mut found = ByName::new();
    for (name, value) in fields {
        let is_word = matches!(name.as_str(), "connection" | "transfer-encoding" | "upgrade" | "te");
        let value = if is_word { value.to_ascii_lowercase() } else { value.clone() };
        found.entry(name.clone()).or_default().push(value);
    }
    found
}

/// Without what may differ.
fn for_comparison(message: &Message) -> ByName {
    let mut fields = by_name(&message.fields);
    fields.retain(|name, _| !VOLATILE_OF_REQUESTS.contains(&name.as_str()));
    // Either the gateway waits for the upstream, or it answers the expectation itself.
    fields.retain(|name, values| name != "expect" || values.len() != 1 || values[0] != b"100-continue");
    // A request without a body may say so.
    fields.retain(|name, values| name != "content-length" || *values != [b"0".to_vec()]);
    // RFC 9110 §10.1.4 asks for it beside TE.
    if message.value("te").is_some() {
        fields.retain(|name, values| {
            name != "connection" || values.len() != 1 || !values[0].eq_ignore_ascii_case(b"te")
        });
    }
    fields
}

fn fields(wanted: &ByName, is: &ByName, found: &mut Vec<String>) {
    let shown = |values: Option<&Vec<Vec<u8>>>| match values {
        Some(values) => shown(&values.join(&b" | "[..])),
        None => "nothing".to_owned(),
    };
    for name in wanted.keys().chain(is.keys().filter(|name| !wanted.contains_key(*name))) {
        if wanted.get(name) != is.get(name) {
            found.push(format!("{name} is {}, not {}", shown(is.get(name)), shown(wanted.get(name))));
        }
    }
}

/// A request that the gateway would send again says so, whatever the client says.
fn retries(wanted: &Message, is: &Message, fields: [&mut ByName; 2], found: &mut Vec<String>) {
    const IDEMPOTENT: [&str; 6] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];
    let method = wanted.start.split(' ').next().unwrap_or_default();
    if IDEMPOTENT.contains(&method) || wanted.value("idempotency-key").is_some() {
        for fields in fields {
            fields.remove("tradewind-retries");
        }
        let all: Vec<&[u8]> = is.values("tradewind-retries").collect();
        if all != [b"1"] {
            found.push(format!("tradewind-retries is {all:?}"));
        }
    }
}

/// Every request has one trace context; one that the case names goes on in the same trace.
fn trace(wanted: &Message, is: &Message, found: &mut Vec<String>) {
    let all: Vec<&[u8]> = is.values("traceparent").collect();
    let [one] = all.as_slice() else {
        return found.push(format!("{} fields traceparent", all.len()));
    };
    let parts: Vec<&[u8]> = one.split(|byte| *byte == b'-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_hexadecimal = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    if lengths != [2, 32, 16, 2] || !parts.concat().iter().all(is_hexadecimal) || parts[0] != b"00" {
        return found.push(format!("traceparent is \"{}\"", one.escape_ascii()));
    }
    let trace = |value: &[u8]| value.get(3..35).map(<[u8]>::to_vec);
    if let Some(named) = wanted.value("traceparent")
        && (trace(named) != trace(one) || named == *one)
    {
        found.push(format!("traceparent \"{}\" does not go on as a child", one.escape_ascii()));
    }
}

/// `is_chosen`: the host is not the client's.
fn set_anew(is: &Message, is_chosen: bool, found: &mut Vec<String>) {
    let host = is.value("host").unwrap_or_default();
    for (name, wanted) in SET_ANEW.into_iter().zip([b"127.0.0.1", &b"http"[..], host]) {
        let all: Vec<&[u8]> = is.values(name).collect();
        let may_be_absent = name == "x-forwarded-host" && is_chosen;
        if all != [wanted] && !(all.is_empty() && may_be_absent) {
            found.push(format!("{name} is {}", shown(&all.join(&b" | "[..]))));
        }
    }
}

fn contents(wanted: &Message, is: &Message, found: &mut Vec<String>) {
    if wanted.body != is.body {
        found.push(format!("the body \"{}\" instead of \"{}\"", shown(&is.body), shown(&wanted.body)));
    }
    if by_name(&wanted.trailers) != by_name(&is.trailers) {
        found.push(format!("the trailers {:?} instead of {:?}", is.trailers, wanted.trailers));
    }
}

fn answer(expected: &Answer, got: &Got) -> Result<(), String> {
    match (expected, got) {
        (Answer::Whole { message, .. }, Got::Whole(is)) => whole(message, is),
        (Answer::Problem(wanted) | Answer::InBody(wanted), Got::Whole(is)) => problem(wanted, is),
        (Answer::Broken, Got::Whole(is)) => problem(&Problem { status: 502, codes: Vec::new() }, is),
        (Answer::Nothing, Got::Whole(is)) if (400..500).contains(&is.status()) => {
            problem(&Problem { status: is.status(), codes: Vec::new() }, is)
        }
        (Answer::InBody(_) | Answer::Nothing, Got::Ended(None)) | (Answer::Broken, Got::Ended(_)) => Ok(()),
        (expected, got) => Err(format!("{} instead of {expected:?}", got.told())),
    }
}

fn whole(wanted: &Message, is: &Message) -> Result<(), String> {
    let mut found = Vec::new();
    if wanted.status() != is.status() || !is.start.starts_with("HTTP/1.1 ") {
        found.push(format!("{:?} instead of {:?}", is.start, wanted.start));
    }
    let (wanted_fields, mut is_fields) = (by_name(&wanted.fields), by_name(&is.fields));
    for name in VOLATILE_OF_ANSWERS.iter().filter(|name| !wanted_fields.contains_key(**name)) {
        is_fields.remove(*name);
    }
    if !["content-length", "transfer-encoding"].iter().any(|name| wanted_fields.contains_key(*name)) {
        // The end of the connection ends it; a length says the same.
        let length = is.body.len().to_string().into_bytes();
        is_fields.retain(|name, values| name != "content-length" || *values != [length.clone()]);
    }
    fields(&wanted_fields, &is_fields, &mut found);
    contents(wanted, is, &mut found);
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

/// A problem document (RFC 9457) with what the case expects, and nothing of the client's in its head.
fn problem(wanted: &Problem, is: &Message) -> Result<(), String> {
    if is.status() != wanted.status {
        return Err(format!(
            "{:?} \"{}\", expected was {} {:?}",
            is.start,
            shown(&is.body),
            wanted.status,
            wanted.codes
        ));
    }
    if is.value("content-type") != Some(b"application/problem+json") {
        return Err(format!("no problem document: {is:?}"));
    }
    let document: serde_json::Value = serde_json::from_slice(&is.body).map_err(|error| error.to_string())?;
    let text = |name: &str| document.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    if ["type", "title", "detail", "code"].iter().any(|name| text(name).is_empty()) {
        return Err(format!("a problem document that is not complete: {document}"));
    }
    if document.get("status").and_then(serde_json::Value::as_u64) != Some(u64::from(is.status())) {
        return Err(format!("another status in the document: {document}"));
    }
    let code = text("code");
    if !wanted.codes.is_empty() && !wanted.codes.iter().any(|known| known == code) {
        return Err(format!("the code is {code:?}, expected was {:?}", wanted.codes));
    }
    Ok(())
}
