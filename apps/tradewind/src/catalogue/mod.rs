//! `tradewind catalogue`.

mod rows;
mod written;

use std::fs::File;
use std::io::{BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use tradewind_catalogue_contract::{BulkFormat, ImportChunk, ImportProgress, PutCategory, RowError};
use tradewind_fleet::Seeder;
use tradewind_kernel::{Clock, Entropy, Slug};
use tradewind_problem::Problem;

use crate::arguments::{Catalogue, CatalogueCommand};
use crate::doors::Doors;
use crate::progress::thousands;
use rows::{Piece, Pieces};

/// The most errors that are shown; there are as many as the file has lines.
const SHOWN: usize = 100;

pub(crate) fn run(options: &Catalogue) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(act(options))
}

async fn act(options: &Catalogue) -> Result<ExitCode, String> {
    let Doors { book, secret, .. } = Doors::of(&options.data)?;
    let seeder = Seeder::new(book, secret, Clock::system(), Entropy::system());
    match &options.command {
        CatalogueCommand::Import { file, id } => import(&seeder, file, id.as_ref()).await,
        CatalogueCommand::Export { file } => export(&seeder, file).await,
        CatalogueCommand::Category { id, name, name_in, parent, position } => {
            let (name, names, parent) = (name.clone(), name_in.clone(), parent.clone());
            let category = PutCategory { name, names, parent, position: *position };
            seeder.category(id, &category).await.map_err(|problem| told_of(id, &problem))?;
            println!("Category {id} is there.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What is wrong with a category, in a line.
fn told_of(id: &Slug, problem: &Problem) -> String {
    let fields: Vec<String> = problem.errors().iter().map(|error| error.detail.clone()).collect();
    if fields.is_empty() { problem.to_string() } else { format!("{id}: {}", fields.join("; ")) }
}

fn format(file: &Path) -> Result<BulkFormat, String> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok(BulkFormat::Csv),
        Some("ndjson" | "jsonl") => Ok(BulkFormat::Ndjson),
        _ => Err(format!("{}: name it .csv or .ndjson", file.display())),
    }
}

async fn import(seeder: &Seeder, file: &Path, id: Option<&Slug>) -> Result<ExitCode, String> {
    let format = format(file)?;
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let id = match id {
        Some(id) => id.clone(),
        None => fingerprint(File::open(file).map_err(failed)?).map_err(failed)?,
    };
    let known = seeder.import_progress(&id).await.map_err(|problem| problem.to_string())?;
    let known = known.map_or(0, |progress| progress.position);
    if known > 0 {
        println!("Going on after row {} of import {id}.", thousands(known));
    }
    let mut errors = Vec::new();
    let mut last: Option<ImportProgress> = None;
    for piece in Pieces::new(BufReader::new(File::open(file).map_err(failed)?), format) {
        let Piece { after, line, count, rows } =
            piece.map_err(|error| format!("{}: {error}", file.display()))?;
        if after + count <= known {
            continue;
        }
        let chunk = ImportChunk { format, after, line, rows };
        let mut progress = seeder.import(&id, &chunk).await.map_err(|problem| problem.to_string())?;
        errors.append(&mut progress.errors);
        tell(progress.position);
        last = Some(progress);
    }
    Ok(told(&id, last.as_ref(), &errors))
}

fn tell(position: u64) {
    if std::io::stdout().is_terminal() {
        print!("\r{} rows", thousands(position));
        // A progress line that cannot be shown is no reason to stop.
        std::io::stdout().flush().unwrap_or_default();
    }
}

fn told(id: &Slug, progress: Option<&ImportProgress>, errors: &[RowError]) -> ExitCode {
    let Some(progress) = progress else {
        println!("Nothing is left of import {id}.");
        return ExitCode::SUCCESS;
    };
    let line = if std::io::stdout().is_terminal() { "\n" } else { "" };
    let counts = [progress.position, progress.changed, progress.unchanged, progress.refused].map(thousands);
    let [rows, changed, unchanged, refused] = counts;
    println!(
        "{line}{rows} rows: {changed} changed a product, {unchanged} said what was known, {refused} refused."
    );
    for error in errors.iter().take(SHOWN) {
        let field = error.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
        eprintln!("line {}: {field}{}", error.line, error.detail);
    }
    if errors.len() > SHOWN {
        eprintln!("and {} more", thousands((errors.len() - SHOWN) as u64));
    }
    if progress.refused > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A name for what is in a file: FNV-1a, 64 bits. It tells files apart, no more.
fn fingerprint(mut file: impl Read) -> std::io::Result<Slug> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        for byte in buffer.iter().take(read) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("file-{hash:016x}").parse().map_err(std::io::Error::other)
}

async fn export(seeder: &Seeder, file: &Path) -> Result<ExitCode, String> {
    let format = format(file)?;
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut out = BufWriter::new(File::create_new(file).map_err(failed)?);
    if format == BulkFormat::Csv {
        out.write_all(written::HEADING.as_bytes()).map_err(failed)?;
    }
    let (mut after, mut count) = (None, 0_u64);
    loop {
        let page = seeder.export(after.as_deref()).await.map_err(|problem| problem.to_string())?;
        for product in &page.items {
            let row = match format {
                BulkFormat::Csv => written::row(product),
                BulkFormat::Ndjson => {
                    serde_json::to_string(product).map_err(|error| error.to_string())? + "\n"
                }
            };
            out.write_all(row.as_bytes()).map_err(failed)?;
            count += 1;
        }
        tell(count);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    out.flush().map_err(failed)?;
    let line = if std::io::stdout().is_terminal() { "\n" } else { "" };
    println!("{line}{} products are in {}.", thousands(count), file.display());
    Ok(ExitCode::SUCCESS)
}
