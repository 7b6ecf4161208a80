//! Clients that mean harm: slow ones, by the thousand, and floods of HTTP/2 frames. Says after how long the peer closed.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a measuring tool talks to its user and looks at the real clock"
)]

mod flood;
mod frames;
mod slow;

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// Attacks a server of your own, and says after how long it closed the connections.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server: 127.0.0.1:PORT
    #[arg(long)]
    address: SocketAddr,
    /// The address that slow clients come from, such as 127.0.0.2: one that others have not
    #[arg(long)]
    from: Option<IpAddr>,
    /// What is done to it
    #[arg(long)]
    mode: Mode,
    /// Slow clients at once; a flood has one connection
    #[arg(long, default_value_t = 1000)]
    connections: usize,
    /// For how long, in seconds
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// How long a slow client waits between two bytes
    #[arg(long, default_value_t = 1000)]
    every_ms: u64,
    /// Slow clients come one after the other within this time, in seconds, instead of all at once
    #[arg(long, default_value_t = 0.0)]
    ramp_seconds: f64,
    /// A slow client that was closed comes again
    #[arg(long)]
    again: bool,
    /// What is asked for
    #[arg(long, default_value = "/big")]
    path: String,
    /// The host that is asked
    #[arg(long, default_value = "localhost")]
    host: String,
    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Connects and says nothing
    Idle,
    /// Sends a head byte by byte, and never ends it
    SlowHead,
    /// Announces a body of a megabyte and sends it byte by byte
    SlowBody,
    /// Asks again and again and reads the answers byte by byte
    SlowRead,
    /// HTTP/2 (the following all): opens streams and resets them
    RapidReset,
    /// Opens streams and has the server reset them, by window updates of nothing
    MadeYouReset,
    /// Asks for echoes
    Ping,
    /// Sends settings, each to be acknowledged
    Settings,
    /// Sends data frames without data
    EmptyData,
    /// Never ends the headers of a request
    Continuation,
    /// Sends window updates of one byte
    WindowUpdate,
    /// Reorders a stream for ever
    Priority,
    /// Asks for much, and opens no window for it
    ZeroWindow,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let slow = matches!(arguments.mode, Mode::Idle | Mode::SlowHead | Mode::SlowBody | Mode::SlowRead);
    let values = if slow { slow::run(&arguments) } else { flood::run(&arguments) };
    match values {
        Ok(values) if arguments.json => {
            let fields: Vec<_> = values.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            println!("{{{}}}", fields.join(","));
        }
        Ok(values) => values.iter().for_each(|(name, value)| println!("{name:<40} {value:>12.3}")),
        Err(error) => {
            eprintln!("attack: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Names and values that are shown in the end.
type Values = Vec<(String, f64)>;
