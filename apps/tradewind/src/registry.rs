//! `tradewind registry`: the registry as a process of its own.

use std::process::ExitCode;
use std::time::Duration;

use tradewind_chassis::{DataFolder, INTERNAL_SECRET, Scope, serve_handler};
use tradewind_kernel::{Clock, Entropy};
use tradewind_process::Stop;
use tradewind_registry::{Registry, RegistryOptions};

use crate::arguments::RegistryArguments;

/// The part of the data folder that this process has.
const PART: &str = "registry";

/// How long the questions under way may take to end.
const DRAIN: Duration = Duration::from_secs(2);

pub(crate) fn run(options: &RegistryArguments) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(serve(options))
}

async fn serve(options: &RegistryArguments) -> Result<ExitCode, String> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let mut stop = Stop::listen(options.supervised)?;
    let folder = DataFolder::open_part(&options.data.data, PART, 1).map_err(|error| error.to_string())?;
    let secret = folder.secret(INTERNAL_SECRET, &entropy).map_err(|error| error.to_string())?;
    let ttl = Duration::from_millis(options.ttl);
    let registry = Registry::new(RegistryOptions { ttl }, clock.clone(), &entropy);
    let scope = Scope::new("registry");
    let address = serve_handler(options.listen, registry.handler(secret), &clock, &scope);
    let address = address.map_err(|error| error.to_string())?;
    println!("registry at {address}; services find it with discovery.registry={address}; Ctrl-C stops");
    stop.asked().await;
    // Questions wait for long, and whoever asks keeps what it knows.
    scope.stop();
    if clock.timeout(DRAIN, scope.idle()).await.is_err() {
        scope.kill();
    }
    Ok(ExitCode::SUCCESS)
}
