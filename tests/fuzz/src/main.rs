//! One target under libFuzzer, whose options are those of the command line. `TRADEWIND_FUZZ` names the target.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();

fn chosen() -> fn(&[u8]) {
    let name = std::env::var("TRADEWIND_FUZZ").unwrap_or_default();
    let names = tradewind_fuzz::TARGETS.map(|(name, _)| name);
    tradewind_fuzz::target(&name)
        .unwrap_or_else(|| panic!("TRADEWIND_FUZZ is \"{name}\"; there are {}", names.join(", ")))
}

fuzz_target!(|bytes: &[u8]| CHOSEN.get_or_init(chosen)(bytes));
