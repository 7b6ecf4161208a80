//! The page, written by hand: no script, no request to anybody else.

use std::fmt::{self, Display, Write};

use tradewind_kernel::Money;

use crate::offer::Offer;

/// The style, allowed by its hash; whoever changes it changes the hash below.
const STYLE: &str = "\
body{font-family:system-ui,sans-serif;line-height:1.5;margin:0;color:#1b1b1b;background:#fff}\
header{background:#17324d;color:#fff;padding:.75rem 1rem;font-weight:600}\
main{max-width:60rem;margin:0 auto;padding:1rem;overflow-x:auto}\
table{border-collapse:collapse;width:100%}\
th,td{padding:.5rem .75rem;text-align:left;border-bottom:1px solid #c8ced4}\
thead th{border-bottom:2px solid #17324d}\
.number{text-align:right;font-variant-numeric:tabular-nums}\
.unknown{font-style:italic;color:#5a4500}";

/// What a browser may do with the page: nothing but show it in this style.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-t9DLbL/HsRiypgQvFyLvi+uAZxp8g6LjrAIIR5kt3So='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TITLE: &str = "Welcome to the Docker Java Shopfront!";
const BRAND: &str = "Docker Java Shopfront";

/// The page of the shop.
pub(crate) fn shop(offers: &[Offer]) -> String {
    let mut main = format!("<h1>{TITLE}</h1>\n");
    if offers.is_empty() {
        main.push_str("<p>No products yet. Please come back later.</p>\n");
    } else {
        main.push_str("<p>Please select a product!</p>\n");
        main.push_str(&table(offers));
    }
    if offers.iter().any(|offer| offer.availability.amount().is_none()) {
        let note = "<p role=\"note\">How many are available is not known for every product right now.</p>\n";
        main.push_str(note);
    }
    document(TITLE, &main)
}

/// The page when there is nothing to show; another try makes sense after so many seconds.
pub(crate) fn out_of_order(seconds: u64) -> String {
    let unit = if seconds == 1 { "second" } else { "seconds" };
    let main = format!(
        "<h1>The shop is closed for a moment</h1>\n\
         <p role=\"alert\">The products cannot be shown right now. Nothing is wrong on your side. \
         Please load this page again in {seconds} {unit}.</p>\n"
    );
    document("The shop is closed for a moment", &main)
}

fn document(title: &str, main: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><nav aria-label=\"Shop\">{BRAND}</nav></header>\n<main>\n{main}</main>\n</body>\n</html>\n"
    )
}

fn table(offers: &[Offer]) -> String {
    let mut table = String::from(
        "<table id=\"product-table\" class=\"product-table\">\n\
         <caption>Products</caption>\n<thead>\n<tr><th scope=\"col\">Product Num</th>\
         <th scope=\"col\">SKU</th><th scope=\"col\">Name</th><th scope=\"col\">Description</th>\
         <th scope=\"col\" class=\"number\">Price £</th>\
         <th scope=\"col\" class=\"number\">Qty Available</th></tr>\n</thead>\n<tbody>\n",
    );
    for Offer { id, name, description, price, availability } in offers {
        let (id, name, description) = (Text(id.as_str()), Text(name), Text(description));
        let price = pounds(price.0);
        let row =
            format!("<tr><td>{id}</td>{}<td>{name}</td><td>{description}</td>", sku(availability.sku()));
        table.push_str(&row);
        let amount = amount(availability.amount());
        table.push_str(&format!("<td class=\"number\">{price}</td>{amount}</tr>\n"));
    }
    table.push_str("</tbody>\n</table>\n");
    table
}

fn sku(known: Option<&str>) -> String {
    match known {
        Some(sku) => format!("<td>{}</td>", Text(sku)),
        None => "<td class=\"unknown\">unknown</td>".to_owned(),
    }
}

fn amount(known: Option<i64>) -> String {
    match known {
        Some(amount) => format!("<td class=\"number\">{amount}</td>"),
        None => "<td class=\"number unknown\">unknown</td>".to_owned(),
    }
}

/// Two decimals, and commas between thousands.
fn pounds(price: Money) -> String {
    let decimal = price.decimal();
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal.as_str()), |digits| ("-", digits));
    let (whole, pence) = digits.split_once('.').unwrap_or((digits, "00"));
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text}.{pence}")
}

/// Text of others, safe between tags and within quoted attributes.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // What no document may hold.
                control if control.is_control() && !control.is_ascii_whitespace() => {
                    f.write_char('\u{fffd}')?;
                }
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
