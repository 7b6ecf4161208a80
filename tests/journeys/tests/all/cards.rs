//! Cards, as browsers give them to the provider.

use tradewind_journeys::Fleet;

/// A card that nothing is wrong with.
pub(crate) const GOOD: &str = "4242424242424242";

/// The token of a card with this number.
pub(crate) async fn card(fleet: &Fleet, number: &str) -> String {
    fleet.seeder().card(number).await.unwrap().to_string()
}
