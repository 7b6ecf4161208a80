//! `tradewind seed`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use tradewind_chassis::{DataFolder, INTERNAL_SECRET};
use tradewind_fleet::{AssortmentSize, FleetFile, LoadSize, Seeder};
use tradewind_kernel::{Clock, Entropy};

use crate::arguments::Seed;
use crate::progress::thousands;
use crate::welcome::passwords;

pub(crate) fn run(options: &Seed) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(seed(options))?;
    Ok(ExitCode::SUCCESS)
}

async fn seed(options: &Seed) -> Result<(), String> {
    let folder = &options.data.data;
    let book =
        FleetFile::read(folder).and_then(|file| file.phone_book()).map_err(|error| error.to_string())?;
    let secret = DataFolder::read_secret(folder, INTERNAL_SECRET).map_err(|error| error.to_string())?;
    let secret = secret.ok_or_else(|| format!("{} holds no secret of a fleet", folder.display()))?;
    let seeder = Seeder::new(book, secret, Clock::system(), Entropy::system());
    if let Some(products) = options.products {
        return assortment(&seeder, products).await;
    }
    if !options.load {
        seeder.goods().await.map_err(|problem| explain(problem.code(), &problem))?;
        seeder.pictures().await.map_err(|problem| explain(problem.code(), &problem))?;
        let people = seeder.people().await.map_err(|problem| explain(problem.code(), &problem))?;
        println!("The shop holds its goods.\n\n{}", passwords(&people));
        return Ok(());
    }
    let size = LoadSize::default();
    seeder.load(size, progress(20)).await.map_err(|problem| explain(problem.code(), &problem))?;
    println!("{}{} products and {} customers are there.", break_line(), size.products, size.customers);
    Ok(())
}

async fn assortment(seeder: &Seeder, products: u32) -> Result<(), String> {
    let size = seeder.assortment(products, progress(1)).await;
    let AssortmentSize { products, variants, categories } =
        size.map_err(|problem| explain(problem.code(), &problem))?;
    let counts = [products, variants, categories].map(|count| thousands(u64::from(count)));
    let [products, variants, categories] = counts;
    let line = break_line();
    println!("{line}{products} products with {variants} variants are there, in {categories} categories.");
    Ok(())
}

/// Tells on a terminal how far it is, each time so many are done.
fn progress(each: u32) -> impl FnMut(u32, u32) {
    let terminal = std::io::stdout().is_terminal();
    move |done: u32, all: u32| {
        if terminal && (done.is_multiple_of(each) || done == all) {
            print!("\rseeding {done} of {all}");
            // A progress line that cannot be shown is no reason to stop.
            std::io::stdout().flush().unwrap_or_default();
        }
    }
}

fn break_line() -> &'static str {
    if std::io::stdout().is_terminal() { "\n" } else { "" }
}

/// The file of a fleet that was killed outlives it.
fn explain(code: &str, problem: &impl std::fmt::Display) -> String {
    let hint =
        if code == "unavailable" { ". Is a fleet running on this folder? Name it with --data." } else { "" };
    format!("{problem}{hint}")
}
