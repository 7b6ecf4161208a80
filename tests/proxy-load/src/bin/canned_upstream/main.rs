//! An upstream that is never the limit: one thread, answers made in advance, one receive and one send per request.
//!
//! Ends with its standard input when `--until-end-of-input` is given, so that whoever started it cannot leave it behind.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a measuring tool talks to its user and looks at the real clock"
)]

mod answers;
mod connection;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use answers::Fault;

/// Answers HTTP/1.1 with what was made in advance.
///
/// GET / (and every other path): 1,024 bytes of JSON with seven headers. /big: 64 KiB. /slow?ms=N: after a while.
/// /status/N: that status. /close: the connection ends with the answer. /stream?events=N&ms=M: server-sent events.
/// POST /echo: the body. /fault/abort, garbage, partial, stall: what a broken backend does. /canned/stats: counts.
#[derive(Debug, Parser)]
struct Arguments {
    /// Address to listen at; with port 0 a free one, which is printed
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How many answers of /slow are worked on at once, the others wait their turn; 0 for all
    #[arg(long, default_value_t = 0)]
    slots: usize,
    /// What goes wrong with answers, whatever the path
    #[arg(long)]
    fault: Option<Fault>,
    /// Only each so-many-th request has the fault
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    fault_every: u64,
    /// A file that is served as JSON at this path: PATH=FILE
    #[arg(long, value_name = "PATH=FILE", value_parser = file)]
    file: Vec<(String, PathBuf)>,
    /// Ends when standard input does
    #[arg(long)]
    until_end_of_input: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match serve::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("canned-upstream: {error}");
            ExitCode::FAILURE
        }
    }
}

fn file(text: &str) -> Result<(String, PathBuf), String> {
    let (path, file) = text.split_once('=').ok_or("write PATH=FILE")?;
    Ok((path.to_owned(), PathBuf::from(file)))
}
