//! Filling the shop, through the internal doors like any other administrator.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde::Serialize;
use tradewind_accounts_contract::{self as accounts, AccountsClient, Password, PutAccount, Role};
use tradewind_cart_contract::{self as cart, CartAdminClient, SetCoupon};
use tradewind_catalogue_contract::{self as catalogue, CatalogueClient, ListProduct};
use tradewind_client::{Caller, PhoneBook};
use tradewind_customers_contract::{self as customers, CustomerId, CustomersClient, RegisterCustomer};
use tradewind_kernel::{Clock, Context, Currency, Deadline, Entropy, Id, Money, Principal, Secret, Slug};
use tradewind_problem::Problem;
use tradewind_provider_contract::{CARDS_PATH, Card, CardToken};
use tradewind_stock_contract::{self as stock, ReceiveStock, RegisterItem, StockClient};

use crate::goods::{ACCOUNTS, DemoProduct, PRODUCTS, WORKERS};

/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The first bits of the ids of customers made for load; the last ones count.
const LOAD_CUSTOMER: u128 = 0x0198_0000_0000_7000_8000_0001_0000_0000;

/// How much is made for load tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadSize {
    /// Products, `load-1` and so on, each with a price of 1.00.
    pub products: u32,
    /// Customers with ids counted from [`LoadSize::customer`] 0.
    pub customers: u32,
    /// How many of each product come in.
    pub quantity: u32,
    /// How much each customer may owe, in pence.
    pub credit_minor: i64,
}

impl Default for LoadSize {
    fn default() -> Self {
        Self { products: 1_000, customers: 1_000, quantity: 1_000_000, credit_minor: 1_000_000_000 }
    }
}

impl LoadSize {
    /// The id of the customer with this number.
    #[must_use]
    pub fn customer(number: u32) -> Id {
        Id::from_u128(LOAD_CUSTOMER + u128::from(number))
    }

    /// The id of the product with this number.
    #[must_use]
    pub fn product(number: u32) -> String {
        format!("load-{number}")
    }
}

/// How somebody signs in who was made to try the shop.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// What they are called.
    pub name: &'static str,
    /// Their e-mail address.
    pub email: &'static str,
    /// What they may be.
    pub role: &'static str,
    /// Their password, which is kept nowhere.
    pub password: Secret,
}

/// Fills the shop. Every step has a key of its own: doing it again changes nothing.
#[derive(Debug, Clone)]
pub struct Seeder {
    book: PhoneBook,
    secret: Secret,
    clock: Clock,
    entropy: Entropy,
}

impl Seeder {
    /// Talks to the internal doors in `book`, showing `secret`.
    #[must_use]
    pub fn new(book: PhoneBook, secret: Secret, clock: Clock, entropy: Entropy) -> Self {
        Self { book, secret, clock, entropy }
    }

    /// Makes the products of the contract with their stock, and the accounts to try.
    ///
    /// # Errors
    /// The first problem that a service gave.
    pub async fn goods(&self) -> Result<(), Problem> {
        for product in &PRODUCTS {
            self.product(product).await?;
        }
        for account in &ACCOUNTS {
            self.customer(account.id, account.name, account.credit_minor).await?;
        }
        Ok(())
    }

    /// Makes accounts to sign in with: the two customers, one who works for the shop, and one who looks after it. Their
    /// passwords are drawn anew each time.
    ///
    /// # Errors
    /// The first problem that a service gave.
    pub async fn people(&self) -> Result<Vec<SignIn>, Problem> {
        let customers =
            ACCOUNTS.iter().map(|each| (each.id, each.name, each.email, (Role::Customer, "customer")));
        let workers = WORKERS.iter().map(|&(id, name, email, is_admin)| {
            (id, name, email, if is_admin { (Role::Admin, "admin") } else { (Role::Staff, "staff") })
        });
        let mut made = Vec::new();
        for (id, name, email, (role, told)) in customers.chain(workers) {
            let mut bytes = [0; 15];
            self.entropy.fill(&mut bytes);
            let password = Secret::new(URL_SAFE_NO_PAD.encode(bytes));
            let account = PutAccount {
                name: name.to_owned(),
                email: email.to_owned(),
                password: Password::new(password.expose()),
                roles: vec![role],
            };
            AccountsClient::new(self.caller(accounts::SERVICE)).put(id, &account).await?;
            made.push(SignIn { name, email, role: told, password });
        }
        Ok(made)
    }

    /// Lets a customer who was made for load sign in.
    pub(crate) async fn load_account(
        &self,
        number: u32,
        email: &str,
        password: &Secret,
    ) -> Result<(), Problem> {
        let account = PutAccount {
            name: "Load".to_owned(),
            email: email.to_owned(),
            password: Password::new(password.expose()),
            roles: vec![Role::Customer],
        };
        AccountsClient::new(self.caller(accounts::SERVICE)).put(LoadSize::customer(number), &account).await
    }

    /// Makes products and customers for load tests; `progress` hears (done, all).
    ///
    /// # Errors
    /// The first problem that a service gave.
    pub async fn load(&self, size: LoadSize, mut progress: impl FnMut(u32, u32)) -> Result<(), Problem> {
        let all = size.products + size.customers;
        for number in 0..size.products {
            let id = LoadSize::product(number);
            let product = DemoProduct {
                id: &id,
                sku: &id,
                name: "Load",
                description: "For load tests",
                price_minor: 100,
                further: &[("EUR", 120)],
                quantity: size.quantity,
            };
            self.product(&product).await?;
            progress(number + 1, all);
        }
        for number in 0..size.customers {
            self.customer(LoadSize::customer(number), "Load", size.credit_minor).await?;
            progress(size.products + number + 1, all);
        }
        Ok(())
    }

    /// Has the provider of card payments exchange a card for a token, as a browser does.
    ///
    /// # Errors
    /// The provider's problem.
    pub async fn card(&self, number: &str) -> Result<CardToken, Problem> {
        #[derive(Serialize)]
        struct Given<'a> {
            number: &'a str,
            expiry: &'a str,
            cvc: &'a str,
        }
        let context = Context::begin(Principal::Anonymous, &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer("provider/public");
        let caller = Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone());
        let given = Given { number, expiry: "12/99", cvc: "123" };
        let card: Card = caller.send(Method::POST, CARDS_PATH, &given).await?;
        Ok(card.token)
    }

    /// Makes a coupon that takes a tenth off, `limit` times.
    ///
    /// # Errors
    /// The service's problem.
    pub async fn coupon(&self, code: &str, limit: u32) -> Result<(), Problem> {
        let discount = 1_000.try_into().map_err(|message: &str| Problem::internal(message))?;
        let coupon = SetCoupon { discount, limit: Some(limit), valid_from: None, valid_until: None };
        let code = code.parse().map_err(Problem::internal)?;
        CartAdminClient::new(self.caller(cart::SERVICE)).set_coupon(&code, &coupon).await.map(drop)
    }

    async fn product(&self, product: &DemoProduct<'_>) -> Result<(), Problem> {
        let id: Slug = product.id.parse().map_err(Problem::internal)?;
        let sku: Slug = product.sku.parse().map_err(Problem::internal)?;
        let listed = ListProduct {
            name: product.name.to_owned(),
            description: product.description.to_owned(),
            price: Money::from_minor(product.price_minor, Currency::GBP),
            prices: product.prices()?,
        };
        let catalogue = CatalogueClient::new(self.caller(catalogue::SERVICE));
        catalogue.list(&id, &listed, &format!("seed-prices-{id}")).await?;
        let stock = StockClient::new(self.caller(stock::SERVICE));
        stock.register(&id, &RegisterItem { sku }, &format!("seed-item-{id}")).await?;
        if product.quantity > 0 {
            let reference = format!("seed-{id}").parse().map_err(Problem::internal)?;
            let receipt = ReceiveStock { quantity: product.quantity, reference: Some(reference) };
            stock.receive(&id, &receipt, &format!("seed-receipt-{id}")).await?;
        }
        Ok(())
    }

    async fn customer(&self, id: Id, name: &str, credit_minor: i64) -> Result<(), Problem> {
        let customer = RegisterCustomer {
            name: name.to_owned(),
            credit_limit: Money::from_minor(credit_minor, Currency::GBP),
        };
        let customers = CustomersClient::new(self.caller(customers::SERVICE));
        customers.register(CustomerId::new(id), &customer, &format!("seed-customer-{id}")).await
    }

    pub(crate) fn caller(&self, service: &str) -> Caller {
        let context = Context::begin(Principal::Service("seed".to_owned()), &self.clock, &self.entropy);
        let deadline = Deadline::after(&self.clock, LIMIT);
        let peer = self.book.peer(&format!("{service}/internal"));
        Caller::new(peer, context, deadline, self.clock.clone(), self.entropy.clone())
            .bearer(self.secret.clone())
    }
}
