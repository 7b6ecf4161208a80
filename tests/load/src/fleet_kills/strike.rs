//! One kill: of a process from outside or from within, or of a server; and the way back.

use std::path::Path;
use std::time::{Duration, Instant};

use tradewind_orders_contract::OrderState;

use super::record::Kill;
use super::{Blow, Settle, Siege, Target};
use crate::process;

/// How long an armed point may take to be reached; then the process is ended from outside.
const POINT_LIMIT: Duration = Duration::from_secs(5);

/// How long the fleet may take to decide an order.
const OPEN_LIMIT: Duration = Duration::from_secs(90);

/// The pause before a process is looked at again.
const LOOK: Duration = Duration::from_millis(10);

impl Siege {
    pub(super) async fn strike(&mut self, blow: &Blow) -> Result<Kill, String> {
        match &blow.target {
            Target::Part { label, .. } => self.strike_part(label, blow).await,
            Target::Postgres => {
                tokio::time::sleep(blow.jitter).await;
                let server = self.rig.servers.postgres.as_mut().ok_or("there is no server to kill")?;
                let killed = Instant::now();
                server.kill().await;
                tokio::time::sleep(blow.down).await;
                server.start_again().await;
                self.record.back(&blow.target, killed.elapsed().as_secs_f64());
                Ok(from_outside())
            }
            Target::Rabbitmq => {
                tokio::time::sleep(blow.jitter).await;
                let broker = self.rig.servers.rabbitmq.as_mut().ok_or("there is no broker to kill")?;
                let killed = Instant::now();
                broker.kill().await;
                tokio::time::sleep(blow.down).await;
                broker.start_again().await;
                self.record.back(&blow.target, killed.elapsed().as_secs_f64());
                Ok(from_outside())
            }
        }
    }

    async fn strike_part(&mut self, label: &str, blow: &Blow) -> Result<Kill, String> {
        // It may still be on its way back from an earlier kill.
        let part = self.rig.ready_part(label).await?;
        tokio::time::sleep(blow.jitter).await;
        let Some((point, countdown)) = &blow.point else {
            end(part.process()).await?;
            return Ok(from_outside());
        };
        arm(&self.faults, part.process(), &format!("{point}:{countdown}"))?;
        if process::gone(part.process(), POINT_LIMIT).await {
            return Ok(Kill { at: point.clone(), is_missed: false });
        }
        end(part.process()).await?;
        Ok(Kill { is_missed: true, ..from_outside() })
    }

    /// Waits for what the plan wants after this kill.
    pub(super) async fn settle(&mut self, blow: &Blow) -> Result<(), String> {
        if blow.settle == Settle::Nothing {
            return Ok(());
        }
        let began = Instant::now();
        if let Target::Part { label, .. } = &blow.target {
            self.rig.ready_part(label).await?;
            self.record.back(&blow.target, began.elapsed().as_secs_f64());
        }
        if blow.settle == Settle::Open {
            self.open().await?;
            self.record.open(began.elapsed().as_secs_f64());
        }
        Ok(())
    }

    /// Waits until an order that is acknowledged from now on is open.
    async fn open(&mut self) -> Result<(), String> {
        self.rig.clients.await_next();
        let started = Instant::now();
        while started.elapsed() < OPEN_LIMIT {
            self.rig.alive().await?;
            let awaited = *self.rig.clients.next_open();
            if let Some((number, id)) = awaited {
                let order = self.rig.clients.order(&self.rig.fleet.book, number, id).await;
                if order.is_ok_and(|order| order.state == OrderState::Open) {
                    return Ok(());
                }
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(format!("no order was open within {OPEN_LIMIT:?}"))
    }
}

fn from_outside() -> Kill {
    Kill { at: "outside".to_owned(), is_missed: false }
}

async fn end(process: u32) -> Result<(), String> {
    process::send("KILL", process)?;
    if process::gone(process, POINT_LIMIT).await { Ok(()) } else { Err(format!("{process} survived a kill")) }
}

/// Tells a process at which pass of which point it ends; the file is there whole or not at all.
fn arm(faults: &Path, process: u32, fault: &str) -> Result<(), String> {
    let (file, draft) = (faults.join(process.to_string()), faults.join(format!("{process}.draft")));
    let written = std::fs::write(&draft, fault).and_then(|()| std::fs::rename(&draft, &file));
    written.map_err(|error| format!("{}: {error}", file.display()))
}
