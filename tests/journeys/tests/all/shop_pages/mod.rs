//! The shop as people use it, through the gateway, with a browser that runs no scripts.

mod browser;
mod buying;
mod guarding;
mod looking;
mod refunding;

use tradewind_journeys::{Fleet, Person};

use browser::{Browser, Shown};

/// Signs somebody in by the form.
async fn sign_in(browser: &mut Browser, person: &Person) -> Shown {
    let page = browser.open("/shop/sign-in").await;
    let fields = [("email", person.email.as_str()), ("password", person.password.as_str())];
    browser.fill(&page, "/shop/sign-in", &fields).await
}

/// Puts a product into the cart by the form of its page.
async fn add(browser: &mut Browser, product: &str, quantity: &str) -> Shown {
    let page = browser.open(&format!("/shop/products/{product}")).await;
    browser.fill(&page, "/shop/cart/lines", &[("quantity", quantity)]).await
}

/// Somebody with an account, credit and a browser.
async fn customer(fleet: &Fleet, name: &str) -> (Person, Browser) {
    let person = Person::register(fleet, name).await;
    fleet.limit(person.id, 100_000).await;
    let mut browser = Browser::new(fleet);
    let page = sign_in(&mut browser, &person).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/shop"), "{}", page.text);
    (person, browser)
}

/// Goes from the cart to the page where the order is placed.
async fn to_review(browser: &mut Browser, payment: &str) -> Shown {
    let page = browser.open("/shop/checkout").await;
    let fields = [("country", "GB"), ("currency", "GBP"), ("payment", payment)];
    browser.fill(&page, "/shop/checkout", &fields).await
}

/// Loads a page until it says something.
async fn until_it_says(browser: &mut Browser, path: &str, text: &str) -> Shown {
    let deadline = std::time::Duration::from_secs(20);
    let clock = tradewind_kernel::Clock::system();
    let seen = async {
        loop {
            let page = browser.open(path).await;
            if page.has(text) {
                return page;
            }
            clock.sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    clock.timeout(deadline, seen).await.unwrap_or_else(|_| panic!("{path} never says {text:?}"))
}
