//! What those do who look after the shop, at the internal doors of its services.

use tradewind_catalogue_contract::{self as catalogue, CatalogueClient, Product};
use tradewind_customers_contract::{
    self as customers, CustomerId, CustomersClient, RegisterCustomer, SetCreditLimit,
};
use tradewind_history::What;
use tradewind_kernel::{Currency, Money, Slug};
use tradewind_problem::Problem;
use tradewind_sim::Failure;
use tradewind_stock_contract::{self as stock, ReceiveStock, RegisterItem, StockClient};

use crate::seed::LoadSize;
use crate::simulation::SIZE;
use crate::simulation::client::{Answer, Client, broken};
use crate::simulation::edition::Edition;
use crate::simulation::known::Received;
use crate::simulation::objects::Object;
use crate::simulation::shopper::limit_version;

/// What is well-formed and about something that exists is not refused.
const TAKEN: &str = "what is well-formed is taken";

impl Client<'_> {
    /// Shows a product through the gateway.
    pub(super) async fn product(&self, product: u32) -> Vec<Failure> {
        let invoked = self.moment();
        let path = format!("/api/catalogue/v1/products/{}", LoadSize::product(product));
        let shown: Product = match self.user(0).get(&path).await {
            Ok(shown) => shown,
            Err(problem) if problem.status() == 404 && product < SIZE.products => {
                return broken("a listed product is there", problem.to_string());
            }
            Err(_) => return Vec::new(),
        };
        match Edition::named(&shown.name).filter(|edition| edition.price() == shown.price) {
            Some(edition) => {
                self.answered(Object::Listed(product), invoked, What::Read { version: edition.number() });
                Vec::new()
            }
            None => broken("name and price of a product belong together", format!("{shown:?}")),
        }
    }

    /// Changes what is said of a product, and looks at it.
    pub(super) async fn relist(&self, product: u32) -> Vec<Failure> {
        let (id, told, key) =
            (slug(&LoadSize::product(product)), Edition::of(self.number).told(), self.key("list"));
        let Ok(id) = id else { return Vec::new() };
        let invoked = self.moment();
        let send =
            async || CatalogueClient::new(self.internal(catalogue::SERVICE)).list(&id, &told, &key).await;
        let what = What::Write { version: Edition::of(self.number).number() };
        match self.insist(send).await {
            Answer::Refused(problem) => return broken(TAKEN, format!("{key}: {problem}")),
            Answer::Nothing => [Object::Listed(product), Object::Priced(product)]
                .into_iter()
                .for_each(|object| self.unanswered(object, invoked, what)),
            Answer::Given(()) => {
                for object in [Object::Listed(product), Object::Priced(product)] {
                    self.answered(object, invoked, what);
                }
            }
        }
        self.product(product).await
    }

    pub(super) async fn receive(&self, product: u32, quantity: u32) -> Vec<Failure> {
        let received = Received { product, quantity, others: 0 };
        self.shop.with(|known| known.receipts.insert(self.number, received));
        self.book(self.number, product, quantity).await
    }

    /// Another quantity with the note of act `of`: refused, unless the first was never booked.
    pub(super) async fn same_note(&self, of: u32) -> Vec<Failure> {
        let first = self.shop.with(|known| {
            let received = known.receipts.get_mut(&of)?;
            received.others += 1;
            Some(*received)
        });
        let Some(Received { product, quantity, others }) = first else { return Vec::new() };
        self.book(of, product, quantity + others).await
    }

    /// Books a receipt with the note of act `of`.
    async fn book(&self, of: u32, product: u32, quantity: u32) -> Vec<Failure> {
        let (Ok(id), Ok(note)) = (slug(&LoadSize::product(product)), slug(&format!("note-{of}"))) else {
            return Vec::new();
        };
        let (key, receipt) = (self.key("receipt"), ReceiveStock { quantity, reference: Some(note) });
        let invoked = self.moment();
        let send =
            async || StockClient::new(self.internal(stock::SERVICE)).receive(&id, &receipt, &key).await;
        let added = What::Add { amount: quantity.into() };
        let booked = What::WriteIf { expected: 0, version: quantity.into() };
        match self.insist(send).await {
            Answer::Nothing => {
                self.unanswered(Object::Pieces(product), invoked, added);
                self.unanswered(Object::Note(of), invoked, booked);
            }
            Answer::Given(shown) => {
                self.answered(Object::Pieces(product), invoked, added);
                self.answered(Object::Note(of), invoked, booked);
                if shown.amount_available < 0 {
                    return broken("nothing is sold that is not there", format!("{shown:?}"));
                }
            }
            // The note was booked before, or the product is not kept yet.
            Answer::Refused(problem) if problem.status() == 409 && of != self.number => {}
            Answer::Refused(problem) if problem.status() == 404 && product >= SIZE.products => {}
            Answer::Refused(problem) => return broken(TAKEN, format!("{key}: {problem}")),
        }
        Vec::new()
    }

    pub(super) async fn credit(&self, customer: u32) -> Vec<Failure> {
        // From less than what some owe to more than anybody does, and none of them twice.
        let minor = 1_501 + 10 * i64::from(self.number);
        let (id, key) = (CustomerId::new(LoadSize::customer(customer)), self.key("credit"));
        let limit = SetCreditLimit { limit: Money::from_minor(minor, Currency::GBP) };
        let invoked = self.moment();
        let client = || CustomersClient::new(self.internal(customers::SERVICE));
        let what = What::Write { version: limit_version(minor) };
        match self.insist(async || client().set_credit_limit(id, &limit, &key).await).await {
            Answer::Nothing => self.unanswered(Object::Limit(customer), invoked, what),
            Answer::Given(account) => {
                self.answered(Object::Limit(customer), invoked, what);
                if account.credit_limit.minor() != minor {
                    return broken(
                        "a change is answered with what it changed",
                        format!("{minor}: {account:?}"),
                    );
                }
            }
            Answer::Refused(problem) if problem.status() == 404 && customer >= SIZE.customers => {}
            Answer::Refused(problem) => return broken(TAKEN, format!("{key}: {problem}")),
        }
        Vec::new()
    }

    /// Makes an item known, then what is said of it, then takes some in.
    pub(super) async fn launch(&self, product: u32) -> Vec<Failure> {
        let Ok(id) = slug(&LoadSize::product(product)) else { return Vec::new() };
        let (item, key) = (RegisterItem { sku: id.clone() }, self.key("item"));
        let send = async || StockClient::new(self.internal(stock::SERVICE)).register(&id, &item, &key).await;
        if let Answer::Refused(problem) = self.insist(send).await {
            return broken(TAKEN, format!("{key}: {problem}"));
        }
        let mut failures = self.relist(product).await;
        failures.extend(self.receive(product, SIZE.quantity / 4).await);
        failures
    }

    pub(super) async fn welcome(&self, customer: u32) -> Vec<Failure> {
        let (id, key) = (CustomerId::new(LoadSize::customer(customer)), self.key("customer"));
        let credit_limit = Money::from_minor(SIZE.credit_minor, Currency::GBP);
        let registered = RegisterCustomer { name: "Load".to_owned(), credit_limit };
        let client = || CustomersClient::new(self.internal(customers::SERVICE));
        match self.insist(async || client().register(id, &registered, &key).await).await {
            Answer::Refused(problem) => broken(TAKEN, format!("{key}: {problem}")),
            Answer::Given(()) | Answer::Nothing => Vec::new(),
        }
    }
}

fn slug(text: &str) -> Result<Slug, Problem> {
    text.parse().map_err(Problem::internal)
}
