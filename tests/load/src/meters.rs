//! What the measured process says of itself, and what the system says of it.

use std::collections::BTreeMap;

use http::Request;
use tradewind_client::{Body, PhoneBook};

/// The services with databases of their own rows.
pub(crate) const SERVICES: [&str; 13] = [
    "catalogue",
    "stock",
    "accounts",
    "customers",
    "provider",
    "payments",
    "shipping",
    "cart",
    "orders",
    "webhooks",
    "storage",
    "notification",
    "mail",
];

/// Ticks of the processor clock per second (`getconf CLK_TCK`), the same on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of a process so far, in seconds.
pub(crate) fn processor_seconds(process: u32) -> Result<f64, String> {
    seconds(&read(&format!("/proc/{process}/stat"))?)
}

/// The same by the names of its threads; threads of one name are added up.
pub(crate) fn threads(process: u32) -> Result<BTreeMap<String, f64>, String> {
    let folder = format!("/proc/{process}/task");
    let mut threads = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).map_err(|error| format!("{folder}: {error}"))?.flatten() {
        // A thread may end while the list is read.
        let Ok(text) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let name = text.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).unwrap_or_default().0;
        *threads.entry(name.to_owned()).or_default() += seconds(&text)?;
    }
    Ok(threads)
}

/// Processor time of a process, of its children, and of those of its children that have ended, in seconds.
pub(crate) fn family_seconds(parent: u32) -> Result<f64, String> {
    let own = read(&format!("/proc/{parent}/stat"))?;
    let mut sum = seconds(&own)? + ticks(&own, ENDED_CHILDREN).ok_or("unreadable /proc/…/stat")?;
    for entry in std::fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?.flatten() {
        // A process may end while the list is read; it is counted with its parent then.
        let Ok(text) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        if field(&text, PARENT) == Some(f64::from(parent)) {
            sum += seconds(&text)?;
        }
    }
    Ok(sum)
}

/// Where a `stat` of the system has what, counted behind the name (proc_pid_stat(5)).
const PARENT: usize = 1;
const OWN: usize = 11;
const ENDED_CHILDREN: usize = 13;

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// User and system time in a `stat` of the system, in seconds.
fn seconds(stat: &str) -> Result<f64, String> {
    ticks(stat, OWN).ok_or("unreadable /proc/…/stat".to_owned())
}

/// The sum of two neighbours, user and system time, in seconds.
fn ticks(stat: &str, index: usize) -> Option<f64> {
    Some((field(stat, index)? + field(stat, index + 1)?) / TICKS_PER_SECOND)
}

fn field(stat: &str, index: usize) -> Option<f64> {
    // The name in parentheses may hold spaces; the fields are counted behind it.
    stat.rsplit(')').next()?.split_whitespace().nth(index)?.parse().ok()
}

/// What the process behind an internal door says in the format of OpenMetrics.
pub(crate) async fn exposition(book: &PhoneBook, door: &str) -> Result<String, String> {
    let request = Request::get("/metrics").body(Body::empty()).map_err(|error| error.to_string())?;
    let response = book.peer(door).send(request).await.map_err(|problem| problem.to_string())?;
    let bytes = response.into_body().collect(4_000_000).await.map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The sum of all series of one name in an exposition; nothing when there is none.
pub(crate) fn total(exposition: &str, name: &str) -> Option<f64> {
    let of_name = |line: &&str| line.split([' ', '{']).next() == Some(name);
    let values = exposition.lines().filter(of_name).filter_map(|line| line.rsplit(' ').next()?.parse().ok());
    values.fold(None, |sum: Option<f64>, value: f64| Some(sum.unwrap_or_default() + value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_one_name_are_added_up() {
        let text =
            "# HELP a_total A.\na_total{x=\"1\"} 2\na_total{x=\"b c\"} 3.5\na_total_more 7\nb 0\n# EOF\n";
        assert_eq!(
            (total(text, "a_total"), total(text, "b"), total(text, "a")),
            (Some(5.5), Some(0.0), None)
        );
    }

    #[test]
    fn times_are_found_behind_a_name_with_spaces() {
        let stat = "17 (a (b) c) S 3 17 17 0 -1 0 0 0 0 0 250 50 100 20 20 0 1 0 5";
        assert_eq!(field(stat, PARENT), Some(3.0));
        assert_eq!((seconds(stat), ticks(stat, ENDED_CHILDREN)), (Ok(3.0), Some(1.2)));
    }
}
