//! The shop's pages as people use them, through the gateway: product pages by many visitors, then whole checkouts by
//! the pages' own forms.

mod browser;

use std::path::Path;
use std::time::{Duration, Instant};

use tradewind_client::{PhoneBook, Policies};
use tradewind_fleet::Seeder;
use tradewind_kernel::{Clock, Entropy};

use crate::client_log::ClientLog;
use crate::figures::{Figures, percentile};
use crate::folder::Folder;
use crate::home::Home;
use crate::place::Clients;
use crate::process::{Fleet, Signal};
use crate::setup::Setup;
use crate::verify::verify;

use browser::{Browser, Page};

const GATEWAY: &str = "gateway/data-plane";

/// How long the clients run before anything counts.
const WARM_UP: Duration = Duration::from_secs(2);

/// How long an order may take to be confirmed.
const LIMIT: Duration = Duration::from_secs(30);

const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) products: u32,
    pub(crate) clients: u32,
    pub(crate) seconds: u64,
}

pub(crate) async fn run(
    binary: &Path,
    folder: &Folder,
    setup: &Setup,
    options: Options,
) -> Result<Figures, String> {
    let Options { products, clients, seconds } = options;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "pages: {setup}; {products} products, {clients} browsers for {seconds} s each, through the gateway: product \
         pages, then whole checkouts by card, each from the product's page until the order's page says that it is \
         confirmed; browsers on the same {cores} cores"
    );
    let (mut home, _servers) = Home::make(setup, binary, folder).await?;
    // What is fulfilled meanwhile would be measured with it.
    home.set("orders.cancellation_window=1h");
    let fleet = Fleet::start(&home).await?;
    let seeder = Seeder::new(fleet.book.clone(), fleet.secret.clone(), Clock::system(), Entropy::system());
    seeder.assortment(products, |_, _| {}).await.map_err(|problem| problem.to_string())?;
    fleet.quiet().caught_up(Duration::from_secs(120)).await.map_err(|problem| problem.to_string())?;
    fleet.book.set_policies(GATEWAY, Policies::none());
    let mut figures = Figures::default();
    let pages = window(&fleet.book, options, looks).await?;
    told(&mut figures, "product_page", &pages, seconds);
    let checkouts = window(&fleet.book, options, checkouts).await?;
    told(&mut figures, "checkout", &checkouts, seconds);
    // Some promises speak of orders on account that come without a cart.
    let mut others = Clients::new(ClientLog::create(folder.part("clients.ndjson"))?);
    others.fill(&fleet.book, &fleet.secret).await.map_err(|problem| problem.to_string())?;
    others.place_at_least(&fleet.book, 1, 1).await?;
    verify(&home, &mut figures)?;
    fleet.end(Signal::Term).await?;
    Ok(figures)
}

fn told(figures: &mut Figures, name: &str, took: &[f64], seconds: u64) {
    figures.at_least(&format!("{name}s"), took.len() as f64, 1.0);
    figures.note(&format!("{name}s_per_second"), took.len() as f64 / seconds as f64);
    figures.note(&format!("{name}_milliseconds_p50"), percentile(took, 50.0));
    figures.note(&format!("{name}_milliseconds_p99"), percentile(took, 99.0));
}

/// When a client counts, and when it ends.
#[derive(Debug, Clone, Copy)]
struct Window {
    counted: Instant,
    end: Instant,
}

impl Window {
    fn is_open(self) -> bool {
        Instant::now() < self.end
    }

    /// Adds what began inside of it and has ended now, in milliseconds.
    fn add(self, took: &mut Vec<f64>, began: Instant) {
        if began >= self.counted {
            took.push(began.elapsed().as_secs_f64() * 1_000.0);
        }
    }
}

/// Lets all clients do their thing for a while; gives the milliseconds of everything that counts.
async fn window<F, W>(book: &PhoneBook, options: Options, work: W) -> Result<Vec<f64>, String>
where
    F: Future<Output = Result<Vec<f64>, String>> + Send + 'static,
    W: Fn(Browser, u32, Options, Window) -> F,
{
    let counted = Instant::now() + WARM_UP;
    let window = Window { counted, end: counted + Duration::from_secs(options.seconds) };
    let clients: Vec<_> = (0..options.clients)
        .map(|client| tokio::spawn(work(Browser::new(book), client, options, window)))
        .collect();
    let mut all = Vec::new();
    for client in clients {
        all.extend(client.await.map_err(|error| error.to_string())??);
    }
    Ok(all)
}

/// The address of a product of the assortment.
fn product(number: u32, options: Options) -> String {
    format!("/shop/products/g{}", 1 + number.wrapping_mul(7_919) % options.products)
}

async fn looks(
    mut browser: Browser,
    client: u32,
    options: Options,
    window: Window,
) -> Result<Vec<f64>, String> {
    let (mut took, mut number) = (Vec::new(), client);
    while window.is_open() {
        let began = Instant::now();
        browser.open(&product(number, options)).await?;
        window.add(&mut took, began);
        number = number.wrapping_add(options.clients);
    }
    Ok(took)
}

async fn checkouts(
    mut browser: Browser,
    client: u32,
    options: Options,
    window: Window,
) -> Result<Vec<f64>, String> {
    register(&mut browser, client).await?;
    let (mut took, mut number) = (Vec::new(), client);
    while window.is_open() {
        let began = Instant::now();
        if check_out(&mut browser, &product(number, options)).await? {
            window.add(&mut took, began);
        }
        number = number.wrapping_add(options.clients);
    }
    Ok(took)
}

async fn register(browser: &mut Browser, client: u32) -> Result<(), String> {
    let form = browser.open("/shop/register").await?;
    let email = format!("visitor{client}@example.com");
    let fields = [("name", "Visitor"), ("email", email.as_str()), ("password", "correct horse battery")];
    browser.fill(&form, "/shop/register", &fields).await.map(drop)
}

/// Whether the product could be bought: some are sold out from the beginning.
async fn check_out(browser: &mut Browser, product: &str) -> Result<bool, String> {
    let page = browser.open(product).await?;
    if !page.text.contains("name=\"quantity\"") {
        return Ok(false);
    }
    browser.fill(&page, "/shop/cart/lines", &[("quantity", "1")]).await?;
    let page = browser.open("/shop/checkout").await?;
    let fields = [("country", "GB"), ("currency", "GBP"), ("payment", "card")];
    let form = browser.fill(&page, "/shop/checkout", &fields).await?;
    let card = [("number", "4242 4242 4242 4242"), ("expiry", "12/99"), ("cvc", "123")];
    let review = browser.fill(&form, "/api/provider/v1/card-form", &card).await?;
    let order = browser.fill(&review, "/shop/checkout/order", &[]).await?;
    confirmed(browser, order).await?;
    Ok(true)
}

async fn confirmed(browser: &mut Browser, order: Page) -> Result<(), String> {
    let address = order.path.split('?').next().unwrap_or_default().to_owned();
    let mut page = order;
    let placed = Instant::now();
    while placed.elapsed() < LIMIT {
        if page.text.contains("<strong>Confirmed</strong>") {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
        page = browser.open(&address).await?;
    }
    Err(format!("{address} is not confirmed after {LIMIT:?}: {}", page.text))
}
