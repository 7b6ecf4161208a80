//! What the tests of charges share: books in memory.

use tradewind_db::{Db, DbError, Execution, Location, MigrateMode, Options, Work, sql};
use tradewind_kernel::{Clock, Context, Currency, Entropy, Id, Money, Principal};
use tradewind_provider_contract::{CardToken, DeclineReason};

use crate::actions::Outcome;
use crate::actions::authorise::Authorise;
use crate::actions::cancel::Cancel;
use crate::actions::capture::Capture;
use crate::actions::refund::Refund;
use crate::actions::register_card::RegisterCard;
use crate::domain::KnownCard;
use crate::store::{self, Telling};

sql! {
    MOVEMENTS = "select kind, amount from movement order by reference, number";
    TOLD = "select state from callback order by reference, number";
}

pub(super) const REFERENCE: Id = Id::from_u128(1);
pub(super) const CARD: CardToken = CardToken::new(Id::from_u128(100));
pub(super) const STOLEN: CardToken = CardToken::new(Id::from_u128(101));

const TELLING: Option<Telling> = Some(Telling { sends: 1, delay: std::time::Duration::ZERO });

pub(super) fn pounds(minor: i64) -> Money {
    Money::from_minor(minor, Currency::GBP)
}

pub(super) struct Books {
    pub(super) db: Db,
    pub(super) context: Context,
}

impl Books {
    /// With one card that accepts and one that does not.
    pub(super) async fn new() -> Self {
        let (clock, entropy) = (Clock::system(), Entropy::seeded(1));
        let context = Context::begin(Principal::Anonymous, &clock, &entropy);
        let (location, execution) = (Location::Memory, Execution::Inline);
        let db = Db::open(Options { location, execution, readers: 1, clock, entropy }).unwrap();
        db.migrate(&[store::MIGRATIONS], MigrateMode::Auto).await.unwrap();
        let books = Self { db, context };
        for (token, behaviour) in [(CARD, None), (STOLEN, Some(DeclineReason::Stolen))] {
            let card = KnownCard { last4: "4242".to_owned(), brand: "visa", behaviour };
            books.write(RegisterCard { token, card }).await.unwrap();
        }
        books
    }

    async fn write<W: Work<Error = DbError>>(&self, work: W) -> Result<W::Output, DbError> {
        self.db.write(&self.context, work).await
    }

    pub(super) async fn authorise(&self, card: CardToken, amount: Money) -> Outcome {
        let work = Authorise { reference: REFERENCE, amount, card, decline: false, telling: TELLING };
        self.write(work).await.unwrap()
    }

    pub(super) async fn capture(&self) -> Outcome {
        self.write(Capture { reference: REFERENCE, telling: TELLING }).await.unwrap()
    }

    pub(super) async fn cancel(&self) -> Outcome {
        self.write(Cancel { reference: REFERENCE, telling: TELLING }).await.unwrap()
    }

    pub(super) async fn refund(&self, refund: u128, amount: Money) -> Outcome {
        let refund = Id::from_u128(refund);
        self.write(Refund { reference: REFERENCE, refund, amount, telling: TELLING }).await.unwrap()
    }

    pub(super) async fn movements(&self) -> Vec<(String, i64)> {
        self.db.query(&MOVEMENTS, &[]).await.unwrap()
    }

    pub(super) async fn told(&self) -> Vec<String> {
        let told: Vec<(String,)> = self.db.query(&TOLD, &[]).await.unwrap();
        told.into_iter().map(|(state,)| state).collect()
    }
}

pub(super) fn code(outcome: &Outcome) -> &str {
    outcome.as_ref().err().map(|problem| problem.code()).unwrap_or_default()
}
