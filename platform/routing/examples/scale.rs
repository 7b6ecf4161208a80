//! What a look-up and a change cost as rules become more: `cargo run --release --example scale -p tradewind-routing`.
//!
//! For each kind of table one line for each number of rules: the median of a look-up over batches in nanoseconds with
//! the quartiles, its ratio to the smallest table, and what reading all documents and putting the table together took.
//! The batches of all tables take turns, so that a disturbance of the machine hits all of them.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock, prints, and ends where something is not as it should be"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use http::HeaderMap;
use tradewind_gateway_api::{Definitions, Document};
use tradewind_http_validation::path::{CanonicalPath, canonical};
use tradewind_routing::{Asked, BackendId, Documents, Table};

const ROUNDS: usize = 201;
const BATCH: usize = 1_000;
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const PORT: u16 = 8080;
/// Rules of one document; the standard allows 16.
const RULES: usize = 16;

/// How the rules of a table differ.
#[derive(Clone, Copy)]
enum Kind {
    Prefix,
    Exact,
    Host,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Prefix, Self::Exact, Self::Host];

    fn name(self) -> &'static str {
        match self {
            Self::Prefix => "path prefixes",
            Self::Exact => "exact paths",
            Self::Host => "hosts",
        }
    }

    /// Rules that stand in one document.
    fn rules(self) -> usize {
        if matches!(self, Self::Host) { 1 } else { RULES }
    }

    fn host(self, number: usize) -> String {
        if matches!(self, Self::Host) {
            format!("shop-{number}.example.com")
        } else {
            "example.com".to_owned()
        }
    }

    fn path(self, number: usize) -> String {
        if matches!(self, Self::Host) {
            "/".to_owned()
        } else {
            format!("/team-{}/service-{number}", number % 97)
        }
    }

    fn document(self, first: usize, size: usize) -> String {
        let kind = if matches!(self, Self::Exact) { "Exact" } else { "PathPrefix" };
        let mut text = format!(
            "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: route-{first}}}\n\
             spec:\n  parentRefs: [{{name: tradewind}}]\n  hostnames: [{}]\n  rules:\n",
            self.host(first)
        );
        for number in first..size.min(first + self.rules()) {
            text.push_str(&format!(
                "  - {{matches: [{{path: {{type: {kind}, value: {}}}}}], backendRefs: [{{name: shop, port: 80}}]}}\n",
                self.path(number)
            ));
        }
        text
    }
}

struct Tried {
    kind: Kind,
    size: usize,
    table: Table,
    asked: Vec<(String, CanonicalPath)>,
    reading: Duration,
    building: Duration,
    taken: Vec<f64>,
}

fn tried(kind: Kind, size: usize, definitions: &Definitions) -> Tried {
    let text: String = (0..size).step_by(kind.rules()).map(|first| kind.document(first, size)).collect();
    let begin = Instant::now();
    let read: Vec<Document> = text
        .split_inclusive("---\n")
        .flat_map(|document| definitions.read("routes.yaml", document).documents)
        .collect();
    let reading = begin.elapsed();
    let mut documents = Documents::default();
    read.into_iter().for_each(|document| documents.add(document).expect("a name of its own"));
    let begin = Instant::now();
    let built = Table::build(&documents, PORT, &|_: &BackendId| true);
    let building = begin.elapsed();
    assert_eq!(built.table.rules().count(), size, "{:?}", built.errors);
    let asked = (0..BATCH).map(|step| {
        // In no order, so that no cache knows what comes next.
        let number = step.wrapping_mul(7_919) % size;
        let path = kind.path(number) + if matches!(kind, Kind::Exact) { "" } else { "/items/7" };
        (kind.host(number), canonical(&path.replace("//", "/")).expect("a path"))
    });
    Tried { kind, size, table: built.table, asked: asked.collect(), reading, building, taken: Vec::new() }
}

fn main() {
    let definitions = Definitions::standard().expect("the definitions");
    let all = Kind::ALL.into_iter().flat_map(|kind| SIZES.map(|size| (kind, size)));
    let mut all: Vec<Tried> = all.map(|(kind, size)| tried(kind, size, &definitions)).collect();
    let headers = HeaderMap::new();
    for _ in 0..ROUNDS {
        for tried in &mut all {
            let begin = Instant::now();
            for (host, path) in &tried.asked {
                let asked = Asked { host, path, query: None, method: "GET", headers: &headers };
                assert!(black_box(tried.table.find(PORT, &asked)).is_some(), "{host} {path:?}");
            }
            tried.taken.push(begin.elapsed().as_nanos() as f64 / tried.asked.len() as f64);
        }
    }
    println!("rules differ by   rules  look-up ns  quartiles       ratio  reading ms  building ms");
    let mut smallest = 1.0;
    for tried in &mut all {
        tried.taken.sort_by(f64::total_cmp);
        let [low, median, high] = [1, 2, 3].map(|quarter| tried.taken[tried.taken.len() * quarter / 4]);
        if tried.size == SIZES[0] {
            smallest = median;
        }
        println!(
            "{:<14} {:>8}  {median:>10.0}  {low:>5.0}..{high:<7.0} {:>6.2}  {:>10.1}  {:>11.1}",
            tried.kind.name(),
            tried.size,
            median / smallest,
            tried.reading.as_secs_f64() * 1e3,
            tried.building.as_secs_f64() * 1e3,
        );
    }
}
