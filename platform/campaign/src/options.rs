//! What the command line says.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use tradewind_sim::{Faults, Plan, Selection};

use crate::target::Target;

/// Run the fleet in one thread and in virtual time, under faults that seeds decide; the exit status tells.
///
/// Each seed is a run of its own. Its script, what clients do and what goes wrong, is drawn before it begins: processes
/// end at any await and at any commit, stand still, have clocks that jump, and are replaced by another version; the
/// network delays, loses, repeats and parts. While there are faults nothing bad may become visible; when they are over,
/// everything has to end, and all promises have to hold. A run that fails tells its seed, what broke with its rows and
/// what happened to it in every service, and the smallest part of its script that breaks the same promise.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// How many seeds; in 100 or more of them everything that is to be examined has to be, at least once
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 100,
        conflicts_with = "seed",
        help_heading = "Which runs"
    )]
    pub(crate) seeds: u64,
    /// The first of them
    #[arg(
        long,
        value_name = "SEED",
        default_value_t = 1,
        conflicts_with = "seed",
        help_heading = "Which runs"
    )]
    pub(crate) from: u64,
    /// This seed only
    #[arg(long, value_name = "SEED", help_heading = "Which runs")]
    pub(crate) seed: Option<u64>,
    /// How long there are faults, in the time of the run [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    #[arg(help_heading = "Which runs")]
    pub(crate) seconds: Option<u64>,
    /// Nothing goes wrong
    #[arg(long, help_heading = "Which runs")]
    pub(crate) no_faults: bool,
    /// Events pass by a broker, which has faults of its own; usually the seed decides between that and the feed
    #[arg(long, conflicts_with = "by_feed", help_heading = "Which runs")]
    pub(crate) by_broker: bool,
    /// Events pass by the feed
    #[arg(long, help_heading = "Which runs")]
    pub(crate) by_feed: bool,
    /// Of the script only the faults with these numbers, with commas between them; none when empty
    #[arg(long, value_name = "NUMBERS", requires = "seed", value_parser = numbers, help_heading = "Which runs")]
    pub(crate) only_faults: Option<BTreeSet<u32>>,
    /// The same of what clients do
    #[arg(long, value_name = "NUMBERS", requires = "seed", value_parser = numbers, help_heading = "Which runs")]
    pub(crate) only_acts: Option<BTreeSet<u32>>,

    /// Run every so many seeds twice, and compare; 0 for none
    #[arg(long, value_name = "NUMBER", default_value_t = 20, help_heading = "How they run")]
    pub(crate) repeat: u64,
    /// Go on after a run that failed
    #[arg(long, help_heading = "How they run")]
    pub(crate) keep_going: bool,
    /// How many runs at the same time [default: one for each core]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    #[arg(help_heading = "How they run")]
    pub(crate) threads: Option<u16>,
    /// Fail when a figure is below this in any run; `speed`, times real time, and `points` and `ends`, passes of and
    /// ends at each fault point, are meant over all runs. Can be given several times
    #[arg(long, value_name = "NAME=NUMBER", help_heading = "How they run")]
    pub(crate) least: Vec<Target>,

    /// Print everything that happened in runs that failed, or in the only run
    #[arg(long, help_heading = "What they tell")]
    pub(crate) trace: bool,
    /// Write the timeline of runs that failed, or of the only run, as a page for a browser: FILE.html, or a folder
    #[arg(long, value_name = "PATH", help_heading = "What they tell")]
    pub(crate) html: Option<PathBuf>,
    /// Do not look for a smaller script of the first run that failed
    #[arg(long, help_heading = "What they tell")]
    pub(crate) no_shrink: bool,
    /// Most runs that looking for it may take
    #[arg(long, value_name = "NUMBER", default_value_t = 400, help_heading = "What they tell")]
    pub(crate) shrink_runs: u32,
    /// List what happened at each fault point
    #[arg(long, help_heading = "What they tell")]
    pub(crate) points: bool,
}

impl Options {
    /// The first seed, and how many.
    pub(crate) fn range(&self) -> (u64, u64) {
        self.seed.map_or((self.from, self.seeds), |seed| (seed, 1))
    }

    /// What is run for a seed.
    pub(crate) fn plan(&self, plan: &Plan, seed: u64) -> Plan {
        let length = self.seconds.map_or(plan.length, Duration::from_secs);
        let faults = if self.no_faults { Faults::none() } else { plan.faults };
        let only = Selection {
            faults: self.only_faults.clone().or_else(|| plan.only.faults.clone()),
            acts: self.only_acts.clone().or_else(|| plan.only.acts.clone()),
        };
        let by_broker = if self.by_broker || self.by_feed { Some(self.by_broker) } else { plan.by_broker };
        Plan { seed, length, faults, by_broker, only, keeps_all: false, ..plan.clone() }
    }

    /// The command that gives a run of this again.
    pub(crate) fn replay(&self, name: &str, plan: &Plan, only: &Selection) -> String {
        let mut text = format!("{name} --seed {}", plan.seed);
        if let Some(by_broker) = plan.by_broker {
            text.push_str(if by_broker { " --by-broker" } else { " --by-feed" });
        }
        if let Some(seconds) = self.seconds {
            text.push_str(&format!(" --seconds {seconds}"));
        }
        if self.no_faults {
            text.push_str(" --no-faults");
        }
        for (option, numbers) in [("faults", &only.faults), ("acts", &only.acts)] {
            if let Some(numbers) = numbers {
                text.push_str(&format!(" --only-{option} {}", list(numbers)));
            }
        }
        text + " --trace"
    }
}

fn list(numbers: &BTreeSet<u32>) -> String {
    let list = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    if list.is_empty() { "''".to_owned() } else { list }
}

fn numbers(text: &str) -> Result<BTreeSet<u32>, String> {
    let number = |text: &str| text.trim().parse().map_err(|_| format!("'{text}' is not a number"));
    text.split(',').filter(|text| !text.trim().is_empty()).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        let all = std::iter::once("sim").chain(arguments.iter().copied());
        Options::try_parse_from(all).map_err(|error| error.to_string())
    }

    #[test]
    fn what_replays_a_run_is_understood_and_means_that_run() {
        let plan = Plan::new(Vec::new, 0);
        for (faults, acts) in [(None, None), (Some(vec![4, 1]), Some(vec![])), (None, Some(vec![7]))] {
            let set = |numbers: Option<Vec<u32>>| numbers.map(|numbers| numbers.into_iter().collect());
            let only = Selection { faults: set(faults), acts: set(acts) };
            let options = parsed(&["--from", "9", "--seconds", "30", "--by-feed"]).unwrap();
            let replay = options.replay("lamps sim", &options.plan(&plan, 9), &only);
            let words: Vec<&str> = replay.split(' ').skip(2).map(|word| word.trim_matches('\'')).collect();
            let again = parsed(&words).unwrap();
            let again_plan = again.plan(&plan, 9);
            assert_eq!(
                (again_plan.only, again_plan.seed, again_plan.by_broker),
                (only, 9, Some(false)),
                "{replay}"
            );
            assert_eq!(again_plan.length, Duration::from_secs(30));
            assert!(again.trace);
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (arguments, named) in [
            (&["--only-faults", "1"][..], "--seed"),
            (&["--seed", "1", "--only-acts", "one"], "'one' is not a number"),
            (&["--seed", "1", "--seeds", "3"], "cannot be used with"),
            (&["--least", "lamps"], "NAME=NUMBER"),
            (&["--seconds", "0"], "1..=86400"),
        ] {
            let error = parsed(arguments).unwrap_err();
            assert!(error.contains(named), "{arguments:?}: {error}");
        }
    }
}
