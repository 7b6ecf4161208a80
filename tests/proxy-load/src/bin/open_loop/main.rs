//! An open-loop generator: requests come at random moments at a given rate, whatever became of those before, and a
//! latency counts from the moment at which the request should have been sent.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a measuring tool talks to its user and looks at the real clock"
)]

mod counts;
mod drive;
mod link;
mod request;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tradewind_proxy_load::arrivals::Step;

/// Sends requests at random moments (Poisson arrivals), and says what became of them.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to: http://127.0.0.1:PORT/PATH
    #[arg(long)]
    url: String,
    /// Requests a second
    #[arg(long, default_value_t = 1000.0)]
    rate: f64,
    /// For how long, in seconds
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Instead of one rate several, one after the other: 1000x5,3000x10 is 1,000 a second for 5 s, then 3,000 for 10 s
    #[arg(long, value_delimiter = ',')]
    steps: Vec<Step>,
    /// Seconds at the first rate that are not counted
    #[arg(long, default_value_t = 0.0)]
    warm_up: f64,
    /// Connections at most; a request that finds none waits, and its wait counts
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// A request without an answer for so long has failed, and its connection is closed
    #[arg(long, default_value_t = 5000)]
    timeout_ms: u64,
    /// A new connection for each request
    #[arg(long)]
    fresh: bool,
    /// The method
    #[arg(long, default_value = "GET")]
    method: String,
    /// A further header, "Name: value"
    #[arg(long)]
    header: Vec<String>,
    /// Length of the body of each request
    #[arg(long, default_value_t = 0)]
    body_bytes: usize,
    /// Each request has an Idempotency-Key, and this share of them, in percent, is sent twice with the same key
    #[arg(long, value_name = "PERCENT")]
    duplicate: Option<f64>,
    /// The same seed gives the same moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// The steps; the first is the warm-up, and may be empty.
    fn all_steps(&self) -> Result<Vec<Step>, String> {
        let mut steps = self.steps.clone();
        if steps.is_empty() {
            steps.push(format!("{}x{}", self.rate, self.seconds).parse()?);
        }
        let rate = steps.first().map_or(1.0, |step| step.rate);
        let length = Duration::try_from_secs_f64(self.warm_up).map_err(|error| error.to_string())?;
        steps.insert(0, Step { rate, length });
        Ok(steps)
    }

    /// Address and path of the URL.
    fn target(&self) -> Result<(SocketAddr, &str), String> {
        let wrong = || format!("{} is not like http://127.0.0.1:8080/path", self.url);
        let rest = self.url.strip_prefix("http://").ok_or_else(wrong)?;
        let at = rest.find('/').unwrap_or(rest.len());
        let (address, path) = rest.split_at(at);
        Ok((address.parse().map_err(|_| wrong())?, if path.is_empty() { "/" } else { path }))
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match drive::run(&arguments) {
        Ok(report) if arguments.json => println!("{}", report.json()),
        Ok(report) => print!("{}", report.lines()),
        Err(error) => {
            eprintln!("open-loop: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
