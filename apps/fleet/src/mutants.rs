//! All mistakes that can be planted in a fleet.

use tradewind_kernel::Mutant;

/// The mutants of the platform and of all services. Only a build with the feature `mutants` can plant one.
#[must_use]
pub fn mutants() -> Vec<Mutant> {
    let crates = [
        tradewind_amqp::MUTANTS,
        tradewind_db::MUTANTS,
        tradewind_events::MUTANTS,
        tradewind_eventstore::MUTANTS,
        tradewind_views::MUTANTS,
        tradewind_client::MUTANTS,
        tradewind_chassis::MUTANTS,
        tradewind_catalogue::MUTANTS,
        tradewind_cart::MUTANTS,
        tradewind_orders::MUTANTS,
        tradewind_stock::MUTANTS,
        tradewind_customers::MUTANTS,
        tradewind_payments::MUTANTS,
        tradewind_mail::MUTANTS,
        tradewind_gateway::MUTANTS,
    ];
    crates.concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_mutant_has_a_name_of_its_own_and_says_what_is_wrong() {
        let all = mutants();
        let names: BTreeSet<&str> = all.iter().map(|mutant| mutant.name()).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.len() >= 24, "{}", all.len());
        for mutant in all {
            let is_word = |c: char| c.is_ascii_lowercase() || c == '-' || c == '.';
            assert!(mutant.name().chars().all(is_word) && mutant.name().split('.').count() == 3, "{mutant}");
            assert!(mutant.breaks().ends_with('.') && !mutant.breaks().contains('|'), "{mutant}");
        }
    }

    #[test]
    #[cfg(not(feature = "mutants"))]
    fn none_is_planted_in_a_usual_build() {
        assert!(mutants().into_iter().all(|mutant| !mutant.is_planted()));
    }
}
