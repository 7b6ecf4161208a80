//! When which endpoint is asked.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tradewind_edge::health::{ProbeSettings, Probes};

use crate::checks::{Board, Check, ask, lock};
use crate::task::spawn;
use crate::timer::{Moment, now, within};

/// How long nothing is to be done where nothing is to be checked.
const IDLE: Duration = Duration::from_secs(3_600);

type Key = (Arc<str>, SocketAddr);

/// An endpoint that is checked.
struct Record {
    check: Rc<Check>,
    probes: Probes,
    due: Moment,
    /// Tells answers to this one from those to one before it.
    serial: u64,
}

struct Schedule {
    board: Arc<Board>,
    records: RefCell<BTreeMap<Key, Record>>,
    random: Cell<u64>,
    serial: Cell<u64>,
}

/// Checks endpoints until it is over.
pub(super) async fn run(board: &Arc<Board>, seed: u64) {
    let schedule = Rc::new(Schedule {
        board: board.clone(),
        records: RefCell::default(),
        random: Cell::new(seed),
        serial: Cell::new(0),
    });
    while !board.is_over.load(Ordering::Acquire) {
        let wanted = lock(&board.wanted).take();
        if let Some(wanted) = wanted {
            schedule.replace(wanted);
        }
        let wait = schedule.begin(now());
        let _ = within(wait, board.told.notified()).await;
    }
}

impl Schedule {
    fn replace(&self, wanted: Vec<Check>) {
        let mut before = self.records.take();
        let mut records = BTreeMap::new();
        for check in wanted.into_iter().map(Rc::new) {
            for address in &check.endpoints {
                let key = (check.name.clone(), *address);
                let known = before.remove(&key).filter(|record| record.check.settings == check.settings);
                let record = match known {
                    Some(known) => Record { check: check.clone(), ..known },
                    None => self.record(&check),
                };
                records.insert(key, record);
            }
        }
        self.board.change(|found| {
            found.clear();
            for ((name, address), record) in &records {
                found.entry(name.clone()).or_default().insert(*address, record.probes.health());
            }
        });
        self.records.replace(records);
    }

    /// An endpoint that is checked from now on: soon, but not all at the same moment.
    fn record(&self, check: &Rc<Check>) -> Record {
        let settings = &check.settings;
        let probes = ProbeSettings { healthy: settings.healthy, unhealthy: settings.unhealthy };
        self.serial.set(self.serial.get() + 1);
        Record {
            check: check.clone(),
            probes: Probes::new(probes),
            due: now() + self.part(settings.interval / 10),
            serial: self.serial.get(),
        }
    }

    /// Begins the checks that are due, and says how long there is nothing else to do.
    fn begin(self: &Rc<Self>, now: Moment) -> Duration {
        let mut wait = IDLE;
        for (key, record) in &mut *self.records.borrow_mut() {
            if record.due <= now {
                let interval = record.check.settings.interval;
                record.due = now + interval * 9 / 10 + self.part(interval / 5);
                self.ask(key.clone(), record);
            }
            wait = wait.min(record.due.saturating_duration_since(now));
        }
        wait
    }

    fn ask(self: &Rc<Self>, key: Key, record: &Record) {
        let (schedule, check, serial) = (self.clone(), record.check.clone(), record.serial);
        spawn(async move {
            let answered = within(check.settings.timeout, ask::status(&check, key.1)).await;
            let answered = answered.unwrap_or_else(|| Err("no answer in time".to_owned()));
            let good = answered.and_then(|status| {
                let is_good = check.settings.statuses.contains(&status);
                if is_good { Ok(()) } else { Err(format!("the status {status}")) }
            });
            schedule.report(&key, serial, good);
        });
    }

    fn report(&self, key: &Key, serial: u64, good: Result<(), String>) {
        let mut records = self.records.borrow_mut();
        // It may be checked no more, or in another way.
        let record = records.get_mut(key).filter(|record| record.serial == serial);
        let Some(verdict) = record.and_then(|record| record.probes.report(good.is_ok())) else { return };
        let (name, address) = key;
        match good {
            Ok(()) => tracing::info!(backend = %name, %address, "an endpoint passes its checks"),
            Err(reason) => tracing::warn!(backend = %name, %address, reason, "an endpoint fails its checks"),
        }
        self.board.change(|found| {
            found.entry(name.clone()).or_default().insert(*address, verdict);
        });
    }

    /// A random part of a stretch of time (splitmix64).
    fn part(&self, of: Duration) -> Duration {
        let state = self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let micros = u64::try_from(of.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros((mixed ^ (mixed >> 31)) % micros.max(1))
    }
}
