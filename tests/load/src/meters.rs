//! What the measured process says of itself, and what the system says of it.

use std::collections::BTreeMap;

use http::Request;
use tradewind_client::{Body, PhoneBook};

/// The services with databases of their own rows.
pub(crate) const SERVICES: [&str; 4] = ["catalogue", "stock", "customers", "orders"];

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

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

/// User and system time in a `stat` of the system (proc_pid_stat(5)), in seconds.
fn seconds(stat: &str) -> Result<f64, String> {
    // The name in parentheses may hold spaces; the fields are counted behind it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok());
    let ticks = field(11).zip(field(12)).map(|(user, system)| user + system);
    ticks.map(|ticks| ticks / TICKS_PER_SECOND).ok_or("unreadable /proc/…/stat".to_owned())
}

/// A counter, summed over all services.
pub(crate) async fn sum(book: &PhoneBook, counter: &str) -> Result<f64, String> {
    let mut sum = 0.0;
    for service in SERVICES {
        sum += of_service(book, service, counter).await?;
    }
    Ok(sum)
}

/// A counter of one service.
pub(crate) async fn of_service(book: &PhoneBook, service: &str, counter: &str) -> Result<f64, String> {
    let request = Request::get("/metrics").body(Body::empty()).map_err(|error| error.to_string())?;
    let peer = book.peer(&format!("{service}/internal"));
    let response = peer.send(request).await.map_err(|problem| problem.to_string())?;
    let bytes = response.into_body().collect(4_000_000).await.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(counter));
    let value = line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    value.ok_or_else(|| format!("{service} has no counter {counter}"))
}
