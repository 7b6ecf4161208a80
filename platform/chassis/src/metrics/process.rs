//! What the operating system knows about the process: Linux's `/proc/self`.

use std::fs;

use super::{Kind, Metrics};

/// Entries of the auxiliary vector, as `getauxval(3)` lists them.
const PAGE_SIZE: usize = 6;
const TICKS_PER_SECOND: usize = 17;

/// The fields of `/proc/self/stat` in use, in the file's own units.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    cpu_ticks: u64,
    threads: u64,
    /// Since the machine was started.
    start_ticks: u64,
    resident_pages: u64,
}

/// Registers what can be read now; names and meanings are those that all Prometheus clients share.
pub(super) fn register(metrics: &Metrics) {
    if stat().is_none() {
        return;
    }
    if let Some(page) = auxiliary(PAGE_SIZE) {
        let read = move || stat().map(|stat| stat.resident_pages * page);
        let help = "Resident memory of the process";
        metrics.observe("process_resident_memory_bytes", help, Kind::Gauge, read);
    }
    if let Some(ticks) = auxiliary(TICKS_PER_SECOND).filter(|ticks| *ticks > 0) {
        register_times(metrics, ticks);
    }
    let help = "Threads of the process";
    metrics.observe("process_threads", help, Kind::Gauge, || stat().map(|stat| stat.threads));
    let help = "Open file descriptors of the process";
    metrics.observe("process_open_fds", help, Kind::Gauge, open_files);
}

fn register_times(metrics: &Metrics, ticks_per_second: u64) {
    let seconds = move |ticks: u64| ticks as f64 / ticks_per_second as f64;
    let help = "Processor time the process has used, its own and the system's for it";
    let read = move || stat().map(|stat| seconds(stat.cpu_ticks));
    metrics.observe("process_cpu_seconds_total", help, Kind::Counter, read);
    // Read once: it does not change, and the file behind the machine's start is long.
    let started = machine_start().zip(stat());
    if let Some(started) = started.map(|(machine, stat)| machine as f64 + seconds(stat.start_ticks)) {
        let help = "When the process began, in seconds since 1970";
        metrics.observe("process_start_time_seconds", help, Kind::Gauge, move || started);
    }
}

fn stat() -> Option<Stat> {
    parse_stat(&fs::read_to_string("/proc/self/stat").ok()?)
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The second field is the program's name, in parentheses, and may hold anything. The rest begins with
    // the third, so field n of proc(5) is at n - 3.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Stat {
        cpu_ticks: field(14)? + field(15)?,
        threads: field(20)?,
        start_ticks: field(22)?,
        resident_pages: field(24)?,
    })
}

/// When the machine was started, in seconds since 1970.
fn machine_start() -> Option<u64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

fn open_files() -> Option<u64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    // Reading the folder opened one more.
    u64::try_from(count).ok()?.checked_sub(1)
}

/// What the kernel told the process about itself when it began; the way to `sysconf` without unsafe code.
fn auxiliary(kind: usize) -> Option<u64> {
    parse_auxiliary(&fs::read("/proc/self/auxv").ok()?, kind)
}

fn parse_auxiliary(bytes: &[u8], kind: usize) -> Option<u64> {
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| bytes.try_into().ok().map(usize::from_ne_bytes);
    let mut pairs = bytes.chunks_exact(2 * WORD);
    let found = pairs.find(|pair| word(&pair[..WORD]) == Some(kind))?;
    u64::try_from(word(&found[WORD..])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_cannot_shift_the_fields() {
        let text = "7 (a) b (c)) S 1 7 7 0 -1 4194304 100 0 0 0 30 12 0 0 20 0 9 0 5000 1000000 256 0 0";
        let expected = Stat { cpu_ticks: 42, threads: 9, start_ticks: 5000, resident_pages: 256 };
        assert_eq!(parse_stat(text), Some(expected));
        assert_eq!(parse_stat("7 (a) S 1 2"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn the_auxiliary_vector_is_read_in_pairs() {
        let words: [usize; 6] = [PAGE_SIZE, 4096, TICKS_PER_SECOND, 100, 0, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        assert_eq!(parse_auxiliary(&bytes, PAGE_SIZE), Some(4096));
        assert_eq!(parse_auxiliary(&bytes, TICKS_PER_SECOND), Some(100));
        assert_eq!(parse_auxiliary(&bytes, 33), None);
        assert_eq!(parse_auxiliary(&bytes[..7], PAGE_SIZE), None);
    }
}
