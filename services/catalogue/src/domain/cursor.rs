//! The mark where the next page of a search begins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tradewind_catalogue_contract::ProductSort;

/// The most characters of a mark.
const MAX_LENGTH: usize = 1_000;

/// By what products are sorted: a number, then a text, then the id, so that no two of them are at the same place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    sort: ProductSort,
    pub(crate) number: i64,
    pub(crate) text: String,
    pub(crate) id: String,
}

impl Place {
    /// Before all products.
    pub(crate) fn first(sort: ProductSort) -> Self {
        Self { sort, number: i64::MIN, text: String::new(), id: String::new() }
    }

    pub(crate) fn new(sort: ProductSort, number: i64, text: String, id: String) -> Self {
        Self { sort, number, text, id }
    }

    /// The mark as text.
    pub(crate) fn mark(&self) -> String {
        let Self { sort, number, text, id } = self;
        let json = serde_json::json!([sort, number, text, id]).to_string();
        URL_SAFE_NO_PAD.encode(json)
    }

    /// Reads a mark; `None` when it is none of this sequence.
    pub(crate) fn read(mark: &str, sort: ProductSort) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(mark.get(..mark.len().min(MAX_LENGTH))?).ok()?;
        let (of, number, text, id): (ProductSort, i64, String, String) =
            serde_json::from_slice(&json).ok()?;
        let is_plain = !text.contains('\0') && !id.contains('\0');
        (of == sort && is_plain).then_some(Self { sort, number, text, id })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mark_of_another_sequence_is_none() {
        let mark = Place::first(ProductSort::Name).mark();
        assert!(Place::read(&mark, ProductSort::Name).is_some());
        assert_eq!(Place::read(&mark, ProductSort::Newest), None);
        // No engine here takes a text with this character.
        for (text, id) in [("a\0", "1"), ("a", "1\0")] {
            let mark = Place::new(ProductSort::Name, 0, text.to_owned(), id.to_owned()).mark();
            assert_eq!(Place::read(&mark, ProductSort::Name), None, "{text:?} {id:?}");
        }
    }

    proptest! {
        #[test]
        fn marks_are_read_as_they_were_written(number in any::<i64>(), text in "[a-z ]{0,80}", id in "[a-z0-9-]{1,64}") {
            let place = Place::new(ProductSort::Relevance, number, text, id);
            prop_assert_eq!(Place::read(&place.mark(), ProductSort::Relevance), Some(place));
        }

        #[test]
        fn what_is_no_mark_is_refused(text in "\\PC{0,80}") {
            prop_assert_eq!(Place::read(&text, ProductSort::Name), None);
        }
    }
}
