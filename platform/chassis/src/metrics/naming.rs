//! The rules for names, as the head of the parent module tells them.

use super::table::{Pairs, Shape};

/// What the format or a histogram adds to a name itself.
const RESERVED: [&str; 6] = ["total", "created", "bucket", "count", "sum", "info"];

/// Units that are no base units, and what to use instead.
const SCALED: [(&[&str], &str); 3] = [
    (
        &[
            "ms",
            "millis",
            "milliseconds",
            "us",
            "micros",
            "microseconds",
            "ns",
            "nanos",
            "nanoseconds",
            "minutes",
            "hours",
            "days",
        ],
        "seconds",
    ),
    (&["kb", "kib", "kilobytes", "mb", "mib", "megabytes", "gb", "gib", "gigabytes"], "bytes"),
    (&["percent", "percentage"], "ratio"),
];

/// The name of the family: a counter's `_total` belongs to its samples.
pub(super) fn family(name: &'static str, shape: Shape) -> &'static str {
    match shape {
        Shape::Counter => name.strip_suffix("_total").unwrap_or(name),
        Shape::Gauge | Shape::Histogram => name,
    }
}

/// Tells the developer at once, and the operator in the log.
pub(super) fn insist(checked: Result<(), String>) {
    if let Err(why) = checked {
        debug_assert!(false, "{why}");
        tracing::error!(why, "a metric breaks a rule");
    }
}

/// Whether a metric is named and explained by the rules.
pub(super) fn check(name: &'static str, help: &str, shape: Shape) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("metric {name}: {why}"));
    if !is_snake_case(name) {
        return refuse("a name is in snake_case");
    }
    match shape {
        Shape::Counter if !name.ends_with("_total") => return refuse("a counter ends in _total"),
        Shape::Histogram if !name.ends_with("_seconds") => return refuse("a histogram ends in _seconds"),
        _ => {}
    }
    let unit = family(name, shape).rsplit('_').next().unwrap_or(name);
    if RESERVED.contains(&unit) {
        return refuse(&format!("_{unit} is added by the format"));
    }
    if let Some((_, base)) = SCALED.iter().find(|(scaled, _)| scaled.contains(&unit)) {
        return refuse(&format!("give it in the base unit, _{base}"));
    }
    if help.is_empty() || help.contains(['\n', '"', '\\']) {
        return refuse("a help text is one line without quotes and backslashes");
    }
    Ok(())
}

/// Whether the metric `name` has a value for each label.
pub(super) fn check_count(name: &str, labels: &[&str], values: usize) -> Result<(), String> {
    if labels.len() == values {
        return Ok(());
    }
    Err(format!("metric {name}: {values} values for the labels {labels:?}"))
}

/// Whether the labels of the metric `name` are named by the rules.
pub(super) fn check_labels(name: &str, labels: &Pairs) -> Result<(), String> {
    for (at, (label, _)) in labels.iter().enumerate() {
        let refuse = |why: &str| Err(format!("metric {name}, label {label}: {why}"));
        if !is_snake_case(label) {
            return refuse("a name is in snake_case");
        }
        if ["service", "le"].contains(label) {
            return refuse("the name is taken");
        }
        if labels[..at].iter().any(|(other, _)| other == label) {
            return refuse("it is given twice");
        }
    }
    Ok(())
}

fn is_snake_case(name: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('_').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_the_rules_pass() {
        for (name, shape) in [
            ("lamps_lit_total", Shape::Counter),
            ("process_cpu_seconds_total", Shape::Counter),
            ("lamps_burning", Shape::Gauge),
            ("lamp_memory_bytes", Shape::Gauge),
            ("lamp_warm_up_seconds", Shape::Histogram),
        ] {
            assert_eq!(check(name, "Some help", shape), Ok(()), "{name}");
        }
    }

    #[test]
    fn other_names_are_refused_with_the_reason() {
        for (name, shape, reason) in [
            ("LampsLit_total", Shape::Counter, "snake_case"),
            ("lamps__lit_total", Shape::Counter, "snake_case"),
            ("1_lamp", Shape::Gauge, "snake_case"),
            ("", Shape::Gauge, "snake_case"),
            ("lamps_lit", Shape::Counter, "_total"),
            ("lamps_total", Shape::Gauge, "added by the format"),
            ("lamp_seconds_count", Shape::Gauge, "added by the format"),
            ("lamp_warm_up_ms", Shape::Gauge, "_seconds"),
            ("lamp_warm_up_millis_total", Shape::Counter, "_seconds"),
            ("lamp_memory_kb", Shape::Gauge, "_bytes"),
            ("lamp_warm_up", Shape::Histogram, "_seconds"),
        ] {
            let refused = check(name, "Some help", shape).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
        assert!(check("lamps", "Two\nlines", Shape::Gauge).is_err());
        assert!(check("lamps", "", Shape::Gauge).is_err());
    }

    #[test]
    fn each_label_has_a_value() {
        assert_eq!(check_count("lamps", &["room", "floor"], 2), Ok(()));
        assert!(check_count("lamps", &["room", "floor"], 1).is_err());
    }

    #[test]
    fn labels_are_named_by_the_rules() {
        let labels = |names: &[&'static str]| names.iter().map(|name| (*name, "x".into())).collect();
        assert_eq!(check_labels("lamps", &labels(&["room", "floor_number"])), Ok(()));
        for wrong in [&["service"][..], &["le"], &["Room"], &["room", "room"], &[""]] {
            assert!(check_labels("lamps", &labels(wrong)).is_err(), "{wrong:?}");
        }
    }
}
