//! What is left after all kills, held against what the clients know.

use std::time::Duration;

use futures_util::StreamExt;
use tradewind_client::PhoneBook;
use tradewind_orders_contract::{OrderId, OrderState};

use crate::client_log::{Outcome, Placed};
use crate::figures::Figures;
use crate::place::{Clients, is_to_be_rejected};

/// How long every order may take to end once nobody disturbs.
const SETTLE_LIMIT: Duration = Duration::from_secs(30);

/// How many orders are looked for at a time.
const AT_A_TIME: usize = 16;

/// How many lines of each kind of finding are shown.
const SHOWN: u32 = 10;

/// What one line of the clients' log turned out to be. A refused command has none.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Finding {
    /// As it had to: open, or rejected when it asked for what is sold out.
    Ended,
    /// In another state.
    Misled,
    /// It is there and never left NEW.
    Unsettled,
    /// The same key gave something else, or nothing.
    Diverged,
    Lost,
}

#[derive(Debug, Default)]
struct Counts {
    acknowledged: u32,
    failed: u32,
    unknown: u32,
    ended: u32,
    misled: u32,
    unsettled: u32,
    diverged: u32,
    lost: u32,
}

/// Looks for every order of the clients' log in the fleet that has come back.
pub(crate) async fn orders(book: &PhoneBook, clients: &Clients, figures: &mut Figures) -> Result<(), String> {
    let log = clients.log()?;
    let findings = futures_util::stream::iter(log).map(|placed| async move {
        let finding = look(book, clients, &placed).await;
        (placed, finding)
    });
    let mut findings = findings.buffer_unordered(AT_A_TIME);
    let mut counts = Counts::default();
    while let Some((placed, finding)) = findings.next().await {
        counts.add(&placed, finding.as_ref());
    }
    counts.report(figures);
    Ok(())
}

async fn look(book: &PhoneBook, clients: &Clients, Placed { number, outcome }: &Placed) -> Option<Finding> {
    let known = match outcome {
        Outcome::Failed(_) => return None,
        Outcome::Acknowledged(id) => Some(*id),
        Outcome::Unknown => None,
    };
    // The id of the log is asked for first: the command again could make what was lost anew.
    let found = match known {
        Some(id) => Some(find(book, clients, *number, id).await),
        None => None,
    };
    if found == Some(Finding::Lost) {
        return found;
    }
    // The same key again gives the same order.
    let Outcome::Acknowledged(id) = clients.place(book, *number).await else {
        return Some(Finding::Diverged);
    };
    if known.is_some_and(|known| known != id)
        || clients.place(book, *number).await != Outcome::Acknowledged(id)
    {
        return Some(Finding::Diverged);
    }
    match found {
        Some(found) => Some(found),
        None => Some(find(book, clients, *number, id).await),
    }
}

async fn find(book: &PhoneBook, clients: &Clients, number: u32, id: OrderId) -> Finding {
    match clients.settled(book, number, id, SETTLE_LIMIT).await {
        Ok(OrderState::New) => Finding::Unsettled,
        // By now it may be on its way.
        Ok(OrderState::Open | OrderState::Completed) if !is_to_be_rejected(number) => Finding::Ended,
        Ok(OrderState::Rejected) if is_to_be_rejected(number) => Finding::Ended,
        Ok(_) => Finding::Misled,
        Err(_) => Finding::Lost,
    }
}

impl Counts {
    fn add(&mut self, placed: &Placed, finding: Option<&Finding>) {
        match &placed.outcome {
            Outcome::Acknowledged(_) => self.acknowledged += 1,
            Outcome::Failed(_) => self.failed += 1,
            Outcome::Unknown => self.unknown += 1,
        }
        let bad = match finding {
            Some(Finding::Ended) => {
                self.ended += 1;
                return;
            }
            Some(Finding::Misled) => increased(&mut self.misled),
            None => self.failed,
            Some(Finding::Unsettled) => increased(&mut self.unsettled),
            Some(Finding::Diverged) => increased(&mut self.diverged),
            Some(Finding::Lost) => increased(&mut self.lost),
        };
        if bad <= SHOWN {
            println!("order {}: {:?}, {finding:?}", placed.number, placed.outcome);
        }
    }

    fn report(&self, figures: &mut Figures) {
        figures.at_least("acknowledged", f64::from(self.acknowledged), 1.0);
        figures.note("unknown", f64::from(self.unknown));
        figures.at_most("failed", f64::from(self.failed), 0.0);
        figures.at_most("lost", f64::from(self.lost), 0.0);
        figures.at_most("without_end_state", f64::from(self.unsettled), 0.0);
        figures.at_most("keys_that_diverged", f64::from(self.diverged), 0.0);
        figures.at_most("in_another_end_state", f64::from(self.misled), 0.0);
        // Whatever was placed ends as it had to, the unknown after they were placed again.
        figures.at_least("ended", f64::from(self.ended), f64::from(self.acknowledged + self.unknown));
    }
}

fn increased(count: &mut u32) -> u32 {
    *count += 1;
    *count
}
