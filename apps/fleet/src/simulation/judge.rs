//! What the shop owes its clients when everything has come to rest.

use std::time::Duration;

use tradewind_customers_contract::CustomersClient;
use tradewind_history::{Breach, What, check};
use tradewind_kernel::Page;
use tradewind_orders_contract::{ORDERS_PATH, Order, OrderState, OrdersClient, PaidBy};
use tradewind_problem::Problem;
use tradewind_sim::{Failure, World};
use tradewind_stock_contract::Stock;
use tradewind_verify::{Collector, Finding, Verdict, judge as verdicts};

use crate::seed::LoadSize;
use crate::simulation::client::{Client, broken};
use crate::simulation::draw::PRODUCERS;
use crate::simulation::known::{Bought, Known};
use crate::simulation::objects::{Object, promised};
use crate::simulation::shopper::{SAME, THERE};
use crate::simulation::{CUSTOMERS, PRODUCTS, SIZE, Shop};
use crate::{oracles, subscribed};

/// How long an order may take to its end once nothing goes wrong.
const END: Duration = Duration::from_secs(120);

/// How long the fleet may take until nothing is under way any more.
const QUIET: Duration = Duration::from_secs(180);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The pause before a fleet with a process that is stuck is looked at again.
const REST: Duration = Duration::from_secs(5);

/// The oracle that names processes which are stuck.
const PROCESSES: &str = "processes-end";

/// Rows shown of a broken promise.
const SHOWN: usize = 10;

pub(super) async fn judge(shop: &Shop, world: &World) -> Vec<Failure> {
    let unanswered = |known: &mut Known| {
        let is_unanswered = |bought: &&Bought| bought.id.is_none() && bought.refused.is_none();
        let count = known.orders.values().filter(is_unanswered).count();
        known.count("orders unanswered", count as u64);
    };
    shop.with(unanswered);
    let judge = Client::judge(shop, world);
    let mut failures = judge.orders().await;
    failures.extend(judge.hooks().await);
    failures.extend(judge.mails().await);
    match judge.promises().await {
        Ok(found) => failures.extend(found),
        Err(message) => failures.extend(broken("every service shows its evidence", message)),
    }
    match judge.totals().await {
        Ok(found) => failures.extend(found),
        Err(problem) => failures.extend(broken("every service answers at the end", problem.to_string())),
    }
    for service in PRODUCERS {
        failures.extend(judge.audit(service).await);
    }
    let report = shop.with(|known| check(known.history.operations(), promised));
    report.examined.iter().for_each(|(rule, examined)| shop.count(rule.name(), *examined));
    failures.extend(report.breaches.into_iter().map(breach));
    failures.extend(judge.views("orders").await);
    failures.extend(judge.prompt().await);
    failures
}

impl Client<'_> {
    /// Every order is there and has ended.
    async fn orders(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for act in self.shop.with(|known| known.orders.keys().copied().collect::<Vec<_>>()) {
            // The same key gives the same order, and what was never answered is answered now.
            let found = self.place(act).await;
            if found.is_empty() {
                failures.extend(self.end(act).await.err().into_iter().flatten());
            } else {
                failures.extend(found);
            }
        }
        failures
    }

    /// The order of `act` ends, if it was not refused.
    async fn end(&self, act: u32) -> Result<(), Vec<Failure>> {
        let Some(bought) = self.bought(act).filter(|bought| bought.refused.is_none()) else { return Ok(()) };
        let id = bought.id.ok_or_else(|| broken(SAME, format!("{}: no answer", bought.key)))?;
        let until = self.world.clock().monotonic() + END;
        loop {
            let before = self.before(act);
            let order = OrdersClient::new(self.user(bought.wanted.customer)).order(id).await;
            let is_late = self.world.clock().monotonic() > until;
            let order = match order {
                Ok(order) => order,
                Err(problem) if !is_late && self.is_unheard(&bought, &problem) => {
                    self.world.sleep(PAUSE).await;
                    continue;
                }
                Err(problem) => return Err(broken(THERE, format!("{}: {problem}", bought.key))),
            };
            let found = self.see(act, before, &order);
            if !found.is_empty() {
                return Err(found);
            }
            if !matches!(order.state, OrderState::New | OrderState::Open) {
                self.shop.count("orders judged", 1);
                return Ok(());
            }
            if is_late {
                return Err(broken(
                    "an order ends",
                    format!("{}: {id} is still {:?}", bought.key, order.state),
                ));
            }
            self.world.sleep(PAUSE).await;
        }
    }

    /// What `tradewind verify` asks of a fleet. A process that was stuck while things went wrong may rest before its
    /// next attempt, and is given the time to get past.
    async fn promises(&self) -> Result<Vec<Failure>, String> {
        let until = self.world.clock().monotonic() + END;
        let mut findings = self.verify().await?;
        while is_stuck(&findings) && self.world.clock().monotonic() < until {
            self.world.sleep(REST).await;
            findings = self.verify().await?;
        }
        let examined: i64 = findings.iter().map(|finding| finding.examined).sum();
        self.shop.count("rows examined", examined.unsigned_abs());
        self.shop.count("promises judged", findings.len() as u64);
        Ok(findings.into_iter().filter(|finding| finding.verdict != Verdict::Clean).map(failure).collect())
    }

    async fn verify(&self) -> Result<Vec<Finding>, String> {
        let (services, secret, book) = (self.world.services(), self.world.secret(), self.book.clone());
        let (clock, entropy) = (self.world.clock().clone(), self.entropy.clone());
        let collector = Collector { services, subscribed: subscribed(), book, secret, clock, entropy };
        let evidence = collector.collect(QUIET).await.map_err(|error| error.to_string())?;
        let oracles = oracles().map_err(|error| error.to_string())?;
        Ok(verdicts(&evidence.scratch, &oracles, evidence.is_quiet))
    }

    /// What is left of each product, and reserved of each credit, is what came in less what open orders hold.
    async fn totals(&self) -> Result<Vec<Failure>, Problem> {
        let mut failures = Vec::new();
        for customer in 0..CUSTOMERS {
            failures.extend(self.reserved(customer).await?);
        }
        let invoked = self.moment();
        let stocks: Vec<Stock> = self.user(0).get("/api/stock/v1/stocks").await?;
        for product in 0..PRODUCTS {
            let id = LoadSize::product(product);
            let Some(stock) = stocks.iter().find(|stock| stock.product_id.as_str() == id) else { continue };
            self.answered(Object::Pieces(product), invoked, What::Total { amount: stock.amount_available });
        }
        Ok(failures)
    }

    /// What a customer's open orders hold, and what customers says of it.
    async fn reserved(&self, customer: u32) -> Result<Vec<Failure>, Problem> {
        let (mut failures, mut after) = (Vec::new(), String::new());
        loop {
            let page: Page<Order> =
                self.user(customer).get(&format!("{ORDERS_PATH}?limit=200{after}")).await?;
            for order in &page.items {
                let act = self.shop.with(|known| known.act_of(order.id));
                let Some(act) = act else {
                    failures.extend(broken("nobody has an order that nobody placed", format!("{order:?}")));
                    continue;
                };
                failures.extend(self.see(act, self.before(act), order));
                self.hold(customer, order);
            }
            let Some(next) = page.next else { break };
            after = format!("&after={next}");
        }
        let invoked = self.moment();
        match CustomersClient::new(self.user(customer)).me().await {
            Ok(account) => {
                let amount = account.reserved.minor() + account.owed.minor();
                self.answered(Object::Reserved(customer), invoked, What::Total { amount });
                failures.extend(self.owes_too_much(customer, amount));
                Ok(failures)
            }
            // Nobody has made this one known.
            Err(problem) if problem.status() == 404 && customer >= SIZE.customers => Ok(failures),
            Err(problem) => Err(problem),
        }
    }

    /// A limit may be lowered below what is reserved, so that what counts is the greatest that there may have been.
    fn owes_too_much(&self, customer: u32, reserved: i64) -> Vec<Failure> {
        let object = Object::Limit(customer).to_string();
        let limits = self.shop.with(|known| {
            let of_customer = known.history.operations().iter().filter(|one| one.object == object);
            of_customer.map(|one| one.what).collect::<Vec<_>>()
        });
        let most = limits.iter().filter_map(|what| match what {
            What::Write { version } => i64::try_from(*version).ok(),
            _ => None,
        });
        let most = most.chain([SIZE.credit_minor]).max().unwrap_or_default();
        if reserved <= most {
            return Vec::new();
        }
        broken("nobody owes more than they ever might", format!("customer {customer}: {reserved} of {most}"))
    }

    /// What an order that is open or completed takes from what there is.
    fn hold(&self, customer: u32, order: &Order) {
        if !matches!(order.state, OrderState::Open | OrderState::Completed) {
            return;
        }
        let now = self.moment();
        if order.payment == PaidBy::Account {
            self.answered(Object::Reserved(customer), now, What::Add { amount: order.total.minor() });
        }
        for line in &order.lines {
            let amount = -i64::from(line.quantity.get());
            let product = (0..PRODUCTS).find(|number| LoadSize::product(*number) == line.product_id.as_str());
            if let Some(product) = product {
                self.answered(Object::Pieces(product), now, What::Add { amount });
            }
        }
    }
}

fn is_stuck(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.oracle == PROCESSES && finding.verdict == Verdict::Broken)
}

fn breach(breach: Breach) -> Failure {
    Failure::new(breach.rule.to_string(), breach.rows)
}

pub(super) fn failure(finding: Finding) -> Failure {
    let what = format!("{} ({:?}): {}", finding.oracle, finding.verdict, finding.promise);
    Failure::new(what, finding.rows.into_iter().take(SHOWN).collect())
}
