//! Whether resident memory grows, by the line of least squares through samples of it.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::parts::Part;

/// Bytes in a page of memory, the same on every machine that this runs on.
const PAGE: f64 = 4_096.0;

const BYTES_PER_MEGABYTE: f64 = 1_048_576.0;

/// Samples of the resident memory of each process of a fleet.
#[derive(Debug)]
pub(crate) struct Samples {
    began: Instant,
    /// By name and process: one that was started again begins anew.
    of: BTreeMap<(String, u32), Vec<Sample>>,
}

/// So many megabytes after so many minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    minutes: f64,
    megabytes: f64,
}

impl Samples {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), of: BTreeMap::new() }
    }

    /// Takes a sample of each process.
    pub(crate) fn take(&mut self, parts: &[Part]) {
        let minutes = self.began.elapsed().as_secs_f64() / 60.0;
        for part in parts {
            // One that has ended has no memory.
            let Some(megabytes) = resident_megabytes(part.process()) else { continue };
            self.of.entry((part.label(), part.process())).or_default().push(Sample { minutes, megabytes });
        }
    }

    /// For each process its name, its slope in megabytes a minute, and the last sample.
    pub(crate) fn slopes(&self) -> Vec<(String, f64, f64)> {
        let told = self.of.iter().filter_map(|((label, _), samples)| {
            Some((label.clone(), slope(samples)?, samples.last()?.megabytes))
        });
        told.collect()
    }
}

/// Resident memory of a process.
fn resident_megabytes(process: u32) -> Option<f64> {
    let statm = std::fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    let pages: f64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * PAGE / BYTES_PER_MEGABYTE)
}

/// The slope of the line of least squares; nothing for less than two times.
fn slope(samples: &[Sample]) -> Option<f64> {
    let count = samples.len() as f64;
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (minutes, megabytes) = (mean(|sample| sample.minutes), mean(|sample| sample.megabytes));
    let spread: f64 = samples.iter().map(|sample| (sample.minutes - minutes).powi(2)).sum();
    let common = |sample: &Sample| (sample.minutes - minutes) * (sample.megabytes - megabytes);
    (spread > 0.0).then(|| samples.iter().map(common).sum::<f64>() / spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(per_minute: f64) -> Vec<Sample> {
        let noise = [0.5, -0.5, -0.5, 0.5];
        let sample = |second: u32| {
            let minutes = f64::from(second) / 60.0;
            Sample { minutes, megabytes: 40.0 + per_minute * minutes + noise[second as usize % 4] }
        };
        (0..120).map(sample).collect()
    }

    #[test]
    fn the_slope_of_a_noisy_line_is_that_of_the_line() {
        for per_minute in [0.0, 3.0, -2.0] {
            let found = slope(&line(per_minute)).unwrap();
            assert!((found - per_minute).abs() < 0.05, "{found} of {per_minute}");
        }
        assert_eq!((slope(&[]), slope(&line(1.0)[..1])), (None, None));
    }

    #[test]
    fn this_process_has_memory() {
        assert!(resident_megabytes(std::process::id()).is_some_and(|megabytes| megabytes > 0.1));
        assert_eq!(resident_megabytes(u32::MAX), None);
    }
}
