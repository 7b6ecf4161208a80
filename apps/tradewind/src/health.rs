//! `tradewind health`: the probe for those who cannot ask by HTTP.

use std::process::ExitCode;
use std::time::Duration;

use tradewind_fleet::{FleetFile, ready};
use tradewind_kernel::{Clock, Entropy};

use crate::arguments::Health;

/// How long each service may take to answer.
const LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn run(options: &Health) -> Result<ExitCode, String> {
    let file = FleetFile::read(&options.data.data).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let answers = runtime
        .map_err(|error| error.to_string())?
        .block_on(ready(&file, &Clock::system(), &Entropy::system(), LIMIT))
        .map_err(|error| error.to_string())?;
    let mut code = ExitCode::SUCCESS;
    for (service, answer) in answers {
        match answer {
            Ok(()) => println!("{service}: ready"),
            Err(problem) => {
                println!("{service}: {problem}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
