//! What holds of cards, without a database.

mod card;

pub(crate) use card::{Behaviour, KnownCard, check};
