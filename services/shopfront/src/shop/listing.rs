//! The list of products: searched, filtered, sorted, in pages.

use std::sync::Arc;

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tradewind_catalogue_contract::{Facets, MAX_QUERY, ProductSort, SearchPage, SearchQuery};
use tradewind_kernel::Money;
use tradewind_pages::{Fields, Html, written};
use tradewind_problem::{INVALID_PARAMETER, Problem};

use crate::shop::goods::{self, Level};
use crate::shop::goods_view;
use crate::shop::routed::Answered;
use crate::shop::shopper::Shopper;
use crate::shop::view::View;
use crate::shop::words::*;

/// Values of one filter on a page.
const VALUES: usize = 10;

/// What somebody looks for, as it stands in the address.
#[derive(Debug, Clone, Default)]
struct Wanted {
    words: String,
    category: String,
    /// `name:value`.
    attributes: Vec<String>,
    min: String,
    max: String,
    in_stock: bool,
    sort: String,
    after: String,
}

const SORTS: [(&str, tradewind_pages::Message, ProductSort); 5] = [
    ("relevance", SORT_RELEVANCE, ProductSort::Relevance),
    ("name", SORT_NAME, ProductSort::Name),
    ("price", SORT_CHEAP, ProductSort::PriceAscending),
    ("-price", SORT_DEAR, ProductSort::PriceDescending),
    ("newest", SORT_NEWEST, ProductSort::Newest),
];

impl Wanted {
    fn of(fields: &Fields) -> Self {
        // What is too long or no text is not looked for: an address may be mistyped or made up.
        let text = |name: &str, max| fields.optional(name, max).unwrap_or_default();
        Self {
            words: text("q", MAX_QUERY),
            category: text("category", 100),
            attributes: fields
                .all("attribute")
                .filter(|value| is_filter(value))
                .take(20)
                .map(str::to_owned)
                .collect(),
            min: text("min", 20),
            max: text("max", 20),
            in_stock: fields.raw("in_stock").is_some(),
            sort: text("sort", 20),
            after: text("after", 500),
        }
    }

    fn query(&self, shopper: &Shopper) -> SearchQuery {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let minor = |text: &str| {
            let money = Money::from_decimal(&text.replace(',', "."), shopper.currency).ok();
            money.map(|money| money.minor()).filter(|minor| *minor >= 0)
        };
        SearchQuery {
            q: given(&self.words),
            category: self.category.parse().ok(),
            attribute: given(&self.attributes.join(",")),
            price_min: minor(&self.min),
            price_max: minor(&self.max),
            in_stock: self.in_stock.then_some(true),
            sort: SORTS.iter().find(|(name, ..)| *name == self.sort).map(|(.., sort)| *sort),
            after: given(&self.after),
            ..SearchQuery::default()
        }
    }

    /// Whether more than words are looked for.
    fn is_filtered(&self) -> bool {
        let has_text = [&self.category, &self.min, &self.max, &self.sort].iter().any(|text| !text.is_empty());
        has_text || self.in_stock || !self.attributes.is_empty()
    }

    /// The address of the page that begins at `after`.
    fn address(&self, after: &str) -> String {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        pairs.extend([
            ("q", self.words.as_str()),
            ("category", &self.category),
            ("min", &self.min),
            ("max", &self.max),
        ]);
        pairs.extend([("sort", self.sort.as_str()), ("after", after)]);
        pairs.extend(self.attributes.iter().map(|value| ("attribute", value.as_str())));
        pairs.extend(self.in_stock.then_some(("in_stock", "1")));
        let written = pairs.iter().filter(|(_, value)| !value.is_empty());
        let written =
            written.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        format!("/shop/products?{}", written.collect::<Vec<_>>().join("&"))
    }
}

/// Two names with a colon between them.
fn is_filter(text: &str) -> bool {
    let plain = |part: &str| part.parse::<tradewind_kernel::Slug>().is_ok();
    text.split_once(':').is_some_and(|(name, value)| plain(name) && plain(value))
}

pub(crate) async fn listing(shopper: Arc<Shopper>) -> Answered {
    let wanted = Wanted::of(&Fields::of_query(&shopper.call));
    let found = match goods::search(&shopper, wanted.query(&shopper)).await {
        // A mark that nothing begins at, or a category that is no more.
        Err(problem) if problem.status() == 400 || problem.status() == 404 => return Err(unfit(&problem)),
        found => found?,
    };
    let said = found.items.iter().map(|item| (&item.id, item.availability));
    let levels = goods::levels(&shopper, said).await;
    let title = if wanted.words.is_empty() {
        shopper.say(ALL_PRODUCTS).to_owned()
    } else {
        shopper.say_with(FOUND_FOR, &[("words", &wanted.words)])
    };
    let main = html! {
        h1 { (heading(&shopper, &wanted)) }
        div.listing {
            (filters(&shopper, &wanted, found.facets.as_ref()))
            section aria-labelledby="results" {
                // The products are headings below it.
                h2 #results .hidden { (shopper.say(RESULTS)) }
                (outcome(&shopper, &found))
                @if found.total == 0 { p { a.button href="/shop/products" { (shopper.say(ALL_PRODUCTS)) } } }
                ul.goods {
                    @for item in &found.items {
                        (goods_view::card(&shopper, item, levels.get(&item.id).copied().unwrap_or(Level::Unknown)))
                    }
                }
                (pager(&shopper, &wanted, found.next.as_deref()))
            }
        }
    };
    Ok(View::new(title, main).into())
}

/// The words may be written in another direction.
fn heading(shopper: &Shopper, wanted: &Wanted) -> Html {
    if wanted.words.is_empty() {
        return Html::text(shopper.say(ALL_PRODUCTS));
    }
    shopper.show_with(FOUND_FOR, &[("words", Html::name(&wanted.words))])
}

fn unfit(problem: &Problem) -> Problem {
    Problem::new(&INVALID_PARAMETER).operator(format!("the catalogue does not take the search: {problem}"))
}

fn outcome(shopper: &Shopper, found: &SearchPage) -> Markup {
    let total = i64::try_from(found.total).unwrap_or(i64::MAX);
    let total = written::number(shopper.language(), total);
    html! {
        p role="status" {
            @if found.total == 0 { (shopper.say(NOTHING_FOUND)) }
            @else if found.total == 1 { (shopper.say(ONE_FOUND)) }
            @else { (shopper.say_with(MANY_FOUND, &[("n", &total)])) }
            @if let Some(corrected) = &found.corrected {
                " " (shopper.show_with(CORRECTED, &[("words", Html::name(corrected))]))
            }
        }
    }
}

fn pager(shopper: &Shopper, wanted: &Wanted, next: Option<&str>) -> Markup {
    html! {
        @if next.is_some() || !wanted.after.is_empty() {
            nav.pager aria-label=(shopper.say(PAGES)) {
                @if !wanted.after.is_empty() { a href=(wanted.address("")) rel="prev" { (shopper.say(FIRST_PAGE)) } }
                @if let Some(next) = next { a href=(wanted.address(next)) rel="next" { (shopper.say(NEXT_PAGE)) } }
            }
        }
    }
}

fn filters(shopper: &Shopper, wanted: &Wanted, facets: Option<&Facets>) -> Markup {
    html! {
        details.filter-box open[wanted.is_filtered()] {
            summary { (shopper.say(FILTERS)) }
            (filter_form(shopper, wanted, facets))
        }
    }
}

fn filter_form(shopper: &Shopper, wanted: &Wanted, facets: Option<&Facets>) -> Markup {
    html! {
        form.filters method="get" action="/shop/products" aria-label=(shopper.say(FILTERS)) {
            @if !wanted.words.is_empty() { input type="hidden" name="q" value=(wanted.words); }
            div.field {
                label for="sort" { (shopper.say(SORT_BY)) }
                select #sort name="sort" {
                    @for (name, label, _) in SORTS {
                        option value=(name) selected[name == wanted.sort] { (shopper.say(label)) }
                    }
                }
            }
            @if let Some(facets) = facets { (by_category(shopper, wanted, facets)) (by_attribute(wanted, facets)) }
            @else if !wanted.category.is_empty() { input type="hidden" name="category" value=(wanted.category); }
            fieldset {
                legend { (shopper.say_with(PRICE_IN, &[("currency", shopper.currency.code())])) }
                label for="min" { (shopper.say(LEAST)) }
                input #min name="min" inputmode="decimal" maxlength="20" value=(wanted.min);
                label for="max" { (shopper.say(MOST)) }
                input #max name="max" inputmode="decimal" maxlength="20" value=(wanted.max);
            }
            label.check { input type="checkbox" name="in_stock" value="1" checked[wanted.in_stock]; " " (shopper.say(ONLY_AVAILABLE)) }
            button type="submit" { (shopper.say(SHOW_THESE)) }
        }
    }
}

fn by_category(shopper: &Shopper, wanted: &Wanted, facets: &Facets) -> Markup {
    html! {
        @if !facets.categories.is_empty() || !wanted.category.is_empty() {
            div.field {
                label for="category" { (shopper.say(CATEGORY)) }
                select #category name="category" {
                    option value="" { (shopper.say(ALL_CATEGORIES)) }
                    @let is_listed = facets.categories.iter().any(|each| each.slug.as_str() == wanted.category);
                    @if !wanted.category.is_empty() && !is_listed {
                        option value=(wanted.category) selected { (wanted.category) }
                    }
                    @for each in &facets.categories {
                        option value=(each.slug) selected[each.slug.as_str() == wanted.category] dir="auto" { (each.name) " (" (each.count) ")" }
                    }
                }
            }
        }
    }
}

fn by_attribute(wanted: &Wanted, facets: &Facets) -> Markup {
    html! {
        @for facet in &facets.attributes {
            fieldset {
                legend { (Html::name(&facet.label)) }
                @for value in facet.values.iter().take(VALUES) {
                    @let filter = format!("{}:{}", facet.name, value.value);
                    label.check {
                        input type="checkbox" name="attribute" value=(filter) checked[wanted.attributes.contains(&filter)];
                        " " (Html::name(&value.label)) " (" (value.count) ")"
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_was_looked_for() {
        let fields = Fields::of(&[
            ("q", "a&b \u{1f600}"),
            ("attribute", "colour:red"),
            ("attribute", "colour:red,size:m"),
            ("attribute", "<script>"),
            ("in_stock", "1"),
            ("sort", "-price"),
        ]);
        let wanted = Wanted::of(&fields);
        assert_eq!(wanted.attributes, ["colour:red"]);
        let address = wanted.address("x=");
        assert_eq!(
            address,
            "/shop/products?q=a%26b%20%F0%9F%98%80&sort=%2Dprice&after=x%3D&attribute=colour%3Ared&in_stock=1"
        );
    }

    #[test]
    fn what_is_no_text_is_not_looked_for() {
        let long = "x".repeat(MAX_QUERY + 1);
        let wanted = Wanted::of(&Fields::of(&[("q", &long), ("category", "a\u{7}")]));
        assert!(wanted.words.is_empty() && wanted.category.is_empty());
    }
}
