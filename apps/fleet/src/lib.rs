//! All services of the shop, as one assembly, and the goods it is filled with.

mod assortment;
mod audits;
mod file;
mod goods;
mod images;
mod letters;
mod mutants;
mod observe;
mod probe;
mod processes;
mod quiet;
mod seed;
mod seed_assortment;
mod simulation;
mod topology;
mod verify;
mod views;

use tradewind_chassis::{Assembly, Service};

pub use audits::{AuditDesk, AuditError};
pub use file::{FleetFile, FleetFileError, FleetIdentity};
pub use goods::{ACCOUNTS, DemoAccount, PRODUCTS};
pub use images::Picture;
pub use letters::{LetterDesk, LetterName, LettersError};
pub use mutants::mutants;
pub use observe::{LogLine, News, Watch, WatchError, Watched, Watcher};
pub use probe::ready;
pub use processes::{ProcessDesk, UnderWay, Why};
pub use quiet::Quiet;
pub use seed::{LoadSize, Seeder, SignIn};
pub use seed_assortment::AssortmentSize;
pub use simulation::Shop;
pub use topology::{Place, Topology};
pub use tradewind_views::{Phase as ViewPhase, Status as ViewStatus};
pub use verify::{oracles, subscribed};
pub use views::{ViewDesk, ViewsError};

/// Every service, in the order in which they start: who is listened to comes first.
#[must_use]
pub fn services() -> Vec<Service> {
    vec![
        tradewind_catalogue::service(),
        tradewind_stock::service(),
        tradewind_accounts::service(),
        tradewind_customers::service(),
        tradewind_provider::service(),
        tradewind_payments::service(),
        tradewind_shipping::service(),
        tradewind_cart::service(),
        tradewind_orders::service(),
        tradewind_webhooks::service(),
        tradewind_storage::service(),
        tradewind_notification::service(),
        tradewind_mail::service(),
        tradewind_shopfront::service(),
        tradewind_backoffice::service(),
        tradewind_gateway::service(),
    ]
}

/// The door at which a laptop's mailbox is seen, with a browser.
pub const MAILBOX_DOOR: &str = "mail/admin";

/// All services together.
#[must_use]
pub fn assembly() -> Assembly {
    Assembly::new(services())
}
