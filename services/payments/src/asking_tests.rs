//! What becomes of money that is asked back, whatever is asked, said and done in which sequence.

use proptest::prelude::*;
use tradewind_db::{Db, Execution, Location, MigrateMode, Options, Work, sql};
use tradewind_kernel::{Clock, Context, Currency, Entropy, Id, Money, Principal};
use tradewind_payments_contract::{
    AskRefund, MAX_REFUND_REQUESTS, RefundReason, RefundRequest, RefundRequestState, RefusalReason,
    RefuseRefund,
};
use tradewind_problem::Problem;

use crate::actions::ask_refund::Ask;
use crate::actions::change::{Change, Processes};
use crate::actions::decide_refund::{Decide, Decision};
use crate::actions::forget_person::ForgetPerson;
use crate::domain::{Command, Payment};
use crate::sagas::give_stray_back::stray;
use crate::sagas::pay_by_card::card_payment;
use crate::sagas::refund::refund;
use crate::store::{self, refund_requests};

sql! {
    TOLD = "select type from event_log where type like '%refund-%' order by position";
    RECORDED = "select count(*) from audit_record";
}

const ORDER: Id = Id::from_u128(0xa);
const ADA: Id = Id::from_u128(0xada);
const TAKEN: i64 = 100;

fn pence(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

struct World {
    db: Db,
    context: Context,
    processes: Processes,
}

struct Read;

impl Work for Read {
    type Output = (Payment, Vec<RefundRequest>);
    type Error = tradewind_db::DbError;

    async fn run(&self, tx: &mut tradewind_db::Tx) -> Result<Self::Output, Self::Error> {
        Ok((store::find(tx, ORDER).await?.state, refund_requests::of_in(tx, ORDER).await?))
    }
}

impl World {
    /// A payment of Ada's whose amount was taken.
    async fn new() -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Staff(Id::from_u128(0x57)), &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
        let sets = [
            tradewind_events::MIGRATIONS,
            tradewind_eventstore::MIGRATIONS,
            tradewind_db::lease::MIGRATIONS,
            tradewind_saga::MIGRATIONS,
            tradewind_audit::MIGRATIONS,
            crate::views::MIGRATIONS,
        ];
        db.migrate(&sets, MigrateMode::Auto).await.unwrap();
        let processes = Processes {
            payments: card_payment().instances(),
            refunds: refund().instances(),
            strays: stray().instances(),
        };
        let world = Self { db, context, processes };
        let card = "card_1".parse().unwrap();
        for command in [
            Command::Request { customer: ADA, amount: pence(TAKEN), card },
            Command::RecordAuthorised,
            Command::RecordCaptured { refund: Id::from_u128(0) },
        ] {
            world.change(command).await;
        }
        world
    }

    async fn change(&self, command: Command) -> bool {
        let change = Change { order: ORDER, command, processes: self.processes.clone() };
        self.db.write(&self.context, change).await.unwrap().is_ok()
    }

    async fn ask(&self, number: u16, minor: i64) -> Result<RefundRequest, Problem> {
        let asked =
            AskRefund { amount: pence(minor), reason: RefundReason::Damaged, note: "A crack.".parse().ok() };
        self.db.write(&self.context, Ask { order: ORDER, number, customer: ADA, asked }).await
    }

    async fn decide(&self, number: u16, decision: Decision) -> Result<RefundRequest, Problem> {
        let decide = Decide { order: ORDER, number, decision, processes: self.processes.clone() };
        self.db.write(&self.context, decide).await
    }

    async fn grant(&self, number: u16, minor: i64) -> Result<RefundRequest, Problem> {
        self.decide(number, Decision::Grant(pence(minor))).await
    }

    async fn refuse(&self, number: u16) -> Result<RefundRequest, Problem> {
        let refused = RefuseRefund { reason: RefusalReason::TooLate, note: "A year.".parse().ok() };
        self.decide(number, Decision::Refuse(refused)).await
    }

    async fn read(&self) -> (Payment, Vec<RefundRequest>) {
        self.db.write(&self.context, Read).await.unwrap()
    }

    async fn told(&self) -> Vec<String> {
        let told: Vec<(String,)> = self.db.query(&TOLD, &[]).await.unwrap();
        told.into_iter().map(|(kind,)| kind.split('.').nth(2).unwrap().to_owned()).collect()
    }

    async fn recorded(&self) -> i64 {
        let counts: Vec<(i64,)> = self.db.query(&RECORDED, &[]).await.unwrap();
        counts[0].0
    }
}

fn code(answer: Result<RefundRequest, Problem>) -> String {
    answer.map_or_else(|problem| problem.code().to_owned(), |request| request.state.name().to_owned())
}

#[tokio::test]
async fn what_is_said_twice_happens_once() {
    let world = World::new().await;
    let first = world.ask(1, 60).await.unwrap();
    assert_eq!(world.ask(1, 60).await.unwrap(), first);
    assert_eq!(code(world.ask(1, 50).await), "refund-already-asked");
    assert_eq!(code(world.ask(2, 10).await), "refund-already-asked");
    let granted = world.grant(1, 40).await.unwrap();
    assert_eq!(world.grant(1, 40).await.unwrap(), granted);
    assert_eq!(code(world.grant(1, 60).await), "refund-request-decided");
    assert_eq!(code(world.refuse(1).await), "refund-request-decided");
    let (payment, _) = world.read().await;
    assert_eq!((payment.given_back(), payment.refunds.len()), (40, 1));
    assert_eq!(world.recorded().await, 1);
    world.ask(2, 60).await.unwrap();
    let refused = world.refuse(2).await.unwrap();
    assert_eq!(world.refuse(2).await.unwrap(), refused);
    assert_eq!(code(world.grant(2, 60).await), "refund-request-decided");
    assert_eq!(world.recorded().await, 2);
    assert_eq!(
        world.told().await,
        ["refund-requested", "refund-granted", "refund-requested", "refund-refused"]
    );
}

#[tokio::test]
async fn a_refund_that_failed_can_be_asked_for_again() {
    let world = World::new().await;
    world.ask(1, 100).await.unwrap();
    let refund = world.grant(1, 100).await.unwrap().refund_id.unwrap();
    assert_eq!(code(world.ask(2, 1).await), "refund-exceeds-capture");
    world.change(Command::RecordNotRefunded { refund, reason: "closed".into() }).await;
    assert_eq!(world.read().await.1[0].state, RefundRequestState::Failed);
    world.ask(2, 100).await.unwrap();
    let refund = world.grant(2, 100).await.unwrap().refund_id.unwrap();
    world.change(Command::RecordRefunded { refund }).await;
    let states: Vec<_> = world.read().await.1.into_iter().map(|request| request.state).collect();
    assert_eq!(states, [RefundRequestState::Failed, RefundRequestState::Returned]);
}

#[tokio::test]
async fn of_somebody_who_was_erased_nothing_is_kept_that_was_written() {
    let world = World::new().await;
    world.ask(1, 60).await.unwrap();
    world.db.write(&world.context, ForgetPerson { customer: ADA }).await.unwrap();
    assert_eq!(world.read().await.1[0].note, None);
    world.refuse(1).await.unwrap();
    assert_eq!(world.read().await.1[0].refusal_note, None);
    assert_eq!(code(world.ask(2, 60).await), "not-found");
}

#[derive(Debug, Clone)]
enum Step {
    Ask(u16, i64),
    Grant(u16, i64),
    Refuse(u16),
    Desk(i64),
    CallOff,
    Provider(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let number = || prop_oneof![6 => 1..=3_u16, 1 => 0..=MAX_REFUND_REQUESTS + 1];
    prop_oneof![
        3 => (number(), -1..=TAKEN + 1).prop_map(|(number, minor)| Step::Ask(number, minor)),
        3 => (number(), -1..=TAKEN + 1).prop_map(|(number, minor)| Step::Grant(number, minor)),
        1 => number().prop_map(Step::Refuse),
        1 => (1..=TAKEN).prop_map(Step::Desk),
        1 => Just(Step::CallOff),
        2 => any::<bool>().prop_map(Step::Provider),
    ]
}

impl World {
    async fn play(&self, step: Step, at: u128) {
        match step {
            Step::Ask(number, minor) => drop(self.ask(number, minor).await),
            Step::Grant(number, minor) => drop(self.grant(number, minor).await),
            Step::Refuse(number) => drop(self.refuse(number).await),
            Step::Desk(minor) => {
                let refund = Id::from_u128(0x100 + at);
                self.change(Command::Refund { refund, amount: pence(minor) }).await;
            }
            Step::CallOff => {
                self.change(Command::Release { reason: "cancelled".into(), refund: ORDER }).await;
            }
            Step::Provider(does) => {
                let (payment, _) = self.read().await;
                let open = payment.refunds.keys().copied().find(|refund| payment.is_open(*refund));
                let Some(refund) = open else { return };
                let command = if does {
                    Command::RecordRefunded { refund }
                } else {
                    Command::RecordNotRefunded { refund, reason: "closed".into() }
                };
                self.change(command).await;
            }
        }
    }

    async fn holds(&self) {
        let (payment, requests) = self.read().await;
        assert!((0..=TAKEN).contains(&payment.given_back()), "{payment:?}");
        assert!((1..).zip(&requests).all(|(number, request)| request.number == number), "{requests:?}");
        let open = requests.iter().filter(|request| request.state == RefundRequestState::Asked);
        assert!(open.count() <= 1 && requests.len() <= usize::from(MAX_REFUND_REQUESTS), "{requests:?}");
        for request in requests.iter().filter(|request| request.refund_id.is_some()) {
            let (id, granted) = (request.refund_id.unwrap(), request.granted.unwrap());
            assert!(granted.minor() <= request.amount.minor(), "{request:?}");
            let refund = payment.refunds.get(&id).unwrap();
            assert_eq!(refund.amount, granted);
            let state = match (payment.is_open(id), payment.has_failed(id)) {
                (true, _) => RefundRequestState::Granted,
                (_, true) => RefundRequestState::Failed,
                _ => RefundRequestState::Returned,
            };
            assert_eq!(request.state, state, "{request:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn requests_follow_the_payment_and_never_more_is_given_back_than_was_taken(
        steps in prop::collection::vec(step(), 0..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            for (at, step) in (0..).zip(steps) {
                world.play(step, at).await;
                world.holds().await;
            }
        });
    }
}
