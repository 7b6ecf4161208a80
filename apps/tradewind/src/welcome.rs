//! What a start says when all is ready: where the doors are, and whom to be.

use std::path::Path;

use tradewind_chassis::Network;
use tradewind_fleet::{ACCOUNTS, MAILBOX_DOOR, SignIn};
use tradewind_kernel::{Currency, Money};

use crate::table;

/// The door behind which all pages are.
const SHOP_DOOR: &str = "gateway/data-plane";

/// The port that `--port` replaces.
const GATEWAY_PORT: i32 = 8080;

/// Where doors open, by what `--port` says.
pub(crate) fn network(port: Option<u16>) -> Network {
    match port {
        None => Network::Shifted(0),
        Some(0) => Network::Free,
        Some(port) => Network::Shifted(i32::from(port) - GATEWAY_PORT),
    }
}

/// The port that a door has when all move as the gateway's does; 0 takes a free one.
pub(crate) fn moved(port: u16, gateway: Option<u16>) -> Result<u16, String> {
    match network(gateway) {
        Network::Shifted(shift) => {
            u16::try_from(i32::from(port) + shift).map_err(|_| format!("{port} moved by {shift} is no port"))
        }
        Network::Free | Network::Handed(_) | Network::None | Network::Wired(_) => Ok(0),
    }
}

/// The table of these doors, given as `service/kind` and address, and whom to be.
pub(crate) fn welcome(doors: &[(String, String)], data: &Path) -> String {
    let mut rows = vec![vec!["SERVICE".to_owned(), "DOOR".to_owned(), "ADDRESS".to_owned()]];
    rows.extend(doors.iter().map(|(name, address)| {
        let (service, kind) = name.split_once('/').unwrap_or((name, ""));
        vec![service.to_owned(), kind.to_owned(), format!("http://{address}")]
    }));
    let mut text = table::columns(&rows);
    text.push_str(&format!("\n  data: {}\n", data.display()));
    for account in ACCOUNTS {
        let credit = Money::from_minor(account.credit_minor, Currency::GBP);
        text.push_str(&format!("  {} may owe {credit}; their id is {}\n", account.name, account.id));
    }
    text.push_str(&places(doors));
    text
}

/// Where people go on: the last that is said, because it is what most look for.
fn places(doors: &[(String, String)]) -> String {
    let at = |door: &str| doors.iter().find(|(name, _)| name == door).map(|(_, address)| address);
    let lines = [
        ("the shop", at(SHOP_DOOR), "/"),
        ("back office", at(SHOP_DOOR), "/admin"),
        ("mails of the shop", at(MAILBOX_DOOR), "/"),
    ];
    let line = |(name, address, path): (&str, Option<&String>, &str)| {
        Some(format!("  {name}: http://{}{path}\n", address?))
    };
    format!("\n{}", lines.into_iter().filter_map(line).collect::<String>())
}

/// Who can sign in, with passwords that are told this once.
pub(crate) fn passwords(people: &[SignIn]) -> String {
    let heads = ["NAME", "ROLE", "USERNAME", "PASSWORD (shown this once; `tradewind seed` makes new ones)"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(
        people.iter().map(|each| {
            [each.name, each.role, each.email, each.password.expose()].map(str::to_owned).to_vec()
        }),
    );
    table::columns(&rows)
}
