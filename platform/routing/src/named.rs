//! Values by name, found in the same time however many there are.

use foldhash::fast::FixedState;
use indexmap::IndexMap;

/// Kept in the order in which they were put in. Names are those of documents: clients ask for what they like and put
/// nothing in, so the hash need not be hard to guess.
pub(crate) type Named<Name, Value> = IndexMap<Name, Value, FixedState>;
