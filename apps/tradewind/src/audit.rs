//! `tradewind audit`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;
use tradewind_audit::{Filter, Head, Record};
use tradewind_fleet::AuditDesk;
use tradewind_kernel::{Clock, Entropy};

use crate::doors::Doors;
use crate::table;

/// Look at what is recorded in a running fleet of who did what, and verify that nothing of it was changed.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: AuditCommand,
    /// The folder of the running fleet
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "tradewind-data",
        env = "TRADEWIND_DATA",
        global = true
    )]
    data: PathBuf,
    /// Only the records of this service
    #[arg(long, value_name = "NAME", global = true)]
    service: Option<String>,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Go along every chain of records and name the first place that is wrong; the exit status tells
    Verify {
        /// A file of heads that `tradewind audit head` printed before: also notices what was cut off or written anew
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Print where the chains end, one a line: keep it where nobody can change it
    Head,
    /// Show the newest records
    List {
        /// Only what this person or service did
        #[arg(long, value_name = "ID", default_value = "")]
        actor: String,
        /// Only this action
        #[arg(long, value_name = "NAME", default_value = "")]
        action: String,
        /// Only what was done to this
        #[arg(long, value_name = "KIND[/ID]", default_value = "")]
        target: String,
        /// The most records to show
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: u16,
    },
    /// Print every record, oldest first, one a line as JSON
    Export,
}

/// A record as it is exported: with the service whose it is.
#[derive(Serialize)]
struct Exported<'a> {
    service: &'a str,
    #[serde(flatten)]
    record: &'a Record,
}

pub(crate) fn run(options: &Audit) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(act(options))
}

async fn act(options: &Audit) -> Result<ExitCode, String> {
    let Doors { services, book, secret } = Doors::of(&options.data)?;
    let desk = AuditDesk::new(services, book, secret, Clock::system(), Entropy::system());
    let service = options.service.as_deref();
    match &options.command {
        AuditCommand::Verify { against } => {
            let kept = against.as_deref().map(kept).transpose()?.unwrap_or_default();
            verify(&desk, service, kept).await
        }
        AuditCommand::Head => {
            for head in desk.heads(service).await.map_err(|error| error.to_string())? {
                println!("{}", serde_json::to_string(&head).map_err(|error| error.to_string())?);
            }
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::List { actor, action, target, limit } => {
            let (target_kind, target_id) = target.split_once('/').unwrap_or((target, ""));
            let filter = Filter {
                actor: actor.clone(),
                action: action.clone(),
                target_kind: target_kind.to_owned(),
                target_id: target_id.to_owned(),
            };
            print!(
                "{}",
                listed(&desk.list(service, &filter, *limit).await.map_err(|error| error.to_string())?)
            );
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::Export => export(&desk, service).await,
    }
}

/// Goes along every chain; the exit status tells.
async fn verify(
    desk: &AuditDesk,
    service: Option<&str>,
    mut kept: BTreeMap<String, Head>,
) -> Result<ExitCode, String> {
    let mut rows = vec![["SERVICE", "RECORDS", "HEAD", "VERDICT"].map(str::to_owned).to_vec()];
    let mut is_whole = true;
    for head in desk.heads(service).await.map_err(|error| error.to_string())? {
        let against = kept.remove(&head.chain);
        let compared = against.is_some();
        let verdict = match desk.verify(&head, against).await.map_err(|error| error.to_string())? {
            Ok(_) if compared => "whole, and goes on from the kept head".to_owned(),
            Ok(_) => "whole".to_owned(),
            Err(broken) => {
                is_whole = false;
                format!("BROKEN: {broken}")
            }
        };
        rows.push(vec![head.chain, head.records.to_string(), head.hash.to_string(), verdict]);
    }
    print!("{}", table::columns(&rows));
    // A chain whose head was kept and that is not there any more is as broken as one that was cut off.
    if service.is_none() && !kept.is_empty() {
        let gone: Vec<&str> = kept.keys().map(String::as_str).collect();
        return Err(format!("heads were kept of chains that are not there: {}", gone.join(", ")));
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Heads that `tradewind audit head` printed, one a line.
fn kept(path: &Path) -> Result<BTreeMap<String, Head>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let heads = lines.map(|line| {
        let head: Head = serde_json::from_str(line)
            .map_err(|error| format!("{} is no file of heads: {error}", path.display()))?;
        Ok((head.chain.clone(), head))
    });
    heads.collect()
}

async fn export(desk: &AuditDesk, service: Option<&str>) -> Result<ExitCode, String> {
    let mut out = std::io::stdout().lock();
    for head in desk.heads(service).await.map_err(|error| error.to_string())? {
        let written = |record: &Record| {
            let line = serde_json::to_string(&Exported { service: &head.chain, record });
            let line = line.map_err(|error| error.to_string())?;
            writeln!(out, "{line}").map_err(|error| error.to_string())
        };
        desk.each(&head, written).await.map_err(|error| error.to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(records: &[(String, Record)]) -> String {
    if records.is_empty() {
        return "No records.\n".to_owned();
    }
    let heading = ["SERVICE", "NUMBER", "AT", "WHO", "WHAT", "TO WHAT", "BEFORE", "AFTER", "OUTCOME"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(records.iter().map(|(service, record)| {
        let document = |document: &Option<tradewind_audit::Document>| {
            document.as_ref().map_or("-".to_owned(), |document| table::plain(document.as_str()))
        };
        vec![
            service.clone(),
            record.sequence.to_string(),
            record.at.to_string(),
            format!("{}:{}", record.actor.role.name(), table::plain(&record.actor.id)),
            table::plain(&record.action),
            table::plain(&format!("{}/{}", record.target.kind, record.target.id)),
            document(&record.before),
            document(&record.after),
            table::plain(&record.outcome.to_string()),
        ]
    }));
    table::columns(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_records_are_said_in_words() {
        assert_eq!(listed(&[]), "No records.\n");
    }

    #[test]
    fn kept_heads_are_read_line_by_line() {
        let folder = std::env::temp_dir().join(format!("tradewind-heads-{}", std::process::id()));
        let hash = "0".repeat(64);
        let lines = format!("{{\"chain\":\"a\",\"records\":0,\"hash\":\"{hash}\"}}\n\n");
        std::fs::write(&folder, &lines).unwrap();
        assert_eq!(kept(&folder).unwrap()["a"].records, 0);
        std::fs::write(&folder, format!("{lines}nonsense\n")).unwrap();
        assert!(kept(&folder).unwrap_err().contains("no file of heads"));
        std::fs::remove_file(&folder).unwrap();
    }
}
