//! What clients of the shop do, planned before a run begins.

use std::fmt;

/// What somebody wants to order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who.
    pub(super) customer: u32,
    /// Products and how many pieces of each.
    pub(super) lines: Vec<(u32, u32)>,
    /// How it is to be paid.
    pub(super) pays: Pays,
}

/// How somebody pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pays {
    /// On account.
    OnAccount,
    /// By a card that nothing is wrong with.
    ByCard,
    /// By a card that refuses.
    ByEmptyCard,
}

/// What somebody does with a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// Whether it is filled before they sign in.
    pub(super) as_guest: bool,
    /// Whether it is paid in euro.
    pub(super) in_euro: bool,
    /// Whether a coupon is entered, of which there are few.
    pub(super) has_coupon: bool,
    /// Whether the order is called off.
    pub(super) calls_off: bool,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (holds, text) in [
            (self.as_guest, " of a guest"),
            (self.in_euro, " in euro"),
            (self.has_coupon, " with a coupon"),
            (self.calls_off, ", and calls it off"),
        ] {
            f.write_str(if holds { text } else { "" })?;
        }
        Ok(())
    }
}

/// One thing that a client does. `of` is the number of an earlier act of the same client; if that was left out, or
/// came to nothing, this one does nothing either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Orders, comes back with the same key while there is no answer, looks, and perhaps thinks better of it.
    Buy {
        /// What.
        wanted: Wanted,
        /// Whether the order is called off.
        calls_off: bool,
    },
    /// Fills a cart, asks what it costs, and takes that; afterwards it is an order like others.
    CheckOut {
        /// What.
        wanted: Wanted,
        /// How.
        way: Way,
    },
    /// Orders with two requests at the same time that have one key.
    BuyTwice {
        /// What.
        wanted: Wanted,
    },
    /// Sends an order once more with its key, much later.
    Again {
        /// The order.
        of: u32,
    },
    /// Orders something else with a key that was used.
    Otherwise {
        /// The order whose key it is.
        of: u32,
    },
    /// Looks at an order.
    Look {
        /// The order.
        of: u32,
    },
    /// Tries to see, and to call off, what somebody else has ordered.
    Snoop {
        /// The order.
        of: u32,
        /// Who is curious.
        customer: u32,
    },
    /// Looks at all of one's orders.
    List {
        /// Whose.
        customer: u32,
    },
    /// Calls an order off.
    CallOff {
        /// The order.
        of: u32,
        /// Whether it is called off once more, as another command.
        twice: bool,
    },
    /// Asks money back for an order, which two of the staff grant in different ways at once.
    AskBack {
        /// The order.
        of: u32,
    },
    /// Looks at one's account.
    Account {
        /// Whose.
        customer: u32,
    },
    /// Signs in with a password, or stays signed in, and shows the token to another service.
    SignIn {
        /// Who.
        customer: u32,
    },
    /// Tries another password.
    Guess {
        /// Whose.
        customer: u32,
    },
    /// Looks at what is for sale.
    Browse,
    /// Looks at a product.
    Product {
        /// Which.
        product: u32,
    },
    /// Changes what is said of a product.
    Relist {
        /// Which.
        product: u32,
    },
    /// Takes in goods with a delivery note of their own.
    Receive {
        /// What.
        product: u32,
        /// How much.
        quantity: u32,
    },
    /// Books the delivery note of an earlier receipt with another quantity.
    SameNote {
        /// The receipt.
        of: u32,
    },
    /// Changes how much a customer may owe.
    Credit {
        /// Who.
        customer: u32,
    },
    /// Begins to sell a product.
    Launch {
        /// Which.
        product: u32,
    },
    /// Makes a customer known.
    Welcome {
        /// Who.
        customer: u32,
    },
    /// Reads on in the event log of a service.
    Audit {
        /// The service.
        service: &'static str,
    },
    /// Lists letters, has them handled again, and drops one that is not there.
    Letters,
    /// Asks a service how far its subscriptions are.
    Status {
        /// The service.
        service: &'static str,
    },
    /// Asks the oracles that hold in a busy fleet as well.
    Oracles,
}

impl Act {
    /// The earlier act that this one is about.
    pub(super) fn of(&mut self) -> Option<&mut u32> {
        match self {
            Self::Again { of }
            | Self::Otherwise { of }
            | Self::Look { of }
            | Self::Snoop { of, .. }
            | Self::CallOff { of, .. }
            | Self::AskBack { of }
            | Self::SameNote { of } => Some(of),
            _ => None,
        }
    }

    pub(super) fn is_order(&self) -> bool {
        matches!(self, Self::Buy { .. } | Self::BuyTwice { .. } | Self::CheckOut { .. })
    }

    pub(super) fn is_receipt(&self) -> bool {
        matches!(self, Self::Receive { .. })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "customer {} orders", self.customer)?;
        let mut between = "";
        for (product, pieces) in &self.lines {
            write!(f, "{between} {pieces} of product {product}")?;
            between = " and";
        }
        match self.pays {
            Pays::OnAccount => Ok(()),
            Pays::ByCard => f.write_str(", by card"),
            Pays::ByEmptyCard => f.write_str(", by a card that refuses"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Buy { wanted, calls_off: false } => write!(f, "{wanted}"),
            Self::Buy { wanted, calls_off: true } => write!(f, "{wanted}, and calls it off"),
            Self::CheckOut { wanted, way } => write!(f, "{wanted}, by a cart{way}"),
            Self::BuyTwice { wanted } => write!(f, "{wanted}, with two requests at once"),
            Self::Again { of } => write!(f, "sends the order of act {of} again"),
            Self::Otherwise { of } => write!(f, "orders something else with the key of act {of}"),
            Self::Look { of } => write!(f, "looks at the order of act {of}"),
            Self::Snoop { of, customer } => {
                write!(f, "customer {customer} tries to see the order of act {of}")
            }
            Self::List { customer } => write!(f, "customer {customer} lists their orders"),
            Self::CallOff { of, twice: false } => write!(f, "calls the order of act {of} off"),
            Self::CallOff { of, twice: true } => write!(f, "calls the order of act {of} off, twice"),
            Self::AskBack { of } => write!(f, "asks money back for the order of act {of}"),
            Self::Account { customer } => write!(f, "customer {customer} looks at their account"),
            Self::SignIn { customer } => write!(f, "customer {customer} signs in"),
            Self::Guess { customer } => write!(f, "tries another password of customer {customer}"),
            Self::Browse => f.write_str("looks at what is for sale"),
            Self::Product { product } => write!(f, "looks at product {product}"),
            Self::Relist { product } => write!(f, "changes what is said of product {product}"),
            Self::Receive { product, quantity } => write!(f, "takes in {quantity} of product {product}"),
            Self::SameNote { of } => write!(f, "books the note of act {of} with another quantity"),
            Self::Credit { customer } => write!(f, "changes what customer {customer} may owe"),
            Self::Launch { product } => write!(f, "begins to sell product {product}"),
            Self::Welcome { customer } => write!(f, "makes customer {customer} known"),
            Self::Audit { service } => write!(f, "reads on in the log of {service}"),
            Self::Letters => f.write_str("looks after the letters"),
            Self::Status { service } => write!(f, "asks {service} how far it is"),
            Self::Oracles => f.write_str("asks the oracles of a busy fleet"),
        }
    }
}
