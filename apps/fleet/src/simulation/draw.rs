//! Plans what clients do before a run begins.

use std::collections::BTreeMap;
use std::time::Duration;

use tradewind_kernel::Entropy;
use tradewind_sim::Planned;

use crate::simulation::act::{Act, Pays, Wanted, Way};
use crate::simulation::{NEW_CUSTOMERS, NEW_PRODUCTS, SIZE};

/// How many shop at the same time, and how often each does something: enough for 60 orders in a minute.
const SHOPPERS: (u32, Duration) = (5, Duration::from_millis(1_700));

/// How many look after the shop.
const STAFF: (u32, Duration) = (2, Duration::from_millis(4_000));

/// How many look after the fleet.
const OPERATORS: (u32, Duration) = (1, Duration::from_millis(4_500));

/// Most pieces of one product in an order that is meant to be had.
const PIECES: u32 = 4;

/// More than there ever is of a product.
const TOO_MANY: u32 = 9_000;

/// A product that never comes.
const NO_PRODUCT: u32 = 99;

/// Who tells events.
pub(super) const PRODUCERS: [&str; 8] =
    ["accounts", "catalogue", "stock", "customers", "orders", "payments", "shipping", "cart"];

/// Who listens to them.
const CONSUMERS: [&str; 5] = ["stock", "customers", "orders", "payments", "cart"];

/// The acts of all clients for `length`, in the order of their times. A part of what is drawn may be left out, and the
/// rest stays as it is.
pub(super) fn draw(dice: &Entropy, length: Duration) -> Vec<Planned<Act>> {
    let mut planned = Vec::new();
    for (kind, (count, pause), act) in [
        ("shopper", SHOPPERS, shopper as fn(&Drawer<'_>) -> Act),
        ("staff", STAFF, staff),
        ("operator", OPERATORS, operator),
    ] {
        for number in 1..=count {
            let name = format!("{kind}-{number}");
            planned.extend(sequence(&dice.fork(&name), &name, (pause, length), act));
        }
    }
    numbered(planned)
}

/// What one client does. Until all are numbered, a number counts the acts of the client.
fn sequence(
    dice: &Entropy,
    name: &str,
    (pause, length): (Duration, Duration),
    act: fn(&Drawer<'_>) -> Act,
) -> Vec<Planned<Act>> {
    let (mut acts, mut at) = (Vec::<Planned<Act>>::new(), Duration::ZERO);
    for number in 1.. {
        // Half of the mean pause at least, so that the number of acts varies little.
        let micros = u64::try_from(pause.as_micros()).unwrap_or_default();
        at += Duration::from_micros(micros / 2 + dice.below(micros));
        if at >= length {
            break;
        }
        let what = act(&Drawer { dice, number, before: &acts });
        acts.push(Planned { number, at, by: name.to_owned(), what });
    }
    acts
}

/// Numbers the acts in the order of their times, and what they are about as well.
fn numbered(mut planned: Vec<Planned<Act>>) -> Vec<Planned<Act>> {
    planned.sort_by(|a, b| (a.at, &a.by).cmp(&(b.at, &b.by)));
    let new: BTreeMap<(String, u32), u32> =
        (1..).zip(&planned).map(|(number, act)| ((act.by.clone(), act.number), number)).collect();
    for act in &mut planned {
        let number = |old: u32| new.get(&(act.by.clone(), old)).copied().unwrap_or_default();
        act.number = number(act.number);
        if let Some(of) = act.what.of() {
            *of = number(*of);
        }
    }
    planned
}

/// Draws one act of a client who has done something before.
struct Drawer<'a> {
    dice: &'a Entropy,
    number: u32,
    before: &'a [Planned<Act>],
}

fn shopper(draw: &Drawer<'_>) -> Act {
    // Every second one is an order, so that there are always enough.
    let Some(of) = draw.earlier(Act::is_order).filter(|_| draw.number.is_multiple_of(2)) else {
        return draw.buy();
    };
    match draw.below(22) {
        16..=18 => Act::SignIn { customer: draw.below(SIZE.customers) },
        19 | 20 => Act::AskBack { of },
        21 => Act::Guess { customer: draw.below(SIZE.customers) },
        0 | 1 => Act::Look { of },
        2 => Act::Snoop { of, customer: draw.customer() },
        3 | 4 => Act::List { customer: draw.customer() },
        5..=7 => Act::CallOff { of, twice: draw.below(2) == 0 },
        8 | 9 => Act::Again { of },
        10 => Act::Otherwise { of },
        11 => Act::BuyTwice { wanted: draw.wanted() },
        12 | 13 => Act::Account { customer: draw.customer() },
        14 => Act::Product { product: draw.product() },
        _ => Act::Browse,
    }
}

fn staff(draw: &Drawer<'_>) -> Act {
    match (draw.below(12), draw.earlier(Act::is_receipt)) {
        (0..=3, _) => Act::Relist { product: draw.below(SIZE.products) },
        (4, _) => Act::Product { product: draw.product() },
        (5 | 6, Some(of)) => Act::SameNote { of },
        (7 | 8, _) => Act::Credit { customer: draw.customer() },
        (9, _) => Act::Launch { product: SIZE.products + draw.below(NEW_PRODUCTS) },
        (10, _) => Act::Welcome { customer: SIZE.customers + draw.below(NEW_CUSTOMERS) },
        _ => Act::Receive { product: draw.product(), quantity: 1 + draw.below(9) },
    }
}

fn operator(draw: &Drawer<'_>) -> Act {
    // Once in the middle of a minute: nothing that a client does costs more.
    if draw.number == 7 {
        return Act::Oracles;
    }
    match draw.below(8) {
        0 => Act::Letters,
        1 | 2 => Act::Status { service: draw.one_of(&CONSUMERS) },
        _ => Act::Audit { service: draw.one_of(&PRODUCERS) },
    }
}

impl Drawer<'_> {
    fn below(&self, bound: u32) -> u32 {
        u32::try_from(self.dice.below(u64::from(bound))).unwrap_or_default()
    }

    fn one_of(&self, names: &[&'static str]) -> &'static str {
        names
            .get(self.below(u32::try_from(names.len()).unwrap_or_default()) as usize)
            .copied()
            .unwrap_or_default()
    }

    /// An earlier act of this kind of the same client.
    fn earlier(&self, is: fn(&Act) -> bool) -> Option<u32> {
        let all: Vec<u32> = self.before.iter().filter(|act| is(&act.what)).map(|act| act.number).collect();
        all.get(self.below(u32::try_from(all.len()).unwrap_or_default()) as usize).copied()
    }

    fn buy(&self) -> Act {
        let (wanted, calls_off) = (self.wanted(), self.below(6) == 0);
        if self.below(3) > 0 {
            return Act::Buy { wanted, calls_off };
        }
        let way = Way {
            as_guest: self.below(3) == 0,
            in_euro: wanted.pays == Pays::ByCard && self.below(3) == 0,
            has_coupon: self.below(2) == 0,
            calls_off,
        };
        Act::CheckOut { wanted, way }
    }

    fn wanted(&self) -> Wanted {
        let mut lines: Vec<(u32, u32)> = Vec::new();
        for _ in 0..=self.below(3) {
            let line = self.line();
            if lines.iter().all(|(other, _)| *other != line.0) {
                lines.push(line);
            }
        }
        let pays = match self.below(12) {
            0..=6 => Pays::OnAccount,
            7..=10 => Pays::ByCard,
            _ => Pays::ByEmptyCard,
        };
        Wanted { customer: self.customer(), lines, pays }
    }

    fn line(&self) -> (u32, u32) {
        let product = if self.below(50) == 0 { NO_PRODUCT } else { self.product() };
        let pieces = if self.below(25) == 0 { TOO_MANY } else { 1 + self.below(PIECES) };
        (product, pieces)
    }

    /// Mostly one that is there from the beginning.
    fn product(&self) -> u32 {
        if self.below(16) == 0 { SIZE.products + self.below(NEW_PRODUCTS) } else { self.below(SIZE.products) }
    }

    fn customer(&self) -> u32 {
        if self.below(20) == 0 {
            SIZE.customers + self.below(NEW_CUSTOMERS)
        } else {
            self.below(SIZE.customers)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_minute_has_enough_orders_and_every_act_is_about_an_earlier_one_of_its_client() {
        for seed in 0..200 {
            let planned = draw(&Entropy::seeded(seed), Duration::from_secs(60));
            let orders = planned.iter().filter(|act| act.what.is_order()).count();
            assert!(orders >= 80, "seed {seed}: {orders}");
            assert!((1..).zip(&planned).all(|(number, act)| act.number == number));
            for act in &planned {
                let Some(of) = act.what.clone().of().copied() else { continue };
                let other = &planned[of as usize - 1];
                assert!(of < act.number && other.by == act.by, "{act} is about {other}");
                assert!(other.what.is_order() || other.what.is_receipt());
            }
        }
    }

    #[test]
    fn all_kinds_of_acts_are_drawn() {
        let mut kinds = std::collections::BTreeSet::new();
        for seed in 0..20 {
            let planned = draw(&Entropy::seeded(seed), Duration::from_secs(60));
            kinds.extend(planned.iter().map(|act| format!("{:?}", std::mem::discriminant(&act.what))));
        }
        assert_eq!(kinds.len(), 25);
    }
}
