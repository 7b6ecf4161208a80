//! The figures of a campaign, with what they had to come to.

use std::fmt;

use tradewind_sim::Passes;

use crate::options::Options;
use crate::sum::{Figure, Sum};
use crate::target::Target;

/// What a row begins with when it is one of several of its kind.
const INDENT: &str = "  ";

/// Runs from which on a campaign must have examined everything at least once. In fewer, something may rightly not have
/// come up.
const ENOUGH: u64 = 100;

/// Rows of name, value, target, and whether it was reached.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    value: String,
    /// What it had to come to, and whether it did.
    target: Option<(String, bool)>,
}

impl Table {
    /// Whether every target was reached.
    pub(crate) fn is_passed(&self) -> bool {
        self.rows.iter().all(|row| row.target.as_ref().is_none_or(|(_, is_reached)| *is_reached))
    }

    fn add(&mut self, name: impl Into<String>, value: impl Into<String>, target: Option<(String, bool)>) {
        self.rows.push(Row { name: name.into(), value: value.into(), target });
    }

    /// A figure of runs; it must not be nothing in all of them if it `is_owed`.
    fn figure(&mut self, name: &str, figure: Figure, target: Option<&Target>, is_owed: bool) {
        let value = format!("{}, at least {} in a run", figure.total, figure.least);
        match target {
            Some(target) if !is_owed || figure.total > 0 => {
                self.at_least(name, value, figure.least as f64, Some(target));
            }
            _ => self.add(name, value, is_owed.then(|| ("not 0 in all".to_owned(), figure.total > 0))),
        }
    }

    fn at_least(&mut self, name: &str, value: String, is: f64, target: Option<&Target>) {
        self.add(
            name,
            value,
            target.map(|target| (format!("at least {}", target.least), is >= target.least)),
        );
    }
}

/// `examines` are the figures that say how much was examined, of which a campaign must not have none.
pub(crate) fn table(sum: &Sum, options: &Options, examines: &[&str]) -> Table {
    let mut table = Table::default();
    let target = |name: &str| options.least.iter().find(|target| target.name == name);
    let owed = if sum.runs < ENOUGH { &[] } else { examines };
    let clean = sum.runs - sum.failed;
    table.add("runs clean", format!("{clean} of {}", sum.runs), Some(("all".to_owned(), sum.failed == 0)));
    let alike = sum.repeated - sum.unsteady.len() as u64;
    let repeated = (options.repeat > 0).then(|| ("all".to_owned(), sum.unsteady.is_empty()));
    table.add("runs repeated alike", format!("{alike} of {}", sum.repeated), repeated);
    let (simulated, took) = (sum.simulated.as_secs_f64(), sum.took.as_secs_f64().max(1e-9));
    let speed = simulated / took;
    let value = format!("{speed:.0} ({simulated:.0} s in {took:.1} s)");
    table.at_least("times real time", value, speed, target("speed"));
    for (name, figure) in sum.all_figures() {
        table.figure(name, figure, target(name), owed.contains(&name));
        if name == "faults" {
            for (kind, count) in &sum.kinds {
                table.add(format!("{INDENT}{kind}"), count.to_string(), None);
            }
        }
    }
    points(&mut table, sum, options, [target("points"), target("ends")]);
    missing(&mut table, sum, options, owed);
    table
}

/// Figures that no run had although something is asked of them.
fn missing(table: &mut Table, sum: &Sum, options: &Options, owed: &[&str]) {
    let is_figure = |name: &str| sum.all_figures().any(|(figure, _)| figure == name);
    let is_known = |name: &str| ["speed", "points", "ends"].contains(&name) || is_figure(name);
    let value = || "there is no such figure".to_owned();
    for target in options.least.iter().filter(|target| !is_known(&target.name)) {
        table.at_least(&target.name, value(), -1.0, Some(target));
    }
    for name in owed.iter().filter(|name| !is_figure(name)) {
        table.add(*name, value(), Some(("not 0 in all".to_owned(), false)));
    }
}

fn points(table: &mut Table, sum: &Sum, options: &Options, [passes, ends]: [Option<&Target>; 2]) {
    type Count = fn(&Passes) -> u64;
    let counts: [(_, Count, _); 2] = [
        ("passes of fault points", |passes| passes.passed, passes),
        ("ends at fault points", |passes| passes.ended, ends),
    ];
    for (what, count, target) in counts {
        let least = sum.points.iter().min_by_key(|(_, passes)| count(passes));
        let value = least.map_or_else(
            || "none in this build".to_owned(),
            |(name, passes)| format!("at least {} at each of {} ({name})", count(passes), sum.points.len()),
        );
        if least.is_some() || target.is_some() {
            let least = least.map_or(0, |(_, passes)| count(passes));
            table.at_least(what, value, least as f64, target);
        }
    }
    if options.points {
        for (name, passes) in &sum.points {
            let value = format!("{} passes, {} ends", passes.passed, passes.ended);
            table.add(format!("{INDENT}{name}"), value, None);
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wide = |of: fn(&Row) -> &str| self.rows.iter().map(|row| of(row).len()).max().unwrap_or_default();
        let (names, values) = (wide(|row| &row.name), wide(|row| &row.value));
        for row in &self.rows {
            let (name, value) = (&row.name, &row.value);
            match &row.target {
                None => writeln!(f, "{name:<names$}  {value}")?,
                Some((target, is_reached)) => {
                    let verdict = if *is_reached { "PASS" } else { "FAIL" };
                    writeln!(f, "{name:<names$}  {value:<values$}  {target:<14}  {verdict}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use clap::Parser;
    use tradewind_sim::{Failure, Outcome, Passes};

    use super::*;

    fn outcome(seed: u64, figures: &[(&'static str, u64)], failures: Vec<Failure>) -> Outcome {
        Outcome {
            seed,
            trace: String::new(),
            entries: 1,
            simulated: Duration::from_secs(60),
            faults: BTreeMap::from([("process killed", 3), ("network bad", 1)]),
            points: BTreeMap::from([("db.commit.after", Passes { passed: 9, ended: 1 })]),
            figures: figures.iter().copied().collect(),
            planned_faults: Vec::new(),
            planned_acts: Vec::new(),
            failures,
            journal: Vec::new(),
        }
    }

    /// Two runs in a second; the first is run twice.
    fn told(arguments: &[&str], is_steady: bool, failures: Vec<Failure>) -> Table {
        let mut sum = Sum { took: Duration::from_secs(1), ..Sum::default() };
        sum.add(outcome(1, &[("lamps lit", 5), ("bulbs", 2)], Vec::new()), Some(is_steady));
        sum.add(outcome(2, &[("lamps lit", 3)], failures), None);
        let options = Options::try_parse_from(std::iter::once("sim").chain(arguments.iter().copied()));
        table(&sum, &options.unwrap(), &[])
    }

    /// So many runs, in all of which nothing of the lamps was examined.
    fn examined(runs: u64, examines: &[&str], arguments: &[&str]) -> Table {
        let mut sum = Sum { took: Duration::from_secs(1), ..Sum::default() };
        for seed in 1..=runs {
            sum.add(outcome(seed, &[("lamps", 0), ("bulbs", seed / 100)], Vec::new()), None);
        }
        let options = Options::try_parse_from(std::iter::once("sim").chain(arguments.iter().copied()));
        table(&sum, &options.unwrap(), examines)
    }

    #[test]
    fn every_figure_has_a_row_and_targets_a_verdict() {
        let text = told(&["--least", "lamps lit=3", "--least", "speed=100"], true, Vec::new()).to_string();
        for (name, rest) in [
            ("runs clean", "2 of 2"),
            ("runs repeated alike", "1 of 1"),
            ("times real time", "120 (120 s in 1.0 s)"),
            ("lamps lit", "8, at least 3 in a run"),
            ("bulbs", "2, at least 0 in a run"),
            ("faults", "8, at least 4 in a run"),
            ("  process killed", "6"),
            ("passes of fault points", "at least 18 at each of 1 (db.commit.after)"),
        ] {
            let row =
                text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
            assert!(row.contains(rest), "{row}");
        }
        assert_eq!(text.matches("PASS").count(), 4, "{text}");
    }

    #[test]
    fn a_target_that_is_missed_fails_the_campaign() {
        let passes = |arguments: &[&str]| told(arguments, true, Vec::new()).is_passed();
        assert!(passes(&[]));
        for (name, reached, missed) in
            [("lamps lit", 3, 4), ("bulbs", 0, 1), ("faults", 4, 5), ("speed", 120, 121), ("points", 18, 19)]
        {
            assert!(passes(&["--least", &format!("{name}={reached}")]), "{name}");
            assert!(!passes(&["--least", &format!("{name}={missed}")]), "{name}");
        }
        assert!(!passes(&["--least", "windows=0"]), "there is no such figure");
    }

    #[test]
    fn what_no_run_of_many_has_examined_fails_the_campaign_and_is_named() {
        for (examines, is_passed) in
            [(&["bulbs"][..], true), (&["bulbs", "lamps"], false), (&["wires"], false)]
        {
            assert_eq!(examined(100, examines, &[]).is_passed(), is_passed, "{examines:?}");
            assert!(examined(99, examines, &[]).is_passed(), "{examines:?}, in few runs");
        }
        for (name, value) in [("lamps", "0, at least 0 in a run"), ("wires", "there is no such figure")] {
            // What is asked of each run besides does not make up for it.
            let text = examined(100, &["lamps", "wires"], &["--least", "lamps=0"]).to_string();
            let row =
                text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
            assert!(row.contains(value) && row.ends_with("not 0 in all    FAIL"), "{row}");
        }
    }

    #[test]
    fn a_broken_promise_or_another_second_run_fails_the_campaign() {
        assert!(!told(&[], true, vec![Failure::new("lamps are lit", Vec::new())]).is_passed());
        assert!(!told(&[], false, Vec::new()).is_passed());
    }
}
