//! The mails that customers get: in a simulated fleet they end in the mailbox, whatever failed on the way.

use std::time::Duration;

use tradewind_client::Caller;
use tradewind_kernel::{Context, Deadline, Id, Principal, Secret};
use tradewind_mail_contract::{Delivery, DeliveryState, MailClient};
use tradewind_sim::{Failure, World};

use crate::simulation::client::{Client, broken};

/// How long a call may take.
const LIMIT: Duration = Duration::from_secs(5);

/// How long mails may take to their end once nothing goes wrong: an attempt that a crash cut off has its mail for a while.
const END: Duration = Duration::from_secs(120);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// What has to hold of mails.
const SENT: &str = "a mail that was asked for is sent once nothing goes wrong";

fn caller(world: &World) -> Caller {
    let (clock, entropy) = (world.clock().clone(), world.entropy("mails judged"));
    let context = Context::begin(Principal::Anonymous, &clock, &entropy);
    let deadline = Deadline::after(&clock, LIMIT);
    let peer = world.observer().peer("gateway/data-plane");
    let token = Secret::new(format!("dev-staff-{}", Id::from_u128(0x57af)));
    Caller::new(peer, context, deadline, clock, entropy).bearer(token)
}

/// What is not as it ends: sent, or with nobody to send it to.
fn is_open(mail: &&Delivery) -> bool {
    !matches!(mail.state, DeliveryState::Sent | DeliveryState::NoRecipient)
}

impl Client<'_> {
    /// Every mail was sent, of the newest that one page shows.
    pub(super) async fn mails(&self) -> Vec<Failure> {
        let until = self.world.clock().monotonic() + END;
        loop {
            let mails = match MailClient::new(caller(self.world)).deliveries().await {
                Ok(page) => page.items,
                Err(problem) => return broken("every service answers at the end", problem.to_string()),
            };
            let Some(open) = mails.iter().find(is_open) else {
                self.shop.count("mails judged", mails.len() as u64);
                return Vec::new();
            };
            if open.state == DeliveryState::Failed || self.world.clock().monotonic() > until {
                return broken(SENT, format!("{open:?}"));
            }
            self.world.sleep(PAUSE).await;
        }
    }
}
