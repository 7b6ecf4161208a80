//! Shoppers, staff and operators of the shop, and what it owes them: what `tradewind sim` runs.

mod act;
mod asking_back;
mod calling_off;
mod checkout;
mod client;
mod draw;
mod edition;
mod hooks;
mod judge;
mod known;
mod mailing;
mod objects;
mod operator;
mod prompt;
mod shopper;
mod sight;
mod signing_in;
mod staff;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tradewind_chassis::settings::{SettingsError, SettingsSource};
use tradewind_client::PhoneBook;
use tradewind_history::{Rule, What};
use tradewind_kernel::Entropy;
use tradewind_sim::{Failure, Planned, Step, Workload, World};

use crate::seed::{LoadSize, Seeder};
use act::Act;
use client::Client;
use known::{Bought, Known};
use objects::Object;

/// Few pieces and little credit: refusals and what they undo are as common as orders that open.
const SIZE: LoadSize = LoadSize { products: 6, customers: 8, quantity: 40, credit_minor: 4_000 };

/// A card that nothing is wrong with, and one on which there is no money.
const GOOD_CARD: &str = "4242424242424242";
const EMPTY_CARD: &str = "4000000000009995";

/// A coupon that takes a tenth off, and how often.
const COUPON: &str = "TENTH";
const COUPONS: u32 = 4;

/// What goes wrong with the provider of card payments, in a hundred cases.
const PROVIDER: [&str; 5] = [
    "provider.decline=3",
    "provider.timeout_after_success=10",
    "provider.callback_twice=5",
    "provider.callback_late=5",
    "provider.callback_early=5",
];

/// An endpoint of another system is in the fleet, and gets what is sent again soon.
const WEBHOOKS: [&str; 3] =
    ["webhooks.first_pause=100ms", "webhooks.longest_pause=2s", "webhooks.attempts=50"];

/// Mails that could not be sent are sent again soon.
const MAIL: [&str; 3] = ["mail.first_pause=100ms", "mail.longest_pause=2s", "mail.attempts=50"];

/// Who shoppers are is believed; some sign in besides, while keys rotate every half minute, and passwords cost little.
/// What a crash has left of an attempt locks nobody out.
const ACCOUNTS: [&str; 7] = [
    "access.development_tokens=true",
    "accounts.hashing.memory_kib=8",
    "accounts.hashing.passes=1",
    "accounts.rotate_keys_every=30s",
    "accounts.show_keys_before=15s",
    "accounts.access_token_ttl=1h",
    "accounts.lockout.after=1000",
];

/// Products and customers that are not there from the beginning.
const NEW_PRODUCTS: u32 = 2;
const NEW_CUSTOMERS: u32 = 2;

/// All that there ever are.
const PRODUCTS: u32 = SIZE.products + NEW_PRODUCTS;
const CUSTOMERS: u32 = SIZE.customers + NEW_CUSTOMERS;

/// People who order, look, come back with the same key when they heard nothing, and call orders off; those who change
/// what there is to order; and those who look after the fleet.
#[derive(Debug, Clone, Default)]
pub struct Shop {
    known: Arc<Mutex<Known>>,
    /// Where each client finds the shop: to make one costs more than most acts.
    books: Arc<Mutex<BTreeMap<String, PhoneBook>>>,
}

impl Shop {
    /// A shop that nobody has entered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The settings under which it is simulated: as usual, but for reservations that expire as soon as they may, so that
    /// orders lose them while somebody is away for seconds, a provider of card payments that misbehaves, and rebuilds of
    /// views in many small steps.
    ///
    /// # Errors
    /// When a setting does not have its form: a defect.
    pub fn settings() -> Result<SettingsSource, SettingsError> {
        let short = ["stock", "customers"].map(|service| format!("{service}.reservation_ttl=1s"));
        let (provider, webhooks) = (PROVIDER.map(str::to_owned), WEBHOOKS.map(str::to_owned));
        let (accounts, mail) = (ACCOUNTS.map(str::to_owned), MAIL.map(str::to_owned));
        let views = ["views.rebuild_batch=3".to_owned()];
        SettingsSource::new()
            .overrides(&[&short[..], &provider, &webhooks, &accounts, &mail, &views].concat())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, what: &'static str, more: u64) {
        self.with(|known| known.count(what, more));
    }

    fn book(&self, world: &World, client: &str) -> PhoneBook {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.entry(client.to_owned()).or_insert_with(|| world.book(client)).clone()
    }

    /// What is there before anybody comes.
    fn remember_beginning(&self) {
        self.with(|known| {
            for product in 0..SIZE.products {
                let (now, amount) = (known.history.moment(), SIZE.quantity.into());
                known.record(true, "seeder", &Object::Pieces(product).to_string(), now, What::Add { amount });
            }
        });
    }
}

impl Workload for Shop {
    type Act = Act;

    fn prepare<'a>(&'a self, world: &'a World) -> Step<'a, Result<(), String>> {
        Box::pin(async move {
            let (clock, entropy) = (world.clock().clone(), world.entropy("seeder"));
            let seeder = Seeder::new(world.observer(), world.secret(), clock, entropy);
            seeder.load(SIZE, |_, _| {}).await.map_err(|problem| problem.to_string())?;
            signing_in::register(&seeder).await.map_err(|problem| problem.to_string())?;
            let mut cards = Vec::new();
            for number in [GOOD_CARD, EMPTY_CARD] {
                let token = seeder.card(number).await.map_err(|problem| problem.to_string())?;
                cards.push(token.to_string().parse().map_err(|error| format!("{error}"))?);
            }
            self.with(|known| known.cards = cards.try_into().ok());
            hooks::register(world).await.map_err(|problem| problem.to_string())?;
            seeder.coupon(COUPON, COUPONS).await.map_err(|problem| problem.to_string())?;
            self.remember_beginning();
            Ok(())
        })
    }

    fn draw(&self, dice: &Entropy, length: Duration) -> Vec<Planned<Act>> {
        draw::draw(dice, length)
    }

    fn act<'a>(&'a self, world: &'a World, act: &'a Planned<Act>) -> Step<'a, Vec<Failure>> {
        Box::pin(async move {
            let client = Client::new(self, world, act);
            match &act.what {
                Act::Buy { wanted, calls_off } => client.buy(wanted, *calls_off).await,
                Act::CheckOut { wanted, way } => client.check_out(wanted, *way).await,
                Act::BuyTwice { wanted } => client.buy_twice(wanted).await,
                Act::Again { of } => client.again(*of).await,
                Act::Otherwise { of } => client.otherwise(*of).await,
                Act::Look { of } => client.look(*of).await,
                Act::Snoop { of, customer } => client.snoop(*of, *customer).await,
                Act::List { customer } => client.list(*customer).await,
                Act::CallOff { of, twice } => client.call_off(*of, *twice).await,
                Act::AskBack { of } => client.ask_back(*of).await,
                Act::Account { customer } => client.account(*customer).await,
                Act::SignIn { customer } => client.sign_in(*customer).await,
                Act::Guess { customer } => client.guess(*customer).await,
                Act::Browse => client.browse().await,
                Act::Product { product } => client.product(*product).await,
                Act::Relist { product } => client.relist(*product).await,
                Act::Receive { product, quantity } => client.receive(*product, *quantity).await,
                Act::SameNote { of } => client.same_note(*of).await,
                Act::Credit { customer } => client.credit(*customer).await,
                Act::Launch { product } => client.launch(*product).await,
                Act::Welcome { customer } => client.welcome(*customer).await,
                Act::Audit { service } => client.audit(service).await,
                Act::Letters => client.letters().await,
                Act::Status { service } => {
                    let mut failures = client.status(service).await;
                    failures.extend(client.views(service).await);
                    failures
                }
                Act::Oracles => client.ask_oracles().await,
            }
        })
    }

    fn judge<'a>(&'a self, world: &'a World) -> Step<'a, Vec<Failure>> {
        Box::pin(judge::judge(self, world))
    }

    fn figures(&self) -> BTreeMap<&'static str, u64> {
        self.with(|known| {
            let count =
                |is: fn(&Bought) -> bool| known.orders.values().filter(|bought| is(bought)).count() as u64;
            let mut figures = known.figures.clone();
            figures.insert("orders", count(|_| true));
            figures.insert("orders acknowledged", count(|bought| bought.id.is_some()));
            figures.insert("orders refused", count(|bought| bought.refused.is_some()));
            figures
        })
    }

    fn examines(&self) -> Vec<&'static str> {
        Rule::ALL.map(Rule::name).to_vec()
    }
}
