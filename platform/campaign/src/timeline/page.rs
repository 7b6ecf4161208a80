//! The timeline as one page.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tradewind_kernel::Id;
use tradewind_sim::{Came, Change, Entry, Message, Outcome, What};

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn write(outcome: &Outcome, replay: &str) -> String {
    let title = format!("seed {}", outcome.seed);
    let data = harmless(&Lanes::of(&outcome.journal).data(outcome, replay));
    // The data comes last: what is in it is never taken for a place to fill in.
    let frame = FRAME.replace("{{title}}", &title).replace("{{style}}", STYLE).replace("{{script}}", SCRIPT);
    frame.replacen("{{data}}", &data, 1)
}

/// JSON that stays data wherever it stands in a page: no text in it can end the element that it is in.
fn harmless(value: &Value) -> String {
    let escapes = [
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u{2028}", "\\u2028"),
        ("\u{2029}", "\\u2029"),
    ];
    escapes.iter().fold(value.to_string(), |text, (sign, escape)| text.replace(sign, escape))
}

/// Numbers for names and for correlations, so that each is written once.
struct Lanes<'a> {
    names: Vec<(&'a str, &'static str)>,
    by_name: BTreeMap<&'a str, usize>,
    by_id: BTreeMap<Id, usize>,
    ids: Vec<Id>,
}

impl<'a> Lanes<'a> {
    /// Clients first, then processes, then whoever else says something.
    fn of(entries: &'a [Entry]) -> Self {
        let (mut clients, mut processes, mut others) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (mut ids, mut by_id) = (Vec::new(), BTreeMap::new());
        for entry in entries {
            match &entry.what {
                What::Act { node, .. } => drop(clients.insert(&**node)),
                What::Node { node, .. } | What::Commit { node, .. } => drop(processes.insert(&**node)),
                What::Message(message) => {
                    others.insert(&*message.from);
                    others.insert(message.other());
                    if let Some(id) = message.correlation {
                        by_id.entry(id).or_insert_with(|| {
                            ids.push(id);
                            ids.len() - 1
                        });
                    }
                }
                _ => {}
            }
        }
        processes.retain(|name| !clients.contains(name));
        others.retain(|name| !clients.contains(name) && !processes.contains(name));
        let kinds = [("client", clients), ("process", processes), ("other", others)];
        let of_kind = |(kind, names): (&'static str, BTreeSet<&'a str>)| {
            names.into_iter().map(move |name| (name, kind)).collect::<Vec<_>>()
        };
        let names: Vec<(&str, &'static str)> = kinds.into_iter().flat_map(of_kind).collect();
        let by_name = names.iter().enumerate().map(|(number, (name, _))| (*name, number)).collect();
        Self { names, by_name, by_id, ids }
    }

    fn data(&self, outcome: &Outcome, replay: &str) -> Value {
        let failures = outcome.failures.iter();
        let planned =
            |lines: &[(u32, String)]| lines.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>();
        json!({
            "seed": outcome.seed.to_string(),
            "trace": outcome.trace,
            "replay": replay,
            "simulated": micros(outcome.simulated),
            "isWhole": outcome.entries == outcome.journal.len() as u64,
            "failures": failures.map(|each| json!({ "what": each.what, "rows": each.rows, "line": each.line })).collect::<Vec<_>>(),
            "faults": planned(&outcome.planned_faults),
            "acts": planned(&outcome.planned_acts),
            "lanes": self.names.iter().map(|(name, kind)| json!([name, kind])).collect::<Vec<_>>(),
            "ids": self.ids.iter().map(Id::to_string).collect::<Vec<_>>(),
            "entries": outcome.journal.iter().map(|entry| self.entry(entry)).collect::<Vec<_>>(),
        })
    }

    /// An entry as `page.js` reads it: when, of what kind, and what belongs to that.
    fn entry(&self, entry: &Entry) -> Value {
        let at = micros(entry.at);
        match &entry.what {
            What::Node { node, change } => {
                json!([at, "node", self.lane(node), change.to_string(), state(change)])
            }
            What::Act { number, node, text } => json!([at, "act", self.lane(node), text, number]),
            What::Fault { number, text, until, nodes } => {
                let lanes: Vec<_> = nodes.iter().filter_map(|node| self.lane(node)).collect();
                json!([at, "fault", text, number, until.map(micros), lanes])
            }
            What::Commit { node, .. } => json!([at, "commit", self.lane(node)]),
            What::Message(message) => self.message(at, message),
            What::Broken(text) => json!([at, "broken", text]),
            // What has no form of its own is a text.
            other => json!([at, "note", other.to_string()]),
        }
    }

    fn message(&self, at: u64, message: &Message) -> Value {
        let text = format!("{} {}", message.method, message.target);
        let (from, to) = (self.lane(&message.from), self.lane(message.other()));
        let id = message.correlation.and_then(|id| self.by_id.get(&id));
        let (sent, arrived) = (micros(message.sent), message.arrived.map(micros));
        let came = match message.came {
            Came::Answered(status) => json!(status),
            other => json!(other.to_string()),
        };
        json!([at, "message", from, to, text, sent, arrived, came, id, &*message.to])
    }

    fn lane(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

/// Whether a process is there after the change; nothing where it stays as it is.
fn state(change: &Change) -> Option<bool> {
    match change {
        Change::Begins(_) => Some(true),
        Change::Falls(_) | Change::Ends | Change::Leaves => Some(false),
        _ => None,
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
