//! Asking for money back, and what two of the staff say to it at the same time.

use futures_util::future::join;
use tradewind_kernel::{Id, Money, Principal, Secret};
use tradewind_payments_contract::{AskRefund, GrantRefund, PaymentsClient, RefundReason, RefundRequest};
use tradewind_problem::Problem;
use tradewind_sim::Failure;

use crate::seed::LoadSize;
use crate::simulation::act::Pays;
use crate::simulation::client::{Answer, Client, broken};

const ONCE: &str = "what is asked back is decided once";

const FITTING: &str = "money is asked back of what was taken";

/// How much is asked back, and what each of the two would grant, in pence.
const ASKED: i64 = 50;
const GRANTED: [i64; 2] = [30, 20];

/// What asking may be refused with: nothing is taken yet or left, or another request waits.
const REFUSALS: [&str; 4] =
    ["payment-not-captured", "refund-exceeds-capture", "refund-already-asked", "conflict"];

/// What deciding may be refused with: the other was faster, or too little is left.
const LATE: [&str; 2] = ["refund-request-decided", "refund-exceeds-capture"];

impl Client<'_> {
    /// Asks a part of the order of act `of` back, and has it granted in two ways at once.
    pub(super) async fn ask_back(&self, of: u32) -> Vec<Failure> {
        let by_card = self.acknowledged(of).filter(|(bought, _)| bought.wanted.pays == Pays::ByCard);
        let Some((bought, order)) = by_card else { return Vec::new() };
        let (order, customer) = (order.id(), bought.wanted.customer);
        let Some(number) = self.asked(customer, order).await else { return Vec::new() };
        let (one, other) = match number {
            Ok((number, amount)) => {
                let grant = |pence| {
                    Box::pin(self.grant((order, number), Money::from_minor(pence, amount.currency())))
                };
                let [one, other] = GRANTED;
                join(grant(one), grant(other)).await
            }
            Err(problem) => return broken(FITTING, format!("{}: {problem}", bought.key)),
        };
        self.shop.count("refunds decided", 1);
        let mut failures = Vec::new();
        if let (Answer::Given(one), Answer::Given(other)) = (&one, &other) {
            failures.extend(broken(ONCE, format!("{one:?} and {other:?}")));
        }
        for answer in [one, other] {
            match answer {
                Answer::Refused(problem) if !LATE.contains(&problem.code()) => {
                    failures.extend(broken(ONCE, format!("{}: {problem}", bought.key)));
                }
                Answer::Given(_) | Answer::Refused(_) | Answer::Nothing => {}
            }
        }
        failures
    }

    /// The number and the amount of a new request; nothing when there is no answer, or nothing can be asked now.
    async fn asked(&self, customer: u32, order: Id) -> Option<Result<(u16, Money), Problem>> {
        let theirs = || PaymentsClient::new(self.user(customer));
        let payment = theirs().payment(order).await.ok()?;
        let before = theirs().refund_requests(order).await.ok()?;
        let number = u16::try_from(before.len()).ok()?.checked_add(1)?;
        let amount = Money::from_minor(ASKED, payment.amount.currency());
        let asked = AskRefund { amount, reason: RefundReason::Damaged, note: None };
        match self.insist(async || theirs().ask_refund(order, number, &asked).await).await {
            Answer::Given(_) => {
                self.shop.count("refunds asked", 1);
                Some(Ok((number, amount)))
            }
            Answer::Refused(problem) if REFUSALS.contains(&problem.code()) || problem.status() == 404 => None,
            Answer::Refused(problem) => Some(Err(problem)),
            Answer::Nothing => None,
        }
    }

    async fn grant(&self, (order, number): (Id, u16), amount: Money) -> Answer<RefundRequest> {
        let granted = GrantRefund { amount };
        self.insist(async || PaymentsClient::new(self.staff()).grant_refund(order, number, &granted).await)
            .await
    }

    /// Calls through the gateway, as somebody who works for the shop.
    fn staff(&self) -> tradewind_client::Caller {
        let token = Secret::new(format!("dev-staff-{}", LoadSize::customer(0)));
        self.caller("gateway/data-plane", Principal::Anonymous).bearer(token)
    }
}
