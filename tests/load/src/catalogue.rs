//! A large catalogue: lists, searches and product pages, asked for by clients that go on as fast as they are answered.

use std::path::Path;
use std::time::{Duration, Instant};

use http::Request;
use tradewind_client::{Body, PhoneBook};
use tradewind_fleet::Seeder;
use tradewind_kernel::{Clock, Entropy};

use crate::figures::{Figures, percentile};
use crate::folder::Folder;
use crate::home::Home;
use crate::process::{Fleet, Signal};
use crate::setup::Setup;

const DOOR: &str = "catalogue/public";

/// The greatest answer that is read, in bytes.
const MAX_ANSWER: usize = 4_000_000;

/// How many lists a second are to be reached, client included.
const LISTS_TARGET: f64 = 10_000.0;

/// How long the clients run before anything counts.
const WARM_UP: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) products: u32,
    pub(crate) clients: u32,
    pub(crate) seconds: u64,
}

/// Words that are searched for, one of them mistyped.
const WORDS: [&str; 8] =
    ["hammer", "oak+bench", "becher", "steel", "creme+brulee", "hamer", "garten", "blue+mug"];

/// What is asked for, by the number of the request.
type Ask = fn(u32, u32) -> String;

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let Options { products, clients, seconds } = options;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "catalogue: {setup}; {products} products, {clients} clients for {seconds} s each at the service's own door; \
         24 products a page, clients on the same {cores} cores"
    );
    let (home, _servers) = Home::make(setup, binary, folder).await?;
    let fleet = Fleet::start(&home).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    let began = Instant::now();
    let size = seeder.assortment(products, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    let mut figures = Figures::default();
    figures.note("variants", f64::from(size.variants));
    figures.note("seeding_seconds", began.elapsed().as_secs_f64());
    // What the stock service told is to be heard before anything is measured.
    fleet.quiet().caught_up(Duration::from_secs(120)).await.map_err(|problem| problem.to_string())?;
    for (name, ask) in ASKED {
        let latencies = window(&fleet.book, ask, options).await?;
        let per_second = latencies.len() as f64 / seconds as f64;
        if name == "lists" {
            figures.pace_at_least("lists_per_second", per_second, LISTS_TARGET);
        } else {
            figures.note(&format!("{name}_per_second"), per_second);
        }
        figures.note(&format!("{name}_milliseconds_p50"), percentile(&latencies, 50.0));
        figures.note(&format!("{name}_milliseconds_p99"), percentile(&latencies, 99.0));
    }
    fleet.end(Signal::Term).await?;
    Ok(figures)
}

/// Lists that many look at, pages of search that many look for, searches that nobody made before, and product pages.
const ASKED: [(&str, Ask); 4] = [
    ("lists", |number, _| {
        let sort = ["relevance", "price", "-price", "newest"];
        format!("/api/catalogue/v1/search?sort={}", sort[number as usize % sort.len()])
    }),
    ("searches", |number, _| format!("/api/catalogue/v1/search?q={}", WORDS[number as usize % WORDS.len()])),
    ("new_searches", |number, _| {
        let word = WORDS[number as usize % WORDS.len()];
        format!("/api/catalogue/v1/search?q={word}&priceMin={number}")
    }),
    ("product_pages", |number, products| format!("/api/catalogue/v1/products/g{}", 1 + number % products)),
];

/// Asks for a while; gives the milliseconds of all answers but the first ones.
async fn window(book: &PhoneBook, ask: Ask, options: Options) -> Result<Vec<f64>, String> {
    let counted = Instant::now() + WARM_UP;
    let end = counted + Duration::from_secs(options.seconds);
    let client = |client: u32| {
        let book = book.clone();
        tokio::spawn(async move {
            let mut latencies = Vec::new();
            let mut number = client;
            while Instant::now() < end {
                let began = Instant::now();
                let path = ask(number, options.products);
                let took = look(&book, &path).await?;
                if began >= counted {
                    latencies.push(took);
                }
                number = number.wrapping_add(options.clients);
            }
            Ok::<_, String>(latencies)
        })
    };
    let clients: Vec<_> = (0..options.clients).map(client).collect();
    let mut all = Vec::new();
    for client in clients {
        all.extend(client.await.map_err(|error| error.to_string())??);
    }
    Ok(all)
}

/// Asks for `path`; gives how many milliseconds it took until all of the answer was there.
async fn look(book: &PhoneBook, path: &str) -> Result<f64, String> {
    let request = Request::get(path).body(Body::empty()).map_err(|error| error.to_string())?;
    let started = Instant::now();
    let response = book.peer(DOOR).send(request).await.map_err(|problem| format!("{path}: {problem}"))?;
    let status = response.status();
    let body = response.into_body().collect(MAX_ANSWER).await;
    body.map_err(|error| format!("{path}: {error}"))?;
    if status.as_u16() != 200 {
        return Err(format!("{path}: {status}"));
    }
    Ok(started.elapsed().as_secs_f64() * 1_000.0)
}
