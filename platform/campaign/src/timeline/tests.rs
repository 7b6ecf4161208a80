use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tradewind_kernel::{Id, Timestamp};
use tradewind_sim::{Came, Change, Entry, Failure, Message, Outcome, What};

use super::text::line;
use super::{page, text};

const HOSTILE: &str = "</script><script>alert('{{data}} & \u{2028}')</script>";

fn entry(millis: u64, what: What) -> Entry {
    Entry { at: Duration::from_millis(millis), what }
}

fn message(millis: u64, came: Came, arrived: Option<u64>) -> Entry {
    let message = Message {
        from: "reader".into(),
        to: "lamps/internal".into(),
        node: arrived.map(|_| "lamps-2".into()),
        method: "GET".into(),
        target: "/lamps?after=3".to_owned(),
        sent: Duration::from_millis(millis - 5),
        arrived: arrived.map(Duration::from_millis),
        correlation: Some(Id::from_u128(7)),
        came,
    };
    entry(millis, What::Message(Box::new(message)))
}

fn outcome(journal: Vec<Entry>) -> Outcome {
    Outcome {
        seed: 12,
        trace: "00ff".to_owned(),
        entries: journal.len() as u64,
        simulated: Duration::from_secs(70),
        faults: BTreeMap::new(),
        points: BTreeMap::new(),
        figures: BTreeMap::new(),
        planned_faults: vec![(3, "   3    1.000 nemesis: lamps is killed".to_owned())],
        planned_acts: vec![(1, format!("   1    0.500 reader: {HOSTILE}"))],
        failures: vec![Failure::new("every lamp is lit", vec![format!("lamp=7 {HOSTILE}")])],
        journal,
    }
}

fn whole() -> Outcome {
    outcome(vec![
        entry(0, What::Node { node: "lamps-2".into(), change: Change::Begins(1) }),
        entry(10, What::Note("faults begin".to_owned())),
        entry(11, What::Act { number: 1, node: "reader".into(), text: HOSTILE.to_owned() }),
        message(30, Came::Answered(200), Some(27)),
        entry(40, What::Commit { node: "lamps-2".into(), wall: Timestamp::from_micros(1) }),
        entry(
            50,
            What::Fault {
                number: 3,
                text: "lamps is killed".to_owned(),
                until: Some(Duration::from_millis(90)),
                nodes: vec!["lamps-2".into()],
            },
        ),
        entry(50, What::Node { node: "lamps-2".into(), change: Change::Ends }),
        message(80, Came::Nothing, None),
        entry(90, What::Broken("every lamp is lit".to_owned())),
    ])
}

/// The data of a page, taken out as a browser does it: up to the first end of the element.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"run\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn no_text_of_a_run_becomes_markup() {
    let page = page(&whole(), HOSTILE);
    assert_eq!(page.matches("<script").count(), 2, "the data and our own");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("alert('{{data}} &"));
    let data = data(&page);
    assert_eq!(data["replay"], HOSTILE);
    assert_eq!(data["entries"][2][3], HOSTILE);
    assert_eq!(data["failures"][0]["rows"][0], format!("lamp=7 {HOSTILE}"));
}

#[test]
fn a_page_asks_nobody_for_anything() {
    let page = page(&whole(), "replay");
    for outside in ["http:", "https:", "src=", "href=", "url(", "import", "fetch(", "XMLHttp", "innerHTML"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"));
    for place in ["{{title}}", "{{style}}", "{{script}}"] {
        assert!(!page.contains(place), "{place} was not filled in");
    }
}

#[test]
fn clients_come_first_and_an_answer_is_drawn_from_whom_it_was_asked() {
    let data = data(&page(&whole(), "replay"));
    let lanes = serde_json::json!([["reader", "client"], ["lamps-2", "process"], ["lamps", "other"]]);
    assert_eq!(data["lanes"], lanes);
    let answered = serde_json::json!([
        30_000,
        "message",
        0,
        1,
        "GET /lamps?after=3",
        25_000,
        27_000,
        200,
        0,
        "lamps/internal"
    ]);
    assert_eq!(data["entries"][3], answered);
    let fault = serde_json::json!([50_000, "fault", "lamps is killed", 3, 90_000, [1]]);
    assert_eq!(data["entries"][5], fault);
    assert_eq!(data["entries"][6][4], false);
    assert_eq!(data["ids"], serde_json::json!([Id::from_u128(7).to_string()]));
}

#[test]
fn twenty_thousand_entries_are_all_there() {
    let many = (0..20_000).map(|number| message(number + 5, Came::Answered(200), Some(number + 2)));
    let page = page(&outcome(many.collect()), "replay");
    assert_eq!(data(&page)["entries"].as_array().unwrap().len(), 20_000);
    assert!(page.len() < 4 * 1024 * 1024, "{} bytes", page.len());
}

#[test]
fn the_text_has_the_script_what_happened_and_what_broke() {
    let text = text(&whole());
    let wanted = [
        "seed 12, trace 00ff, 70s simulated",
        "   3    1.000 nemesis: lamps is killed",
        "   0.010000 ---- faults begin ----",
        "   0.050000 ! fault 3: lamps is killed",
        "   0.050000 * lamps-2 is dead",
        "   0.090000 BROKEN: every lamp is lit",
        "did not hold: every lamp is lit",
    ];
    wanted.iter().for_each(|line| assert!(text.contains(line), "{line} is not in\n{text}"));
    let lost = "   0.080000   reader > lamps/internal GET /lamps?after=3: no answer, it did not arrive (5ms) \
                ~00000000-0000-0000-0000-000000000007";
    assert_eq!(line(&message(80, Came::Nothing, None)), lost);
}
