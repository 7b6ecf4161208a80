use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::*;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Room(String);

impl Labels for Room {
    fn names() -> &'static [&'static str] {
        &["room"]
    }

    fn values(&self) -> Vec<Cow<'static, str>> {
        vec![self.0.clone().into()]
    }
}

fn room(name: &str) -> Room {
    Room(name.to_owned())
}

/// The samples of an exposition by what stands before the value; checks the form on the way.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let body = text.strip_suffix("# EOF\n").expect("the text ends with the end mark");
    let mut families: BTreeMap<&str, &str> = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in body.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').expect("a type");
            assert_eq!(families.insert(name, kind), None, "{name} is described twice");
        } else if !line.starts_with("# HELP ") {
            let (sample, value) = line.rsplit_once(' ').expect("a sample has a value");
            let name = sample.split('{').next().expect("a sample has a name");
            let last = *families.last_key_value().expect("a family comes first").0;
            assert!(families.keys().any(|family| name.starts_with(family)), "{name} has no family");
            assert!(name.starts_with(last), "{name} stands below {last}");
            let value = value.parse().expect("a number");
            assert_eq!(samples.insert(sample.to_owned(), value), None, "{sample} is there twice");
        }
    }
    samples
}

#[test]
fn the_text_has_names_labels_and_an_end() {
    let metrics = Metrics::new("lamps");
    metrics.counter("lamps_lit_total", "Lamps lit").add(3);
    metrics.gauge("lamps_burning", "Lamps that burn now").set(-2);
    let expected = "# HELP lamps_burning Lamps that burn now\n\
                    # TYPE lamps_burning gauge\n\
                    lamps_burning{service=\"lamps\"} -2\n\
                    # HELP lamps_lit Lamps lit\n\
                    # TYPE lamps_lit counter\n\
                    lamps_lit_total{service=\"lamps\"} 3\n\
                    # EOF\n";
    assert_eq!(metrics.render(), expected);
    assert_eq!(Metrics::new("none").render(), "# EOF\n");
}

#[test]
fn the_buckets_of_a_histogram_add_up() {
    let metrics = Metrics::new("lamps");
    let rooms = metrics.histogram_family("lamp_warm_up_seconds", "Time until a lamp is bright");
    for milliseconds in [1, 3, 3, 70, 20_000] {
        rooms.get(&room("hall")).record(Duration::from_millis(milliseconds));
    }
    let samples = parse(&metrics.render());
    let at = |le: &str| {
        samples[&format!("lamp_warm_up_seconds_bucket{{service=\"lamps\",le=\"{le}\",room=\"hall\"}}")]
    };
    let of = |part: &str| samples[&format!("lamp_warm_up_seconds_{part}{{service=\"lamps\",room=\"hall\"}}")];
    assert_eq!(
        [at("0.0005"), at("0.001"), at("0.005"), at("0.1"), at("10.0"), at("+Inf")],
        [0.0, 1.0, 3.0, 4.0, 4.0, 5.0]
    );
    assert_eq!(of("count"), 5.0);
    assert_eq!(of("sum"), 20.077);
    assert_eq!(samples.len(), 15 + 2);
}

#[test]
fn one_name_is_one_metric() {
    let metrics = Metrics::new("lamps");
    let same = metrics.clone();
    metrics.counter("lamps_lit_total", "Lamps lit").increment();
    same.counter("lamps_lit_total", "Lamps lit").increment();
    let family = |name| metrics.counter_family::<Room>(name, "Lamps by room");
    family("lamps_found_total").get(&room("hall")).increment();
    family("lamps_found_total").get(&room("hall")).increment();
    let samples = parse(&metrics.render());
    assert_eq!(samples["lamps_lit_total{service=\"lamps\"}"], 2.0);
    assert_eq!(samples["lamps_found_total{service=\"lamps\",room=\"hall\"}"], 2.0);
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "registered as something else")]
fn one_name_is_not_two_kinds() {
    let metrics = Metrics::new("lamps");
    let _ = metrics.gauge("lamps_lit", "Lamps lit");
    let _ = metrics.counter("lamps_lit_total", "Lamps lit");
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "snake_case")]
fn a_wrong_name_fails_at_once() {
    let _ = Metrics::new("lamps").gauge("lampsBurning", "Lamps that burn now");
}

#[test]
#[cfg(not(debug_assertions))]
fn a_taken_name_is_counted_apart_in_a_release() {
    let metrics = Metrics::new("lamps");
    metrics.gauge("lamps_lit", "Lamps lit").set(7);
    metrics.counter("lamps_lit_total", "Lamps lit").increment();
    let expected = [(String::from("lamps_lit{service=\"lamps\"}"), 7.0)];
    assert_eq!(parse(&metrics.render()), BTreeMap::from(expected));
}

#[test]
fn a_full_family_counts_the_rest_together() {
    let metrics = Metrics::new("lamps").with_label_sets(2);
    let rooms = metrics.counter_family("lamps_lit_total", "Lamps lit");
    for name in ["hall", "attic", "cellar", "garden", "cellar", "hall"] {
        rooms.get(&room(name)).increment();
    }
    let samples = parse(&metrics.render());
    let of = |name: &str| samples[&format!("lamps_lit_total{{service=\"lamps\",room=\"{name}\"}}")];
    assert_eq!([of("hall"), of("attic"), of("other")], [2.0, 1.0, 3.0]);
    assert_eq!(samples.len(), 3);
}

#[test]
fn a_genuine_other_shares_the_metric_of_the_rest() {
    let metrics = Metrics::new("lamps").with_label_sets(2);
    let rooms = metrics.counter_family("lamps_lit_total", "Lamps lit");
    for name in ["other", "hall", "cellar"] {
        rooms.get(&room(name)).increment();
    }
    let samples = parse(&metrics.render());
    assert_eq!(samples["lamps_lit_total{service=\"lamps\",room=\"other\"}"], 2.0);
}

#[test]
fn a_family_stays_bounded_whatever_comes() {
    let metrics = Metrics::new("lamps");
    let rooms = metrics.gauge_family("lamps_burning", "Lamps that burn now");
    for number in 0..5_000 {
        rooms.get(&room(&number.to_string())).increment();
    }
    let samples = parse(&metrics.render());
    assert_eq!(samples.len(), 1_001);
    assert_eq!(samples["lamps_burning{service=\"lamps\",room=\"other\"}"], 4_000.0);
}

#[test]
fn label_values_are_escaped() {
    let metrics = Metrics::new("the \"lamps\"");
    let rooms = metrics.counter_family("lamps_lit_total", "Lamps lit");
    rooms.get(&room("a\"} 1\nlamps\\")).increment();
    let expected = "lamps_lit_total{service=\"the \\\"lamps\\\"\",room=\"a\\\"} 1\\nlamps\\\\\"}";
    assert_eq!(parse(&metrics.render())[expected], 1.0);
}

#[test]
fn observed_values_of_one_name_are_one_family() {
    let metrics = Metrics::new("lamps");
    let writes = Arc::new(AtomicU64::new(7));
    for (pool, factor) in [("write", 1), ("read", 10)] {
        let writes = Arc::clone(&writes);
        let read = move || writes.load(Ordering::Relaxed) * factor;
        let labels = [("pool", pool.to_owned())];
        metrics.observe_with("db_works_total", "Works done", Kind::Counter, &labels, read);
    }
    metrics.observe("db_lag_seconds", "Lag", Kind::Gauge, || Duration::from_millis(1500));
    metrics.observe("db_size_bytes", "Size, if known", Kind::Gauge, || None::<u64>);
    writes.store(8, Ordering::Relaxed);
    let text = metrics.render();
    let samples = parse(&text);
    assert_eq!(samples["db_works_total{service=\"lamps\",pool=\"write\"}"], 8.0);
    assert_eq!(samples["db_works_total{service=\"lamps\",pool=\"read\"}"], 80.0);
    assert_eq!(samples["db_lag_seconds{service=\"lamps\"}"], 1.5);
    assert!(!text.contains("db_size_bytes"));
}

#[test]
fn observing_again_replaces_the_reader() {
    let metrics = Metrics::new("lamps");
    metrics.observe("db_works_total", "Works done", Kind::Counter, || -1_i64);
    assert_eq!(parse(&metrics.render())["db_works_total{service=\"lamps\"}"], 0.0);
    metrics.observe("db_works_total", "Works done", Kind::Counter, || 2_u64);
    assert_eq!(parse(&metrics.render())["db_works_total{service=\"lamps\"}"], 2.0);
}

#[test]
fn a_reader_may_use_the_metrics_itself() {
    let metrics = Metrics::new("lamps");
    let inner = metrics.clone();
    metrics.observe("lamps_known", "Lamps known", Kind::Gauge, move || {
        inner.counter("lamps_asked_total", "Times asked").increment();
        1_u64
    });
    assert!(metrics.render().contains("lamps_known"));
    assert!(metrics.render().contains("lamps_asked_total"));
}

#[test]
#[cfg(target_os = "linux")]
fn the_process_shows_itself() {
    let samples = parse(&Metrics::new("lamps").with_process().render());
    let of = |name: &str| samples[&format!("{name}{{service=\"lamps\"}}")];
    assert!(of("process_resident_memory_bytes") > 100_000.0);
    assert!(of("process_cpu_seconds_total") >= 0.0);
    assert!(of("process_open_fds") >= 1.0);
    assert!(of("process_threads") >= 1.0);
    assert!(of("process_start_time_seconds") > 1.6e9);
}

#[test]
fn threads_count_without_loss() {
    let metrics = Metrics::new("lamps");
    let rooms = metrics.counter_family("lamps_lit_total", "Lamps lit");
    let times = metrics.histogram("lamp_warm_up_seconds", "Time until a lamp is bright");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (rooms, times) = (rooms.clone(), times.clone());
            scope.spawn(move || {
                for turn in 0..1_000 {
                    rooms.get(&room(&format!("{}", (turn + thread) % 7))).increment();
                    times.record(Duration::from_millis(turn));
                }
            });
        }
    });
    let total: u64 = (0..7).map(|n| rooms.get(&room(&n.to_string())).value()).sum();
    assert_eq!((total, times.count()), (4_000, 4_000));
    assert_eq!(times.sum(), Duration::from_millis(4 * 499_500));
}
