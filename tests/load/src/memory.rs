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

    /// How the memory of each process went between two instants.
    pub(crate) fn courses(&self, from: Instant, to: Instant) -> Vec<Course> {
        let minutes = |at: Instant| (at - self.began).as_secs_f64() / 60.0;
        let within = minutes(from)..=minutes(to);
        let told = self.of.iter().filter_map(|((label, _), samples)| {
            let first = samples.partition_point(|sample| sample.minutes < *within.start());
            let end = samples.partition_point(|sample| sample.minutes <= *within.end());
            let samples = &samples[first..end];
            let (first, last) = (samples.first()?.megabytes, samples.last()?.megabytes);
            Some(Course { label: label.clone(), slope: slope(samples)?, first, last })
        });
        told.collect()
    }
}

/// Resident memory of a process in some span of time, in megabytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    pub(crate) label: String,
    /// A minute.
    pub(crate) slope: f64,
    pub(crate) first: f64,
    pub(crate) last: f64,
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
    fn a_course_is_that_of_its_span_and_no_other() {
        let mut samples = Samples::new();
        let minute = |minutes: u64| samples.began + std::time::Duration::from_secs(60 * minutes);
        let (from, to) = (minute(1), minute(3));
        let of = [(0.0, 10.0), (1.0, 20.0), (2.0, 21.0), (3.0, 22.0), (4.0, 50.0)];
        let of = of.map(|(minutes, megabytes)| Sample { minutes, megabytes });
        samples.of.insert(("orders".to_owned(), 1), of.to_vec());
        let courses = samples.courses(from, to);
        assert_eq!(courses.len(), 1);
        assert!((courses[0].slope - 1.0).abs() < 1e-6, "{courses:?}");
        assert_eq!((courses[0].first, courses[0].last), (20.0, 22.0));
    }

    #[test]
    fn this_process_has_memory() {
        assert!(resident_megabytes(std::process::id()).is_some_and(|megabytes| megabytes > 0.1));
        assert_eq!(resident_megabytes(u32::MAX), None);
    }
}
