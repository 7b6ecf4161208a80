//! `tradewind verify`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tradewind_fleet::{oracles, subscribed};
use tradewind_kernel::{Clock, Entropy};
use tradewind_verify::{Collector, Finding, Verdict, judge};

use crate::arguments::Verify;
use crate::doors::Doors;
use crate::table;

/// The exit status when promises could not be judged; broken ones end with 1.
const NOT_JUDGED: u8 = 2;

/// A fleet that has done nothing keeps every promise.
const NOTHING_SHOWN: &str = "Where nothing was examined nothing was shown: place an order first.\n";

pub(crate) fn run(options: &Verify) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(act(options))
}

async fn act(options: &Verify) -> Result<ExitCode, String> {
    let oracles = oracles().map_err(|error| error.to_string())?;
    let settle = if options.live { Duration::ZERO } else { Duration::from_secs(options.settle) };
    let evidence = collector(&options.data.data)?.collect(settle).await.map_err(|error| error.to_string())?;
    let findings = judge(&evidence.scratch, &oracles, evidence.is_quiet);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&findings).map_err(|error| error.to_string())?);
    } else {
        print!("{}", told(&findings, NOTHING_SHOWN));
    }
    Ok(status(&findings, options.live))
}

fn collector(folder: &Path) -> Result<Collector, String> {
    let Doors { services, book, secret } = Doors::of(folder)?;
    let (clock, entropy) = (Clock::system(), Entropy::system());
    Ok(Collector { services, subscribed: subscribed(), book, secret, clock, entropy })
}

fn status(findings: &[Finding], live: bool) -> ExitCode {
    let any = |wanted: Verdict| findings.iter().any(|finding| finding.verdict == wanted);
    if any(Verdict::Broken) || any(Verdict::Nothing) {
        return ExitCode::FAILURE;
    }
    if any(Verdict::Unanswered) || (any(Verdict::Busy) && !live) {
        return ExitCode::from(NOT_JUDGED);
    }
    ExitCode::SUCCESS
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Broken => "BROKEN",
        Verdict::Nothing => "NOTHING EXAMINED",
        Verdict::Busy => "not judged: busy",
        Verdict::Unanswered => "NOT ANSWERED",
    }
}

/// `nothing` says why there may be nothing to examine.
pub(crate) fn told(findings: &[Finding], nothing: &str) -> String {
    let heading = ["ORACLE", "ROWS EXAMINED", "BROKEN", "VERDICT"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(findings.iter().map(|finding| {
        let (examined, broken) = (finding.examined.to_string(), finding.broken.to_string());
        vec![finding.oracle.clone(), examined, broken, word(finding.verdict).to_owned()]
    }));
    let mut text = table::columns(&rows);
    for finding in findings.iter().filter(|finding| !finding.rows.is_empty()) {
        text.push_str(&format!("\n{}: {}\n", finding.oracle, finding.promise));
        for row in &finding.rows {
            text.push_str(&format!("  {}\n", table::plain(row)));
        }
        let more = finding.broken.saturating_sub(finding.rows.len());
        if more > 0 {
            text.push_str(&format!("  and {more} more\n"));
        }
    }
    text.push_str(&summary(findings, nothing));
    text
}

fn summary(findings: &[Finding], nothing: &str) -> String {
    let count = |wanted: Verdict| findings.iter().filter(|finding| finding.verdict == wanted).count();
    let examined: i64 = findings.iter().map(|finding| finding.examined).sum();
    let (clean, all) = (count(Verdict::Clean), findings.len());
    let mut text = format!("\n{clean} of {all} promises hold; {examined} rows were examined.\n");
    if count(Verdict::Nothing) > 0 {
        text.push_str(nothing);
    }
    if count(Verdict::Busy) > 0 {
        text.push_str("The fleet was busy all the time; stop the load, or give it longer with --settle.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(verdict: Verdict) -> Finding {
        let (oracle, promise) = ("an-oracle".to_owned(), "It holds.".to_owned());
        let (examined, broken, rows) = match verdict {
            Verdict::Clean => (7, 0, Vec::new()),
            Verdict::Broken => (7, 9, vec!["key=a\u{1b}[2J".to_owned()]),
            _ => (0, 0, Vec::new()),
        };
        Finding { oracle, promise, verdict, examined, broken, rows }
    }

    #[test]
    fn only_a_fleet_whose_promises_were_all_judged_and_hold_passes() {
        let status = |verdict, live| status(&[finding(Verdict::Clean), finding(verdict)], live);
        assert_eq!(status(Verdict::Clean, false), ExitCode::SUCCESS);
        assert_eq!(status(Verdict::Broken, true), ExitCode::FAILURE);
        assert_eq!(status(Verdict::Nothing, true), ExitCode::FAILURE);
        assert_eq!(status(Verdict::Busy, false), ExitCode::from(NOT_JUDGED));
        assert_eq!(status(Verdict::Busy, true), ExitCode::SUCCESS);
        assert_eq!(status(Verdict::Unanswered, true), ExitCode::from(NOT_JUDGED));
    }

    #[test]
    fn broken_promises_show_rows_and_never_move_the_cursor_of_a_terminal() {
        let text = told(&[finding(Verdict::Clean), finding(Verdict::Broken)], NOTHING_SHOWN);
        assert!(text.contains("an-oracle: It holds.\n  key=a [2J\n  and 8 more\n"), "{text}");
        assert!(text.contains("1 of 2 promises hold; 14 rows were examined."), "{text}");
    }
}
