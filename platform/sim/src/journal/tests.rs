use super::*;
use tradewind_kernel::{Id, Timestamp};

fn message(change: impl FnOnce(&mut Message)) -> What {
    let mut message = Message {
        from: "reader".into(),
        to: "lamps:8000".into(),
        node: Some("lamps".into()),
        method: "GET".into(),
        target: "/lamps?after=3".to_owned(),
        sent: Duration::from_millis(2),
        arrived: Some(Duration::from_millis(3)),
        correlation: Some(Id::from_u128(1)),
        came: Came::Answered(200),
    };
    change(&mut message);
    What::Message(Box::new(message))
}

fn journal(keeps_all: bool, all: &[What]) -> Journal {
    let journal = Journal::new(Clock::simulated(Timestamp::from_micros(0)), keeps_all);
    all.iter().for_each(|what| journal.enter(what.clone()));
    journal
}

#[tokio::test(start_paused = true)]
async fn whatever_is_different_in_an_entry_makes_another_digest() {
    let lamps = || "lamps".into();
    let all = [
        What::Note("a".to_owned()),
        What::Note("b".to_owned()),
        What::Broken("a".to_owned()),
        What::Commit { node: lamps(), wall: Timestamp::from_micros(1) },
        What::Commit { node: lamps(), wall: Timestamp::from_micros(2) },
        What::Node { node: lamps(), change: Change::Ends },
        What::Node { node: lamps(), change: Change::Begins(1) },
        What::Node { node: lamps(), change: Change::Begins(2) },
        What::Fault { number: 1, text: "a".to_owned(), until: None, nodes: Vec::new() },
        What::Act { number: 1, node: lamps(), text: "a".to_owned() },
        message(|_| ()),
        message(|message| message.from = "writer".into()),
        message(|message| message.to = "lamps:8001".into()),
        message(|message| message.node = None),
        message(|message| message.method = "PUT".into()),
        message(|message| message.target = "/lamps?after=4".to_owned()),
        message(|message| message.sent = Duration::from_millis(1)),
        message(|message| message.arrived = None),
        message(|message| message.correlation = None),
        message(|message| message.correlation = Some(Id::from_u128(2))),
        message(|message| message.came = Came::Answered(201)),
        message(|message| message.came = Came::Nothing),
        message(|message| message.came = Came::Reset),
        // A text that ends earlier, and the next that begins earlier.
        message(|message| (message.from, message.to) = ("readerl".into(), "amps:8000".into())),
    ];
    let digests: Vec<_> = all.iter().map(|what| journal(true, std::slice::from_ref(what)).digest()).collect();
    let different: std::collections::BTreeSet<_> = digests.iter().collect();
    assert_eq!(different.len(), all.len());
    let later = journal(true, &[]);
    tokio::time::advance(Duration::from_millis(1)).await;
    later.note("a");
    assert_ne!(later.digest(), digests[0]);
}

#[tokio::test(start_paused = true)]
async fn only_the_newest_entries_are_kept_and_all_are_counted() {
    let all: Vec<_> = (0..200).map(|number| What::Note(number.to_string())).collect();
    let (some, every) = (journal(false, &all), journal(true, &all));
    assert_eq!(some.digest(), every.digest());
    assert_eq!(some.digest().1, 200);
    assert_eq!(every.entries().len(), 200);
    assert_eq!(some.entries(), every.entries()[200 - NEWEST..]);
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_a_line() {
    let lines = |what| journal(true, &[what]).entries()[0].to_string();
    assert_eq!(lines(message(|_| ())), "   0.000000 reader > lamps:8000 GET /lamps?after=3: 200");
    let lost = lines(message(|message| (message.came, message.arrived) = (Came::Nothing, None)));
    assert_eq!(lost, "   0.000000 reader > lamps:8000 GET /lamps?after=3: no answer, it did not arrive");
    let falls = What::Node { node: "lamps".into(), change: Change::Falls("process killed after a commit") };
    assert_eq!(lines(falls), "   0.000000 lamps falls: process killed after a commit");
}
