//! Cards, however they are given.

use tradewind_chassis::http::Call;
use tradewind_kernel::{Entropy, Id};
use tradewind_problem::Problem;
use tradewind_provider_contract::{self as contract, Card, CardToken};

use crate::actions::register_card::RegisterCard;
use crate::state::Provider;
use crate::{domain, error};

/// Keeps a card, and gives what stands for it.
pub(crate) async fn keep(
    provider: &Provider,
    call: &Call,
    given: &contract::RegisterCard,
) -> Result<Card, Problem> {
    let known = domain::check(given, call.clock().now());
    let card = known.map_err(|(pointer, detail)| error::field(pointer, detail))?;
    let token = CardToken::new(random_id(call.entropy()));
    let shown = Card { token, last4: card.last4.clone(), brand: card.brand.to_owned() };
    provider.db.write(call.context(), RegisterCard { token, card }).await?;
    Ok(shown)
}

/// An id that tells nothing, not even when it was made.
fn random_id(entropy: &Entropy) -> Id {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    Id::from_bytes(bytes)
}
