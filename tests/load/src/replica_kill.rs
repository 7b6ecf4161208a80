//! One of several replicas dies under traffic: its callers leave it, and no request fails that may be sent twice.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tradewind_client::Caller;
use tradewind_kernel::{Clock, Context, Deadline, Entropy, Principal};

use crate::figures::{Figures, median, percentile};
use crate::folder::Folder;
use crate::parts::Part;
use crate::process;
use crate::rig::Rig;
use crate::setup::Setup;
use crate::traffic::Traffic;

/// What has replicas unless something else is asked for.
const REPLICAS: [&str; 2] = ["orders=3", "stock=3"];

/// How long there is traffic before the first kill, and between two.
const CALM: Duration = Duration::from_secs(3);

/// The most that callers should take to leave, in seconds.
const LEFT: f64 = 1.0;

/// How long callers are watched after a kill.
const WATCHED: Duration = Duration::from_millis(1_500);

/// The pause between two looks at the callers.
const LOOK: Duration = Duration::from_millis(10);

/// How long a dead replica may take to be replaced.
const BACK_LIMIT: Duration = Duration::from_secs(60);

/// How long an answer about callers may take.
const LIMIT: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// How often a replica is killed.
    pub(crate) kills: u32,
    pub(crate) seed: u64,
}

/// What was seen after the kills.
#[derive(Debug, Default)]
struct Seen {
    /// From the kill until the last call that chose the dead process.
    left: Vec<f64>,
    /// From the kill until the callers named it as out.
    named: Vec<f64>,
    /// From the kill until another process took requests in its place.
    back: Vec<f64>,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    mut setup: Setup,
    options: Options,
) -> Result<Figures, String> {
    if setup.replicas.is_empty() {
        setup.replicas = REPLICAS.map(str::to_owned).to_vec();
    }
    let Options { kills, seed } = options;
    println!("replica-kill: {setup}; {kills} kills of one replica, under traffic, --seed {seed}");
    let mut rig = Rig::start(binary, folder, &setup, Vec::new(), Duration::ZERO).await?;
    let traffic = Traffic::new(&rig.fleet.book, &rig.clients);
    let (began, mut seen) = (Instant::now(), Seen::default());
    let killing = async {
        let outcome = kill_all(&mut rig, options, &mut seen).await;
        traffic.stop();
        outcome
    };
    let (ran, killed) = tokio::join!(traffic.run(), killing);
    ran?;
    let mut figures = Figures::default();
    if let Err(message) = killed {
        figures.failure("every_kill", &message);
    }
    tell(&seen, options, &mut figures);
    traffic.report(began, &mut figures);
    rig.judge(kills, &mut figures).await?;
    rig.verify(&mut figures)?;
    rig.end(folder, &mut figures).await?;
    Ok(figures)
}

async fn kill_all(rig: &mut Rig, options: Options, seen: &mut Seen) -> Result<(), String> {
    let entropy = Entropy::seeded(options.seed);
    let parts = rig.fleet.parts()?;
    let of_several =
        |part: &&Part| parts.iter().filter(|other| other.service() == part.service()).count() > 1;
    let labels: Vec<String> = parts.iter().filter(of_several).map(Part::label).collect();
    if labels.is_empty() {
        return Err("nothing has replicas".to_owned());
    }
    for _ in 0..options.kills {
        tokio::time::sleep(CALM).await;
        let label = &labels[usize::try_from(entropy.below(labels.len() as u64)).unwrap_or(0)];
        kill(rig, label, seen).await.map_err(|error| format!("{label}: {error}"))?;
    }
    tokio::time::sleep(CALM).await;
    Ok(())
}

/// Kills a replica and watches those who call it until another process is in its place.
async fn kill(rig: &mut Rig, label: &str, seen: &mut Seen) -> Result<(), String> {
    let part = rig.ready_part(label).await?;
    let address = part.door("public").ok_or("it has no public door")?;
    let mut picks = watched(rig, address).await?.picks;
    let killed = Instant::now();
    process::send("KILL", part.process())?;
    let (mut left, mut named, mut back) = (Duration::ZERO, None, None);
    while killed.elapsed() < WATCHED || back.is_none() {
        rig.alive().await?;
        if back.is_none() && is_replaced(rig, &part).await? {
            back = Some(killed.elapsed());
        }
        let endpoint = watched(rig, address).await?;
        if back.is_none() && endpoint.picks > picks {
            left = killed.elapsed();
        }
        if endpoint.state == "out" {
            named.get_or_insert(killed.elapsed());
        }
        picks = endpoint.picks;
        if killed.elapsed() > BACK_LIMIT {
            return Err(format!("nothing came in its place within {BACK_LIMIT:?}"));
        }
        tokio::time::sleep(LOOK).await;
    }
    seen.add(label, left, named, back.unwrap_or_default());
    Ok(())
}

/// Whether another process takes requests under the name of this one.
async fn is_replaced(rig: &Rig, dead: &Part) -> Result<bool, String> {
    match Part::find(&rig.home.data, &dead.label())? {
        Some(part) if part.process() != dead.process() => Ok(rig.fleet.is_ready(&part).await),
        _ => Ok(false),
    }
}

impl Seen {
    fn add(&mut self, label: &str, left: Duration, named: Option<Duration>, back: Duration) {
        let (left, named, back) =
            (left.as_secs_f64(), named.map(|after| after.as_secs_f64()), back.as_secs_f64());
        let out = named.map_or("never out".to_owned(), |after| format!("out after {after:.3} s"));
        println!("{label}: last chosen {left:.3} s after its death, {out}, replaced after {back:.3} s");
        self.left.push(left);
        self.named.extend(named);
        self.back.push(back);
    }
}

/// What the gateway knows of one of the endpoints that it calls.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    state: String,
    picks: u64,
}

async fn watched(rig: &Rig, address: &str) -> Result<Endpoint, String> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, LIMIT);
    let peer = rig.fleet.book.peer("gateway/internal");
    let caller = Caller::new(peer, context, deadline, clock, entropy).bearer(rig.fleet.secret.clone());
    let peers: Value = caller.get("/peers").await.map_err(|problem| problem.to_string())?;
    endpoint(&peers, address).ok_or_else(|| format!("the gateway knows no endpoint {address}: {peers}"))
}

fn endpoint(peers: &Value, address: &str) -> Option<Endpoint> {
    let endpoints = peers.as_array()?.iter().filter_map(|peer| peer["endpoints"].as_array()).flatten();
    let found = endpoints.into_iter().find(|endpoint| endpoint["address"].as_str() == Some(address))?;
    Some(Endpoint { state: found["state"].as_str()?.to_owned(), picks: found["picks"].as_u64()? })
}

fn tell(seen: &Seen, options: Options, figures: &mut Figures) {
    figures.at_least("kills", seen.left.len() as f64, f64::from(options.kills));
    figures.note("seconds_until_callers_left_median", median(seen.left.clone()));
    figures.pace_at_most("seconds_until_callers_left_slowest", percentile(&seen.left, 100.0), LEFT);
    figures.note("deaths_named_by_callers", seen.named.len() as f64);
    figures.note("seconds_until_named_slowest", percentile(&seen.named, 100.0));
    figures.note("seconds_until_replaced_median", median(seen.back.clone()));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_endpoint_is_found_by_its_address() {
        let peers = json!([
            { "name": "catalogue/public", "endpoints": [] },
            { "name": "orders/public", "endpoints": [
                { "address": "127.0.0.1:1", "state": "ready", "picks": 7 },
                { "address": "127.0.0.1:2", "state": "out", "picks": 3 },
            ] },
        ]);
        let found = endpoint(&peers, "127.0.0.1:2");
        assert_eq!(found, Some(Endpoint { state: "out".to_owned(), picks: 3 }));
        assert_eq!(endpoint(&peers, "127.0.0.1:3"), None);
    }
}
