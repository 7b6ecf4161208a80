//! Whether a product can be had.

use tradewind_catalogue_contract::{Availability, AvailabilityLevel, MAX_SHOWN_AMOUNT};

/// How many there are as stock told it: a number when there are few.
pub(crate) type Level = Option<u32>;

/// What is shown of a level.
pub(crate) fn shown(level: Level) -> Availability {
    match level {
        None => Availability { level: AvailabilityLevel::InStock, amount: None },
        Some(0) => Availability { level: AvailabilityLevel::SoldOut, amount: None },
        Some(amount) => Availability { level: AvailabilityLevel::Low, amount: Some(amount) },
    }
}

/// What is shown of a product with variants: one of them is enough. Of those nobody told anything it is not known, so
/// that without any other nothing is said.
pub(crate) fn together(levels: &[Option<Level>]) -> Option<Availability> {
    let is_plenty = levels.contains(&Some(None));
    let few: u32 = levels.iter().filter_map(|level| level.flatten()).sum();
    if is_plenty || few > MAX_SHOWN_AMOUNT {
        return Some(shown(None));
    }
    let is_known = few > 0 || !levels.is_empty() && levels.iter().all(Option::is_some);
    is_known.then(|| shown(Some(few)))
}

/// Whether it can be had now.
pub(crate) fn is_there(availability: Option<Availability>) -> bool {
    let level = availability.map(|availability| availability.level);
    matches!(level, Some(AvailabilityLevel::InStock | AvailabilityLevel::Low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_variant_that_is_there_is_enough_and_what_is_not_known_is_not_said() {
        assert_eq!(together(&[Some(Some(0)), Some(None)]), Some(shown(None)));
        assert_eq!(together(&[Some(Some(2)), None, Some(Some(1))]), Some(shown(Some(3))));
        assert_eq!(together(&[Some(Some(6)), Some(Some(6))]), Some(shown(None)));
        assert_eq!(together(&[Some(Some(0)), Some(Some(0))]), Some(shown(Some(0))));
        assert_eq!(together(&[Some(Some(0)), None]), None);
        assert_eq!(together(&[]), None);
        assert!(!is_there(None) && !is_there(Some(shown(Some(0)))) && is_there(Some(shown(Some(1)))));
    }
}
