//! `tradewind asyncapi`.

use std::process::ExitCode;

use tradewind_chassis::DoorKind;

use crate::arguments::Asyncapi;

pub(crate) fn run(options: &Asyncapi) -> Result<ExitCode, String> {
    let services = tradewind_fleet::services();
    let Some(service) = services.iter().find(|each| each.description().name == options.service) else {
        let known: Vec<&str> = services.iter().map(|each| each.description().name.as_str()).collect();
        return Err(format!("there is no service {}; known are: {}", options.service, known.join(", ")));
    };
    let door = if options.public { DoorKind::Public } else { DoorKind::Internal };
    let document = service.asyncapi(door);
    let document =
        document.ok_or_else(|| format!("{} offers no events to other systems", options.service))?;
    print!("{document}");
    Ok(ExitCode::SUCCESS)
}
