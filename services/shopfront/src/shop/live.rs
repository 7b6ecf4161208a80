//! Tells a page how an order goes on, while somebody looks at it.

use std::sync::Arc;
use std::time::Duration;

use tradewind_orders_contract::{OrderId, OrdersClient};
use tradewind_pages::{Live, PageGone};

use crate::shop::order_view::code;
use crate::shop::orders::is_final;
use crate::shop::routed::{Answer, Answered};
use crate::shop::shopper::Shopper;

/// The longest stream; the browser asks again by itself.
const LIFETIME: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_secs(2);
/// The pause between two looks at the order.
const PAUSE: Duration = Duration::from_millis(300);
/// After so many looks without news it says that it is still there.
const QUIET_LOOKS: u32 = 30;

pub(crate) async fn live(shopper: Arc<Shopper>) -> Answered {
    shopper.require_signed()?;
    let id: OrderId = shopper.call.parameter("id")?;
    // Whose it is says orders; of another one nothing is told.
    shopper.orders(None).order(id).await?;
    let watched = shopper.clone();
    let reply =
        tradewind_pages::live(&shopper.call, (LIFETIME, AGAIN), move |live| watch(watched, id, live))?;
    Ok(Answer::Raw(Box::new(reply)))
}

async fn watch(shopper: Arc<Shopper>, id: OrderId, mut live: Live) -> Result<(), PageGone> {
    let mut told: Option<&str> = None;
    let mut quiet = 0;
    loop {
        // Nobody waits for this call but the page.
        let caller = shopper.shop.peers.orders.caller_in(shopper.call.context().clone());
        let caller = match &shopper.signed {
            Some(signed) => caller.bearer(signed.access.clone()),
            None => return Ok(()),
        };
        match OrdersClient::new(caller).order(id).await {
            Ok(order) if told != Some(code(&order)) => {
                told = Some(code(&order));
                quiet = 0;
                live.send("state", code(&order)).await?;
                if is_final(order.state) {
                    return Ok(());
                }
            }
            // It may be away for a moment; the page shows what it knew last.
            Ok(_) | Err(_) => quiet += 1,
        }
        if quiet >= QUIET_LOOKS {
            quiet = 0;
            live.still_here().await?;
        }
        shopper.call.clock().sleep(PAUSE).await;
    }
}
