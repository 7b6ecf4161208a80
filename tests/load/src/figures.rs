//! Figures: one line each, with its target and whether it was met.

use std::process::ExitCode;

/// The figures of one run.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    failed: bool,
    /// A pace, a size or a share missed its target; no promise is broken by that.
    missed: bool,
}

impl Figures {
    /// Prints a figure that must not exceed `most`.
    pub(crate) fn at_most(&mut self, name: &str, value: f64, most: f64) {
        self.line(name, &format!("{value:.3}"), &format!("<= {most}"), value <= most);
    }

    /// Prints a figure that must be at least `least`.
    pub(crate) fn at_least(&mut self, name: &str, value: f64, least: f64) {
        self.line(name, &format!("{value:.3}"), &format!(">= {least}"), value >= least);
    }

    /// Prints a speed, a time or a size that should not exceed `most`.
    pub(crate) fn pace_at_most(&mut self, name: &str, value: f64, most: f64) {
        self.missed |= value > most;
        show(name, &format!("{value:.3}"), &format!("<= {most}"), value <= most);
    }

    /// Prints a speed, a time or a size that should be at least `least`.
    pub(crate) fn pace_at_least(&mut self, name: &str, value: f64, least: f64) {
        self.missed |= value < least;
        show(name, &format!("{value:.3}"), &format!(">= {least}"), value >= least);
    }

    /// Prints a figure without a target.
    pub(crate) fn note(&self, name: &str, value: f64) {
        println!("{name:<40} {value:>12.3}   {:<12} -", "-");
    }

    /// Prints what stopped the run as a missed target.
    pub(crate) fn failure(&mut self, name: &str, message: &str) {
        println!("{name}: {message}");
        self.line(name, "stopped", "complete", false);
    }

    /// Whether a target was missed.
    pub(crate) fn failed(&self) -> bool {
        self.failed || self.missed
    }

    fn line(&mut self, name: &str, value: &str, target: &str, met: bool) {
        self.failed |= !met;
        show(name, value, target, met);
    }

    /// The exit status: failure when a target was missed; with `any_speed`, when a promise was broken.
    pub(crate) fn report(&self, any_speed: bool) -> ExitCode {
        let failed = if any_speed { self.failed } else { self.failed() };
        if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn show(name: &str, value: &str, target: &str, met: bool) {
    println!("{name:<40} {value:>12}   {target:<12} {}", if met { "PASS" } else { "FAIL" });
}

/// The value that `percent` of all do not exceed; 0 of none.
pub(crate) fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// The median of some values; 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_any_speed_only_a_broken_promise_fails() {
        let mut figures = Figures::default();
        figures.pace_at_most("slow", 2.0, 1.0);
        assert!(figures.failed());
        let fails = |figures: &Figures, any_speed| figures.report(any_speed) == ExitCode::FAILURE;
        assert_eq!((fails(&figures, false), fails(&figures, true)), (true, false));
        figures.at_most("lost", 1.0, 0.0);
        assert!(fails(&figures, true));
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let at = |percent| percentile(&values, percent);
        assert_eq!((at(0.0), at(50.0), at(99.0), at(100.0)), (1.0, 50.0, 99.0, 100.0));
        assert_eq!((percentile(&[7.0], 99.0), percentile(&[], 50.0)), (7.0, 0.0));
    }
}
