//! `tradewind letters`.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use serde_json::value::RawValue;
use tradewind_chassis::{DataFolder, INTERNAL_SECRET};
use tradewind_events::letters::{Letter, LetterSummary};
use tradewind_fleet::{FleetFile, LetterDesk, LetterName};
use tradewind_kernel::{Clock, Entropy};

use crate::arguments::{Letters, LettersCommand, Named};
use crate::table;

/// The width of an error in the list, in characters; `show` has the whole.
const ERROR_WIDTH: usize = 60;

pub(crate) fn run(options: &Letters) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(act(options))
}

async fn act(options: &Letters) -> Result<ExitCode, String> {
    let desk = desk(&options.data)?;
    match &options.command {
        LettersCommand::List => {
            let letters = desk.list(options.service.as_deref()).await.map_err(|error| error.to_string())?;
            print!("{}", listed(&letters));
            Ok(ExitCode::SUCCESS)
        }
        LettersCommand::Show(named) => {
            let service = locate(&desk, options, named).await?;
            let letter = desk.show(&service, &named.letter).await.map_err(|error| error.to_string())?;
            print!("{}", shown(&service, &named.letter, &letter));
            Ok(ExitCode::SUCCESS)
        }
        LettersCommand::Edit { named, with, reason } => {
            let data = read(with)?;
            let service = locate(&desk, options, named).await?;
            let edited = desk.edit(&service, &named.letter, &data, reason).await;
            edited.map_err(|error| error.to_string())?;
            println!("{} of {service} is edited; replay it next.", named.letter);
            Ok(ExitCode::SUCCESS)
        }
        LettersCommand::Replay(named) => replay(&desk, options, named).await,
        LettersCommand::Drop { named, head, reason } => {
            let service = locate(&desk, options, named).await?;
            let dropped = desk.discard(&service, &named.letter, *head, reason).await;
            let dropped = dropped.map_err(|error| error.to_string())?;
            let LetterName { subscription, .. } = &named.letter;
            println!("{subscription}/{} of {service} is dropped; letter_audit keeps it.", dropped.position);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn desk(folder: &Path) -> Result<LetterDesk, String> {
    let file = FleetFile::read(folder).map_err(|error| error.to_string())?;
    let book = file.phone_book().map_err(|error| error.to_string())?;
    let secret = DataFolder::read_secret(folder, INTERNAL_SECRET).map_err(|error| error.to_string())?;
    let secret = secret.ok_or_else(|| format!("{} holds no secret of a fleet", folder.display()))?;
    let doors = file.doors.iter();
    let services = doors.filter_map(|(name, _)| Some(name.strip_suffix("/internal")?.to_owned()));
    Ok(LetterDesk::new(services.collect(), book, secret, Clock::system(), Entropy::system()))
}

async fn locate(desk: &LetterDesk, options: &Letters, named: &Named) -> Result<String, String> {
    desk.locate(&named.letter, options.service.as_deref()).await.map_err(|error| error.to_string())
}

async fn replay(desk: &LetterDesk, options: &Letters, named: &Named) -> Result<ExitCode, String> {
    let service = locate(desk, options, named).await?;
    let done = desk.replay(&service, &named.letter).await.map_err(|error| error.to_string())?;
    println!("Letters of {service} that were handled: {}.", done.replayed);
    match done.failed {
        None => {
            println!("None of their key is left; it flows again.");
            Ok(ExitCode::SUCCESS)
        }
        Some(failed) => Err(format!(
            "{}/{} failed again: {}. Edit or drop it; what follows of its key waits behind it.",
            named.letter.subscription,
            failed.position,
            table::plain(&failed.error)
        )),
    }
}

fn read(path: &Path) -> Result<Box<RawValue>, String> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is not JSON: {error}", path.display()))
}

fn listed(letters: &[(String, LetterSummary)]) -> String {
    if letters.is_empty() {
        return "No letters.\n".to_owned();
    }
    let heading = ["SERVICE", "LETTER", "EVENT", "KEY", "ATTEMPTS", "PARKED AT", "WHY"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(letters.iter().map(|(service, letter)| {
        let edited = if letter.edited { " (edited)" } else { "" };
        vec![
            service.clone(),
            format!("{}/{}{edited}", letter.subscription, letter.position),
            letter.kind.clone(),
            letter.partition_key.clone(),
            letter.attempts.to_string(),
            letter.parked_at.to_string(),
            short(&letter.last_error),
        ]
    }));
    table::columns(&rows)
}

/// One line of such a text.
fn short(text: &str) -> String {
    let mut line: String = table::plain(text).chars().take(ERROR_WIDTH).collect();
    if text.chars().count() > ERROR_WIDTH {
        line.push('…');
    }
    line
}

fn shown(service: &str, name: &LetterName, letter: &Letter) -> String {
    let event = &letter.event;
    let mut rows = vec![
        ("service", service.to_owned()),
        ("letter", name.to_string()),
        ("event", format!("{} {}", event.kind, event.id)),
        ("key", format!("{}, number {}", event.partitionkey, event.sequence)),
        ("happened", event.time.to_string()),
        ("attempts", letter.attempts.to_string()),
        ("first failed", letter.first_failed_at.to_string()),
        ("parked", letter.parked_at.to_string()),
        ("why", table::plain(&letter.last_error)),
        ("data", event.data.get().to_owned()),
    ];
    if let Some(original) = &letter.original {
        rows.push(("data as it arrived", original.data.get().to_owned()));
    }
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    table::columns(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letters_are_said_in_words_and_errors_stay_on_their_line() {
        assert_eq!(listed(&[]), "No letters.\n");
        assert_eq!(short("two\nlines"), "two lines");
        assert_eq!(short(&"x".repeat(100)).chars().count(), ERROR_WIDTH + 1);
    }
}
