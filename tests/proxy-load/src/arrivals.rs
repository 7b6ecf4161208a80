//! When requests arrive: at random moments, at a rate that may change in steps, and whatever became of those before.

use std::str::FromStr;
use std::time::Duration;

/// Numbers that look random and are the same again for the same seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (SplitMix64).
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next share: at least 0, below 1.
    pub fn share(&mut self) -> f64 {
        (self.next_number() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// So many requests a second, for so long. Written `1000x5`: 1,000 a second for 5 seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Requests a second on average.
    pub rate: f64,
    /// How long.
    pub length: Duration,
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text} is no step: write 1000x5 for 1,000 requests a second for 5 seconds");
        let (rate, seconds) = text.split_once('x').ok_or_else(wrong)?;
        let rate: f64 = rate.parse().map_err(|_| wrong())?;
        let length = Duration::try_from_secs_f64(seconds.parse().map_err(|_| wrong())?);
        let fits = rate.is_finite() && rate > 0.0;
        fits.then_some(()).and(length.ok()).map(|length| Self { rate, length }).ok_or_else(wrong)
    }
}

/// The moments of a Poisson process, step after step.
#[derive(Debug)]
pub struct Arrivals {
    steps: Vec<Step>,
    random: Random,
    step: usize,
    /// When the step began, since the beginning of all.
    began: Duration,
    at: Duration,
}

impl Arrivals {
    /// Arrivals of these steps.
    pub fn new(steps: Vec<Step>, seed: u64) -> Self {
        Self { steps, random: Random::new(seed), step: 0, began: Duration::ZERO, at: Duration::ZERO }
    }
}

impl Iterator for Arrivals {
    /// The step, and the moment since the beginning of all.
    type Item = (usize, Duration);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let step = self.steps.get(self.step)?;
            let gap = -(1.0 - self.random.share()).ln() / step.rate;
            self.at += Duration::try_from_secs_f64(gap).unwrap_or(step.length);
            let ends = self.began + step.length;
            if self.at < ends {
                return Some((self.step, self.at));
            }
            // A Poisson process has no memory: the next step begins anew at its beginning.
            (self.began, self.at, self.step) = (ends, ends, self.step + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(texts: &[&str]) -> Vec<Step> {
        texts.iter().map(|text| text.parse().expect("a step")).collect()
    }

    #[test]
    fn each_step_has_its_rate_and_its_time() {
        let all: Vec<_> = Arrivals::new(steps(&["1000x10", "4000x5"]), 1).collect();
        let of = |step| all.iter().filter(move |(of, _)| *of == step);
        let near = |step, expected: f64| (of(step).count() as f64 - expected).abs() < 4.0 * expected.sqrt();
        assert!(near(0, 10_000.0) && near(1, 20_000.0), "{} and {}", of(0).count(), of(1).count());
        assert!(of(0).all(|(_, at)| at.as_secs() < 10));
        assert!(of(1).all(|(_, at)| (10..15).contains(&at.as_secs())));
        assert!(all.is_sorted_by_key(|(_, at)| *at));
    }

    #[test]
    fn gaps_vary_as_those_of_a_poisson_process_do() {
        let all: Vec<_> = Arrivals::new(steps(&["1000x20"]), 7).map(|(_, at)| at.as_secs_f64()).collect();
        let gaps: Vec<_> = all.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let above = gaps.iter().filter(|gap| **gap > mean).count() as f64 / gaps.len() as f64;
        assert!((above - (-1.0_f64).exp()).abs() < 0.02, "{above}");
    }

    #[test]
    fn the_same_seed_gives_the_same_moments() {
        let first = |seed| Arrivals::new(steps(&["1000x1"]), seed).take(5).collect::<Vec<_>>();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn what_is_no_step_is_refused() {
        for text in ["", "5", "x", "0x5", "-1x5", "1x-5", "nanx1", "infx1", "1x"] {
            assert!(text.parse::<Step>().is_err(), "{text}");
        }
    }
}
