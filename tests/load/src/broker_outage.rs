//! The broker is away for a minute under traffic: orders go on, and what gathered is drained soon after.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::figures::{Figures, median, percentile};
use crate::folder::Folder;
use crate::memory::Samples;
use crate::rig::Rig;
use crate::setup::{Broker, Setup};
use crate::traffic::{Sent, Traffic};

/// How long there is traffic before the outage, so that memory has its usual size.
const CALM: Duration = Duration::from_secs(20);

/// How long the fleet may take to get through what gathered in the hurry of the warm-up.
const SETTLE: Duration = Duration::from_secs(10);

/// How long there is traffic after everything is drained.
const AFTER: Duration = Duration::from_secs(20);

/// The most that draining should take after the broker's return, in seconds.
const DRAINED: f64 = 20.0;

/// How long draining may take until the run is given up.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);

/// The most that resident memory of a process should grow, in megabytes a minute.
const SLOPE: f64 = 1.0;

/// How long after the broker's end the slope begins: until then the clients make room for their next connections,
/// which they do once.
const PREPARED: Duration = Duration::from_secs(10);

/// The pause between two looks at memory.
const SAMPLE: Duration = Duration::from_secs(1);

/// The pause between two looks at what is not drained yet.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// How long the broker is away.
    pub(crate) seconds: u64,
    /// How long there is traffic before anything is measured.
    pub(crate) warm_up: u64,
}

/// The instants of a run.
struct Times {
    measured: Instant,
    killed: Instant,
    back: Instant,
    drained: Instant,
    ended: Instant,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    if setup.broker != Broker::Rabbitmq {
        return Err("outage needs --broker rabbitmq".to_owned());
    }
    let Options { seconds, warm_up } = options;
    println!("outage: {setup}; the broker is away for {seconds} s under traffic, after {warm_up} s of it");
    let mut rig = Rig::start(binary, folder, setup, Vec::new(), Duration::ZERO).await?;
    let traffic = Traffic::new(&rig.fleet.book, &rig.clients);
    let mut memory = Samples::new();
    let course = async {
        let outcome = pass(&mut rig, &traffic, &mut memory, options).await;
        traffic.stop();
        outcome
    };
    let (ran, passed) = tokio::join!(traffic.run(), course);
    ran?;
    let mut figures = Figures::default();
    match passed {
        Ok(times) => tell(&times, &traffic, &memory, &mut figures),
        Err(message) => figures.failure("outage", &message),
    }
    rig.judge(0, &mut figures).await?;
    rig.verify(&mut figures)?;
    rig.end(folder, &mut figures).await?;
    Ok(figures)
}

/// Warms up, takes the broker away, brings it back, and waits until what gathered is drained.
async fn pass(
    rig: &mut Rig,
    traffic: &Traffic,
    memory: &mut Samples,
    options: Options,
) -> Result<Times, String> {
    // Log lines and spans are kept in memory, so many of each: until that is full, memory grows with each request.
    traffic.hurry(true);
    tokio::time::sleep(Duration::from_secs(options.warm_up)).await;
    traffic.hurry(false);
    tokio::time::sleep(SETTLE).await;
    let measured = Instant::now();
    sampled(rig, memory, CALM).await?;
    let killed = Instant::now();
    rig.servers.rabbitmq.as_mut().ok_or("there is no broker")?.kill().await;
    sampled(rig, memory, Duration::from_secs(options.seconds)).await?;
    rig.servers.rabbitmq.as_mut().ok_or("there is no broker")?.start_again().await;
    let back = Instant::now();
    let gathered = rig.fleet.quiet().heads().await.map_err(|problem| problem.to_string())?;
    while !rig.fleet.has_drained(&gathered).await? {
        if back.elapsed() > DRAIN_LIMIT {
            return Err(format!("what gathered was not drained within {DRAIN_LIMIT:?}"));
        }
        memory.take(&rig.fleet.parts()?);
        tokio::time::sleep(LOOK).await;
    }
    let drained = Instant::now();
    sampled(rig, memory, AFTER).await?;
    Ok(Times { measured, killed, back, drained, ended: Instant::now() })
}

/// Lets time pass and looks at memory.
async fn sampled(rig: &mut Rig, memory: &mut Samples, how_long: Duration) -> Result<(), String> {
    let began = Instant::now();
    while began.elapsed() < how_long {
        rig.alive().await?;
        memory.take(&rig.fleet.parts()?);
        tokio::time::sleep(SAMPLE).await;
    }
    Ok(())
}

fn tell(times: &Times, traffic: &Traffic, memory: &Samples, figures: &mut Figures) {
    let Times { measured, killed, back, drained, ended } = times;
    for (phase, from, to) in
        [("before", measured, killed), ("while_away", killed, back), ("after", back, ended)]
    {
        let seconds = (*to - *from).as_secs_f64();
        let sent = traffic.sent(*from, *to);
        let placed: Vec<&Sent> = sent.iter().filter(|sent| sent.what == "POST orders").collect();
        let taken = placed.iter().filter(|sent| sent.failure.is_none()).count() as f64;
        figures.note(&format!("orders_per_second_{phase}"), taken / seconds);
        figures.at_least(&format!("share_of_orders_taken_{phase}"), taken / placed.len() as f64, 1.0);
        let decided = traffic.seconds_to_decide(*from, *to);
        figures.note(&format!("seconds_to_decide_{phase}_p50"), median(decided.clone()));
        figures.note(&format!("seconds_to_decide_{phase}_p99"), percentile(&decided, 99.0));
    }
    figures.note("seconds_away", (*back - *killed).as_secs_f64());
    figures.pace_at_most("seconds_from_return_to_drained", (*drained - *back).as_secs_f64(), DRAINED);
    let (whole, away) = (memory.courses(*measured, *ended), memory.courses(*killed + PREPARED, *back));
    for (whole, away) in whole.iter().zip(&away) {
        println!(
            "{:<12} {:>6.1} MB resident before, {:>6.1} MB at the end; while away {:>6.1} to {:>6.1}, {:>6.2} a minute",
            whole.label, whole.first, whole.last, away.first, away.last, away.slope
        );
    }
    let steepest = away.iter().map(|course| course.slope).fold(f64::MIN, f64::max);
    figures.pace_at_most("megabytes_a_minute_while_away_steepest", steepest, SLOPE);
    traffic.report(*measured, figures);
}
