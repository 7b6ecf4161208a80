use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tracing::{Level, debug, error, info, info_span, span, warn};
use tradewind_kernel::{Clock, Timestamp};

use super::*;

/// 2026-01-01T12:00:01.123456Z
const START: Timestamp = Timestamp::from_micros(1_767_268_801_123_456);

/// A runtime whose time stands still until everybody waits.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

fn lines(format: LogFormat, level: &str, run: impl FnOnce()) -> String {
    let runtime = runtime();
    let _inside = runtime.enter();
    captured(format, level, Some(Clock::simulated(START)), run)
}

fn captured(format: LogFormat, level: &str, clock: Option<Clock>, run: impl FnOnce()) -> String {
    let level = level.to_owned();
    let written = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&written);
    let add = move |line: &str| sink.lock().unwrap().push_str(line);
    capture(&LogSettings { format, level }, clock, add, run).unwrap();
    let written = written.lock().unwrap();
    written.clone()
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn nested_spans_are_merged_into_one_object() {
    let text = lines(LogFormat::Json, "info", || {
        let outer = info_span!(
            "request",
            service = "lamps",
            trace_id = "4bf9",
            room = "hall",
            found = tracing::field::Empty
        );
        let _outer = outer.enter();
        outer.record("found", 3_u64);
        let _inner = info_span!("step", room = "attic", step = 1).entered();
        info!(target: "switch", step = 2_i8, bright = true, watts = 5.5, name = ?"é", "lit {}", "two");
    });
    let expected = concat!(
        r#"{"time":"2026-01-01T12:00:01.123456Z","level":"info","target":"switch","message":"lit two","#,
        r#""step":2,"bright":true,"watts":5.5,"name":"\"é\"","#,
        r#""service":"lamps","trace_id":"4bf9","room":"attic","found":3}"#,
        "\n"
    );
    assert_eq!(text, expected);
    assert_eq!(objects(&text).len(), 1);
}

#[test]
fn no_field_hides_what_the_line_itself_tells() {
    let text = lines(LogFormat::Json, "info", || {
        let _span = info_span!("request", message = "outer", level = 9, target_ = 1).entered();
        warn!(target = "t", time = "late", r#type = "bulb", "true \"message\"");
    });
    let object = &objects(&text)[0];
    for (name, value) in [
        ("message", "true \"message\""),
        ("level", "warn"),
        ("message_", "outer"),
        ("target__", "t"),
        ("time_", "late"),
        ("type", "bulb"),
    ] {
        assert_eq!(object[name], value, "{text}");
    }
    assert_eq!(object["level_"], 9);
    assert_eq!(object["target_"], 1);
    assert_eq!(text.matches("\"message\":").count(), 1);
}

#[test]
fn every_kind_of_number_is_valid_json() {
    let text = lines(LogFormat::Json, "info", || {
        info!(
            big = u64::MAX,
            small = i64::MIN,
            huge = u128::MAX,
            tiny = 1e-300,
            vast = 1e300,
            none = f64::NAN
        );
    });
    let object = &objects(&text)[0];
    assert_eq!(object["big"], u64::MAX);
    assert_eq!(object["small"], i64::MIN);
    assert_eq!(object["huge"], u128::MAX.to_string());
    assert_eq!(object["tiny"], 1e-300);
    assert_eq!(object["vast"], 1e300);
    assert_eq!(object["none"], "NaN");
    assert_eq!(object["message"], "");
}

#[test]
fn no_value_ends_a_line() {
    let attack = "fine\n{\"level\":\"error\"}\r\u{1b}[2J\u{2028}";
    let log = || {
        let _span = info_span!("request", service = %attack, trace_id = attack).entered();
        info!(answer = attack, debug = ?attack, "{attack}");
    };
    let json = lines(LogFormat::Json, "info", log);
    assert_eq!(objects(&json).len(), 1);
    assert_eq!(objects(&json)[0]["answer"], attack);
    assert_eq!(objects(&json)[0]["message"], attack);
    let text = lines(LogFormat::Text, "info", log);
    for written in [json, text] {
        let body = written.strip_suffix('\n').unwrap();
        assert!(!body.contains(|c: char| c.is_control() || c == '\u{2028}'), "{body:?}");
    }
}

#[test]
fn a_text_line_is_short() {
    let text = lines(LogFormat::Text, "info", || {
        let trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let _span = info_span!(
            "request",
            service = "lamps",
            trace_id,
            span_id = "00f0",
            correlation = "0198",
            room = "hall"
        );
        let _span = _span.entered();
        info!(count = 2, name = "two words", "lamps lit");
        error!(target: "switch", "stuck");
    });
    let expected = "12:00:01.123 INFO  lamps  lamps lit count=2 name=\"two words\" room=hall trace=4bf92f35\n\
                    12:00:01.123 ERROR lamps  stuck room=hall trace=4bf92f35\n";
    assert_eq!(text, expected);
    let bare = lines(LogFormat::Text, "info", || warn!(target: "switch", "stuck"));
    assert_eq!(bare, "12:00:01.123 WARN  switch  stuck\n");
}

#[test]
fn colours_change_nothing_but_colours() {
    let line = layer::Line {
        time: START,
        level: Level::INFO,
        target: "switch",
        message: String::from("stuck"),
        fields: fields::Fields::default(),
    };
    let expected = "\u{1b}[2m12:00:01.123\u{1b}[0m \u{1b}[32mINFO \u{1b}[0m switch  stuck\n";
    assert_eq!(text::write(&line, true), expected);
}

#[test]
fn auto_is_text_on_a_terminal_only() {
    assert!(matches!(style(LogFormat::Auto, true, true), Style::Text { colour: true }));
    assert!(matches!(style(LogFormat::Auto, false, false), Style::Json));
    assert!(matches!(style(LogFormat::Text, false, false), Style::Text { colour: false }));
    assert!(matches!(style(LogFormat::Json, true, true), Style::Json));
}

#[test]
fn directives_choose_what_is_logged() {
    let log = || {
        debug!(target: "lamps::bulb", "one");
        debug!(target: "rooms", "two");
        info!(target: "rooms", "three");
        warn!(target: "rooms", "four");
    };
    let messages = |level: &str| -> Vec<String> {
        let objects = objects(&lines(LogFormat::Json, level, log));
        let message = |object: &Value| object["message"].as_str().unwrap().to_owned();
        objects.iter().map(message).collect()
    };
    assert_eq!(messages("info"), ["three", "four"]);
    assert_eq!(messages("warn,lamps=debug"), ["one", "four"]);
    assert_eq!(messages("trace"), ["one", "two", "three", "four"]);
    assert!(messages("off").is_empty());
}

#[test]
fn a_warning_keeps_its_trace_when_only_warnings_are_logged() {
    let text = lines(LogFormat::Json, "warn", || {
        let _request = info_span!("request", trace_id = "4bf9").entered();
        let _detail = span!(Level::DEBUG, "detail", step = 1).entered();
        warn!("stuck");
    });
    assert_eq!(objects(&text)[0]["trace_id"], "4bf9");
    assert_eq!(objects(&text)[0].get("step"), None);
}

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("the lamp is dark")]
    Dark(#[source] std::num::ParseIntError),
    #[error("the lamp is broken: {0}")]
    Broken(#[source] std::num::ParseIntError),
}

#[test]
fn an_error_names_its_causes_once() {
    let cause = || "x".parse::<i32>().unwrap_err();
    let text = lines(LogFormat::Json, "info", || {
        let (dark, broken) = (Fault::Dark(cause()), Fault::Broken(cause()));
        let (dark, broken): (&dyn std::error::Error, &dyn std::error::Error) = (&dark, &broken);
        error!(dark, broken);
    });
    let object = &objects(&text)[0];
    assert_eq!(object["dark"], "the lamp is dark: invalid digit found in string");
    assert_eq!(object["broken"], "the lamp is broken: invalid digit found in string");
}

#[test]
fn a_simulated_run_prints_the_same_lines_each_time() {
    let run = || {
        let runtime = runtime();
        let clock = {
            let _inside = runtime.enter();
            Clock::simulated(START)
        };
        captured(LogFormat::Text, "info", Some(clock.clone()), || {
            runtime.block_on(async {
                info!("begun");
                clock.sleep(Duration::from_secs(3600)).await;
                info!("done");
            });
        })
    };
    let text = run();
    assert!(text.starts_with("12:00:01.123 INFO "), "{text}");
    assert!(text.contains("\n13:00:01.123 INFO "), "{text}");
    assert_eq!(text, run());
}

#[test]
fn captures_on_two_threads_do_not_mix() {
    let log = |name: &'static str| {
        move || {
            let log = || (0..100).for_each(|_| info!(name));
            captured(LogFormat::Json, "info", None, log)
        }
    };
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(log("one")), scope.spawn(log("two")));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert!(objects(&one).iter().all(|object| object["name"] == "one"));
    assert_eq!((objects(&one).len(), objects(&two).len()), (100, 100));
}

#[test]
fn a_wrong_level_runs_nothing() {
    let settings = LogSettings { level: String::from("loud"), ..LogSettings::default() };
    let result = capture(&settings, None, |_| {}, || panic!("it ran"));
    assert_eq!(result, Err(TelemetryError::Level(String::from("loud"))));
    assert_eq!(init(&settings), Err(TelemetryError::Level(String::from("loud"))));
}

#[test]
fn settings_have_defaults_and_refuse_unknown_keys() {
    let read = serde_json::from_str::<LogSettings>;
    assert_eq!(read("{}").unwrap(), LogSettings::default());
    assert_eq!(read(r#"{"format":"json"}"#).unwrap().format, LogFormat::Json);
    assert!(read(r#"{"colour":true}"#).is_err());
    assert!(read(r#"{"format":"xml"}"#).is_err());
}

#[test]
fn a_process_sets_logging_up_once() {
    let settings = LogSettings { level: String::from("off"), ..LogSettings::default() };
    // Another test of the process may have been first.
    let _ = init(&settings);
    assert_eq!(init(&settings), Err(TelemetryError::AlreadySet));
}

/// This test starts itself as a child whose standard error nobody reads.
#[test]
fn a_closed_standard_error_does_no_harm() {
    const CHILD: &str = "TRADEWIND_TEST_CLOSED_PIPE";
    if std::env::var_os(CHILD).is_some() {
        let _ = init(&LogSettings::default());
        // More than a pipe holds, so that a write meets the closed end.
        for _ in 0..2_000 {
            info!(filling = "x".repeat(100), "nobody reads this");
        }
        return;
    }
    let test = format!("{}::a_closed_standard_error_does_no_harm", module_path!());
    let (_, test) = test.split_once("::").unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(told.contains("1 passed"), "{told}");
}
