//! What clients of the shop do, planned before a run begins.

use std::fmt;
use std::time::Duration;

use tradewind_kernel::Entropy;
use tradewind_sim::Planned;

use crate::simulation::SIZE;

/// The longest pause between two things that a client plans to do.
const PAUSE: Duration = Duration::from_millis(4_500);

/// Most pieces of one product in an order.
const PIECES: u64 = 4;

/// One thing that a client does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Orders products, looks, and perhaps thinks better of it.
    Buy {
        /// Who.
        customer: u32,
        /// Products and how many pieces of each.
        lines: Vec<(u32, u32)>,
        /// Whether the order is called off.
        calls_off: bool,
    },
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buy { customer, lines, calls_off } => {
                write!(f, "customer {customer} orders")?;
                for (product, pieces) in lines {
                    write!(f, " {pieces} of product {product}")?;
                }
                if *calls_off { f.write_str(" and calls it off") } else { Ok(()) }
            }
        }
    }
}

/// Plans what `clients` do for `length`.
pub(super) fn draw(dice: &Entropy, clients: &[String], length: Duration) -> Vec<Planned<Act>> {
    let mut planned = Vec::new();
    for client in clients {
        let dice = dice.fork(client);
        let mut at = Duration::ZERO;
        loop {
            at += Duration::from_micros(dice.below(u64::try_from(PAUSE.as_micros()).unwrap_or_default()));
            if at >= length {
                break;
            }
            planned.push(Planned { number: 0, at, by: client.clone(), what: buy(&dice) });
        }
    }
    planned.sort_by(|a, b| (a.at, &a.by).cmp(&(b.at, &b.by)));
    for (number, act) in (1..).zip(&mut planned) {
        act.number = number;
    }
    planned
}

fn buy(dice: &Entropy) -> Act {
    let below = |bound: u64| u32::try_from(dice.below(bound)).unwrap_or_default();
    let mut lines: Vec<(u32, u32)> = Vec::new();
    for _ in 0..=dice.below(2) {
        let (product, pieces) = (below(u64::from(SIZE.products)), 1 + below(PIECES));
        if lines.iter().all(|(other, _)| *other != product) {
            lines.push((product, pieces));
        }
    }
    Act::Buy { customer: below(u64::from(SIZE.customers)), lines, calls_off: dice.below(5) == 0 }
}
