//! Places an order.

use tradewind_chassis::http::Reply;
use tradewind_db::{DbError, Tx, Work};
use tradewind_events::announce;
use tradewind_eventstore::{Aggregate, Loaded};
use tradewind_kernel::{Id, Money, Position};
use tradewind_orders_contract::{
    Accepted, MAX_LINES, ORDERS_PATH, Order as Placed, OrderId, OrderPlaced, PaymentMethod, PlaceLine,
    SERVICE,
};
use tradewind_problem::Problem;

use crate::domain::{Command, Line, Order, Payment, Placement};
use crate::views::{customers, orders, products};
use crate::{error, mutants, store};

pub(crate) struct Place {
    pub(crate) customer: Id,
    pub(crate) lines: Vec<PlaceLine>,
    pub(crate) payment: PaymentMethod,
}

impl Work for Place {
    type Output = Reply;
    type Error = Problem;

    async fn run(&self, tx: &mut Tx) -> Result<Reply, Problem> {
        if self.lines.is_empty() || self.lines.len() > MAX_LINES {
            return Err(error::number_of_lines());
        }
        if !customers::is_known(tx, self.customer).await? {
            return Err(Problem::new(&error::UNKNOWN_CUSTOMER)
                .detail("No customer with this id may order. Check the token or customerId."));
        }
        let payment = self.payment()?;
        let lines = self.priced(tx).await?;
        let placement =
            Placement { customer: self.customer, total: total(&lines)?, lines, payment, quoted: None };
        let events = Order::default()
            .decide(Command::Place(placement))
            .map_err(|refusal| Problem::internal(format!("a new order refused: {refusal:?}")))?;
        let id = OrderId::new(tx.id());
        let nothing_yet = Loaded { state: Order::default(), version: 0 };
        let position = store::save(tx, id, &nothing_yet, &events).await?;
        orders::follow(tx, id, &events).await?;
        accepted(id, position)
    }
}

impl Place {
    fn payment(&self) -> Result<Payment, Problem> {
        match &self.payment {
            PaymentMethod::Account => Ok(Payment::Account),
            PaymentMethod::Card { token } => Ok(Payment::Card { token: token.clone() }),
            PaymentMethod::Other => Err(error::payment_method()),
        }
    }

    /// The lines with today's facts, or every product that is not on sale.
    async fn priced(&self, tx: &mut Tx) -> Result<Vec<Line>, Problem> {
        let mut lines = Vec::with_capacity(self.lines.len());
        let mut problem = Problem::new(&error::UNKNOWN_PRODUCT).detail(
            "A product is not on sale. Remove the lines named in errors, or correct their productId.",
        );
        for (index, line) in self.lines.iter().enumerate() {
            let product = line.product_id.clone();
            match products::find(tx, &product).await? {
                Some(products::OnSale { name, price, sku }) => {
                    lines.push(Line { product, sku, name, quantity: line.quantity.get(), unit_price: price });
                }
                None => {
                    let pointer = format!("/lines/{index}/productId");
                    problem = problem.error(pointer, format!("no product {product} is on sale"));
                }
            }
        }
        if problem.errors().is_empty() { Ok(lines) } else { Err(problem) }
    }
}

fn total(lines: &[Line]) -> Result<Money, Problem> {
    let mut sum: Option<Money> = None;
    for line in lines {
        let amount = line.unit_price.times(i64::from(line.quantity)).map_err(error::sum)?;
        sum = Some(match sum {
            Some(sum) if !mutants::TOTAL_OF_LAST.is_planted() => sum.plus(amount).map_err(error::sum)?,
            _ => amount,
        });
    }
    sum.ok_or_else(error::number_of_lines)
}

/// What a mutant does: an order is announced after the commit of its state.
pub(crate) struct AnnounceApart(pub(crate) Placed);

impl Work for AnnounceApart {
    type Output = ();
    type Error = DbError;

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let Placed { id, customer_id, lines, total, discount, tax, quote_id, .. } = self.0.clone();
        // The view does not keep the token of a card.
        let payment = PaymentMethod::Account;
        let order_id = id;
        let event = OrderPlaced { order_id, customer_id, lines, total, discount, tax, quote_id, payment };
        announce(tx, &event).await.map(drop)
    }
}

/// 202: the order is agreed to be looked at; how it ends is found at its address.
pub(crate) fn accepted(id: OrderId, position: Option<i64>) -> Result<Reply, Problem> {
    let position = position.map_or_else(Position::default, |at| Position::of(SERVICE, at));
    Reply::accepted(&format!("{ORDERS_PATH}/{id}"), &Accepted { id, position })
}
