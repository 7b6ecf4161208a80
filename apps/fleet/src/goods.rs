//! What the shop is filled with on its first start: the data of the original shop's contract.

use tradewind_kernel::{Currency, Id, Money};
use tradewind_problem::Problem;

/// A product with its stock.
#[derive(Debug, Clone, Copy)]
pub struct DemoProduct<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its stock keeping unit.
    pub sku: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub description: &'a str,
    /// Its price in pence.
    pub price_minor: i64,
    /// Its prices in other currencies, in minor units.
    pub further: &'a [(&'a str, i64)],
    /// How many there are at first.
    pub quantity: u32,
}

impl DemoProduct<'_> {
    /// Its prices in other currencies.
    pub(crate) fn prices(&self) -> Result<Vec<Money>, Problem> {
        let price = |(currency, minor): &(&str, i64)| {
            let currency: Currency = currency.parse().map_err(Problem::internal)?;
            Ok(Money::from_minor(*minor, currency))
        };
        self.further.iter().map(price).collect()
    }
}

/// Someone who may buy on account.
#[derive(Debug, Clone, Copy)]
pub struct DemoAccount {
    /// Their id, as a customer and as one who signs in.
    pub id: Id,
    /// What they are called.
    pub name: &'static str,
    /// By which e-mail address they sign in.
    pub email: &'static str,
    /// How much they may owe, in pence.
    pub credit_minor: i64,
}

/// The products of the contract.
pub const PRODUCTS: [DemoProduct<'static>; 5] = [
    DemoProduct {
        id: "1",
        sku: "12345678",
        name: "Widget",
        description: "Premium ACME Widgets",
        price_minor: 120,
        further: &[("EUR", 140), ("USD", 155)],
        quantity: 5,
    },
    DemoProduct {
        id: "2",
        sku: "34567890",
        name: "Sprocket",
        description: "Grade B sprockets",
        price_minor: 410,
        further: &[("EUR", 480), ("USD", 530)],
        quantity: 2,
    },
    DemoProduct {
        id: "3",
        sku: "54326745",
        name: "Anvil",
        description: "Large Anvils",
        price_minor: 4550,
        further: &[("EUR", 5300), ("USD", 5850)],
        quantity: 999,
    },
    DemoProduct {
        id: "4",
        sku: "93847614",
        name: "Cogs",
        description: "Grade Y cogs",
        price_minor: 180,
        further: &[("EUR", 210), ("USD", 235)],
        quantity: 0,
    },
    DemoProduct {
        id: "5",
        sku: "11856388",
        name: "Multitool",
        description: "Multitools",
        price_minor: 15410,
        further: &[("EUR", 17900), ("USD", 19900)],
        quantity: 1,
    },
];

/// Two accounts to try, each with a credit limit of 15.00.
pub const ACCOUNTS: [DemoAccount; 2] = [
    DemoAccount {
        id: Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000a),
        name: "Ada",
        email: "ada@example.com",
        credit_minor: 1500,
    },
    DemoAccount {
        id: Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000b),
        name: "Grace",
        email: "grace@example.com",
        credit_minor: 1500,
    },
];

/// Those who work for the shop: id, name, e-mail address, and whether they look after all of it.
pub(crate) const WORKERS: [(Id, &str, &str, bool); 2] = [
    (Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0057), "Sam", "sam@example.com", false),
    (Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00ad), "Max", "max@example.com", true),
];
