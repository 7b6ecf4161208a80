//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::disk::PowerLoss;
use crate::process::Signal;
use crate::races::Race;
use crate::setup::{Engine, Setup};

/// Measures a fleet from outside. Build it first: cargo build --release
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The binary to measure; by default the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) binary: Option<PathBuf>,
    /// Where the run keeps its data; by default a new folder in the system's temporary folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Only what is lost or wrong makes the run fail, not a missed speed, time or size
    #[arg(long)]
    pub(crate) any_speed: bool,
    #[command(subcommand)]
    pub(crate) run: Run,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Run {
    /// Time to ready on an empty folder and on a restart
    Start {
        /// How often each is measured
        #[arg(long, default_value_t = 5)]
        rounds: u32,
    },
    /// Memory, processor and statements when idle after many orders
    Footprint {
        /// Orders placed before
        #[arg(long, default_value_t = 10_000)]
        orders: u32,
        /// Seconds of idleness that are measured
        #[arg(long, default_value_t = 60)]
        idle_seconds: u64,
        #[command(flatten)]
        setup: Setup,
    },
    /// Orders per second of clients that order again as soon as their order is open, beside the engine's commits
    Throughput {
        /// Clients
        #[arg(long, default_value_t = 32)]
        clients: u32,
        /// How long is measured
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Everybody wants the same product
        #[arg(long)]
        hot: bool,
        #[command(flatten)]
        setup: Setup,
    },
    /// Many buyers at once for few pieces: as many orders open as there are pieces, the others are sold out
    FlashSale {
        /// How often
        #[arg(long, default_value_t = 50)]
        rounds: u32,
        /// Buyers, all at once
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
        buyers: u32,
        /// Pieces there are
        #[arg(long, default_value_t = 100)]
        pieces: u32,
        #[command(flatten)]
        setup: Setup,
    },
    /// Many clients at once for the last piece, the last credit, the last coupon, the last amount to give back
    Races {
        /// How often each
        #[arg(long, default_value_t = 1_000)]
        rounds: u32,
        /// Clients, all at once
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        clients: u32,
        /// Only these races; may be repeated
        #[arg(long, value_name = "RACE", value_delimiter = ',')]
        only: Vec<Race>,
        #[command(flatten)]
        setup: Setup,
    },
    /// Visitors of the shop's page, as in the performance test of the original shop
    Browse {
        /// Visitors per second
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
        per_second: u32,
        /// How long they come
        #[arg(long, default_value_t = 30)]
        seconds: u32,
    },
    /// Lists, searches and product pages per second of a large catalogue
    Catalogue {
        /// Products
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
        products: u32,
        /// Clients, each of which asks again as soon as it is answered
        #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
        clients: u32,
        /// How long each of them asks for one kind of thing
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
        #[command(flatten)]
        setup: Setup,
    },
    /// Product pages and whole checkouts by the shop's own pages and forms
    Pages {
        /// Products
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
        products: u32,
        /// Browsers, each of which goes on as soon as it is answered
        #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
        clients: u32,
        /// How long they do each of the two
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
        #[command(flatten)]
        setup: Setup,
    },
    /// Events per second that are relayed to a broker, beside a client that publishes as many messages
    Relay {
        /// Events, and messages
        #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..))]
        events: u32,
        /// How often each is measured, in turn
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
    },
    /// Time from the return of a commit to the entry of the handler of its event, through the log
    Latency {
        /// Events per second
        #[arg(long, default_value_t = 500)]
        per_second: u32,
        /// How long
        #[arg(long, default_value_t = 20)]
        seconds: u32,
        /// Where the log lies
        #[arg(long, value_name = "ENGINE", default_value = "sqlite")]
        engine: Engine,
        /// The events travel by a broker, which the run starts
        #[arg(long)]
        broker: bool,
    },
    /// Events per second that a subscription gets through when it has fallen behind by many
    Backlog {
        /// Events in the log
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
        events: u32,
        /// How many of them are also handled, each with a row of its own
        #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
        handled: u32,
        /// Where the log lies; there is only this one yet
        #[arg(long, value_name = "ENGINE", default_value = "postgres")]
        engine: Engine,
    },
    /// Makes the view of orders again from many events: how fast, and whether anybody who reads notices
    Rebuild {
        /// Events of orders, about
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
        events: u32,
        #[command(flatten)]
        setup: Setup,
    },
    /// Whole checkouts through the gateway: cart, quote, completion and card, until the order is open
    Checkout {
        /// Clients
        #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
        clients: u32,
        /// How long is measured
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        #[command(flatten)]
        setup: Setup,
    },
    /// Orders by card with a provider that misbehaves: each that is paid is charged once, and both books are equal
    CardOrders {
        /// Orders
        #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
        orders: u32,
        #[command(flatten)]
        setup: Setup,
    },
    /// Reads of one service after writes to another, with position tokens: how many are stale, and how many had to wait
    Freshness {
        /// Orders, each followed by a read with a token
        #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
        operations: u32,
        /// Clients, each with a product of its own
        #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(2..=1_000))]
        clients: u32,
        #[command(flatten)]
        setup: Setup,
    },
    /// Takes the broker away under traffic: orders go on, and what gathered is drained soon after its return
    Outage {
        /// How long it is away
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// How long there is traffic before anything is measured
        #[arg(long, value_name = "SECONDS", default_value_t = 90)]
        warm_up: u64,
        #[command(flatten)]
        setup: Setup,
    },
    /// Replaces every process under traffic of clients that repeat nothing; no request may fail
    RollingRestart {
        /// How often each process is replaced
        #[arg(long, default_value_t = 3)]
        rounds: u32,
        #[command(flatten)]
        setup: Setup,
    },
    /// Kills one of several replicas under traffic of clients that repeat nothing; no request may fail
    ReplicaKill {
        /// How often one is killed
        #[arg(long, default_value_t = 10)]
        kills: u32,
        /// Repeats the choices of a run that printed this seed; by default a random one
        #[arg(long)]
        seed: Option<u64>,
        /// Without --replicas orders and stock have three each
        #[command(flatten)]
        setup: Setup,
    },
    /// Kills the process under load, again and again; nothing acknowledged may be lost
    KillLoop(KillLoop),
}

/// With `--processes` every process is a target, and so are the servers.
#[derive(Debug, Args)]
pub(crate) struct KillLoop {
    /// How often it is killed
    #[arg(long, default_value_t = 100)]
    pub(crate) kills: u32,
    /// The signal: KILL, TERM or INT
    #[arg(long, default_value = "KILL", conflicts_with = "processes")]
    pub(crate) signal: Signal,
    /// Orders acknowledged between two kills, at least
    #[arg(long, default_value_t = 20)]
    pub(crate) acknowledged: u32,
    /// Repeats the choices of a run that printed this seed; by default a random one
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Cuts the power with each kill: the fleet lives on a disk that forgets what was not synced (Linux;
    /// root or fusermount3)
    #[arg(long, value_name = "LOSS", num_args = 0..=1, default_missing_value = "torn")]
    #[arg(conflicts_with_all = ["engine", "broker", "processes"])]
    pub(crate) power_loss: Option<PowerLoss>,
    /// Leave out `tradewind verify` at the end
    #[arg(long)]
    pub(crate) no_verify: bool,
    #[command(flatten)]
    pub(crate) setup: Setup,
    /// How many of a hundred kills hit the server, if there is one
    #[arg(long, value_name = "PERCENT", default_value_t = 60, conflicts_with = "processes")]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) server_share: u32,
    #[command(flatten)]
    pub(crate) fleet: FleetKills,
}

/// What only a fleet of many processes knows.
#[derive(Debug, Args)]
pub(crate) struct FleetKills {
    /// Only these are killed: orders, orders-2, postgres, rabbitmq; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',', requires = "processes")]
    pub(crate) targets: Vec<String>,
    /// Orders acknowledged before the kills of one target, all of its kills together, at least
    #[arg(long, value_name = "NUMBER", default_value_t = 500, requires = "processes")]
    pub(crate) writes_per_target: u32,
    /// Events announced before the kills of one target, all of its kills together, at least
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, requires = "processes")]
    pub(crate) events_per_target: u32,
    /// Of the messages 5 % come twice and 2 % out of their order, in a build with fault points
    #[arg(long, requires = "processes")]
    pub(crate) disturb: bool,
}
