//! Visitors of the shop: each looks at the page, reads it for a while, and asks for the products.

use std::path::Path;
use std::time::{Duration, Instant};

use http::Request;
use tradewind_client::{Body, PhoneBook};

use crate::figures::{Figures, percentile};
use crate::folder::Folder;
use crate::home::Home;
use crate::process::{Fleet, Signal};

const SHOP: &str = "shopfront/public";

/// How long a visitor reads, as in the performance test of the original shop.
const READING: Duration = Duration::from_secs(7);

/// The most that test lets an answer take, in milliseconds.
const MOST: f64 = 50.0;

/// The greatest answer that is read, in bytes.
const MAX_ANSWER: usize = 4_000_000;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) per_second: u32,
    pub(crate) seconds: u32,
}

pub(crate) async fn run(binary: &Path, folder: &Folder, options: Options) -> Result<Figures, String> {
    let Options { per_second, seconds } = options;
    println!(
        "browse: {per_second} visitors a second for {seconds} s: the page, {READING:?} later the products"
    );
    let fleet = Fleet::start(&Home::embedded(binary, folder.part("fleet"))).await?;
    let started = tokio::time::Instant::now();
    let visits = (0..per_second * seconds).map(|number| {
        let book = fleet.book.clone();
        async move {
            let due = Duration::from_secs_f64(f64::from(number) / f64::from(per_second));
            tokio::time::sleep_until(started + due).await;
            let page = look(&book, "/", "Docker Java").await;
            tokio::time::sleep(READING).await;
            let products = look(&book, "/products", r#"[{"id":"1","sku":"12345678""#).await;
            [page, products]
        }
    });
    let looks = futures_util::future::join_all(visits).await.into_iter().flatten();
    let (mut latencies, mut failed) = (Vec::new(), 0.0);
    for look in looks {
        match look {
            Ok(milliseconds) => latencies.push(milliseconds),
            Err(reason) => {
                println!("failed: {reason}");
                failed += 1.0;
            }
        }
    }
    let mut figures = Figures::default();
    figures.at_most("answers_that_failed", failed, 0.0);
    figures.note("milliseconds_p50", percentile(&latencies, 50.0));
    figures.note("milliseconds_p99", percentile(&latencies, 99.0));
    figures.pace_at_most("milliseconds_max", percentile(&latencies, 100.0), MOST);
    fleet.end(Signal::Term).await?;
    Ok(figures)
}

/// Asks for `path`; gives how many milliseconds it took until all of the answer was there.
async fn look(book: &PhoneBook, path: &str, expected: &str) -> Result<f64, String> {
    let request = Request::get(path).body(Body::empty()).map_err(|error| error.to_string())?;
    let started = Instant::now();
    let response = book.peer(SHOP).send(request).await.map_err(|problem| format!("{path}: {problem}"))?;
    let status = response.status();
    let bytes = response.into_body().collect(MAX_ANSWER).await.map_err(|error| format!("{path}: {error}"))?;
    let took = started.elapsed().as_secs_f64() * 1_000.0;
    if status.as_u16() == 200 && String::from_utf8_lossy(&bytes).contains(expected) {
        return Ok(took);
    }
    Err(format!("{path}: {status} without {expected:?}"))
}
