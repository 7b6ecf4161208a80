//! What is wrong with what is said of a product or a category.

use std::collections::BTreeSet;

use tradewind_catalogue_contract::{Label, Language, ListProduct, PutCategory, PutDetails, SetImage};
use tradewind_kernel::is_one_line;

/// A field that does not fit, by its pointer, and what to change.
pub(crate) type Misfit = (String, String);

const MAX_NAME: usize = 200;
const MAX_DESCRIPTION: usize = 2_000;
const MAX_PRICES: usize = 50;
const MAX_LABEL: usize = 100;
const MAX_LANGUAGES: usize = 20;
const MAX_OPTIONS: usize = 5;
const MAX_VALUES: usize = 50;
const MAX_ATTRIBUTES: usize = 30;
const MAX_IMAGES: usize = 20;
const MAX_PATH: usize = 200;

fn misfit<T>(pointer: impl Into<String>, detail: &str) -> Result<T, Misfit> {
    Err((pointer.into(), detail.to_owned()))
}

/// Checks what is said of a product when it is listed.
pub(crate) fn product(product: &ListProduct) -> Result<(), Misfit> {
    name("/name", &product.name)?;
    description("/description", &product.description)?;
    if product.price.minor() < 0 {
        return misfit("/price", "a price is not negative");
    }
    prices(product)
}

fn name(pointer: &str, name: &str) -> Result<(), Misfit> {
    let is_name = !name.trim().is_empty() && is_one_line(name);
    if !is_name || name.chars().count() > MAX_NAME {
        return misfit(pointer, "a name has 1 to 200 characters, all of them to be seen on one line");
    }
    Ok(())
}

fn description(pointer: &str, text: &str) -> Result<(), Misfit> {
    if text.chars().count() > MAX_DESCRIPTION || text.contains('\0') {
        return misfit(pointer, "a description has at most 2000 characters and no NUL");
    }
    Ok(())
}

/// A currency has one price, so that nobody has to choose.
fn prices(product: &ListProduct) -> Result<(), Misfit> {
    if product.prices.len() > MAX_PRICES {
        return misfit("/prices", "a product has at most 50 prices in other currencies");
    }
    let mut seen = vec![product.price.currency()];
    for (index, price) in product.prices.iter().enumerate() {
        let pointer = format!("/prices/{index}");
        if price.minor() < 0 {
            return misfit(pointer, "a price is not negative");
        }
        if seen.contains(&price.currency()) {
            return misfit(pointer, "there is another price in this currency");
        }
        seen.push(price.currency());
    }
    Ok(())
}

/// Checks a category.
pub(crate) fn category(category: &PutCategory) -> Result<(), Misfit> {
    words("/name", &category.name)?;
    labels("/names", &category.names)?;
    if category.names.iter().any(|label| label.language == Language::EN) {
        return misfit("/names", "the name in English is in `name`");
    }
    Ok(())
}

/// Checks what else is said of a product.
pub(crate) fn details(details: &PutDetails) -> Result<(), Misfit> {
    options(details)?;
    attributes(details)?;
    bounded("/images", details.images.len(), MAX_IMAGES)?;
    for (index, image) in details.images.iter().enumerate() {
        path(&format!("/images/{index}/path"), image)?;
        labels(&format!("/images/{index}/alt"), &image.alt)?;
    }
    texts(details)?;
    let Some(variant_of) = &details.variant_of else { return Ok(()) };
    bounded("/variantOf/choices", variant_of.choices.len(), MAX_OPTIONS)?;
    unique("/variantOf/choices", variant_of.choices.iter().map(|choice| &choice.option))?;
    if details.options.is_empty() {
        return Ok(());
    }
    misfit("/options", "a variant has no options of its own")
}

fn options(details: &PutDetails) -> Result<(), Misfit> {
    bounded("/options", details.options.len(), MAX_OPTIONS)?;
    unique("/options", details.options.iter().map(|option| &option.name))?;
    for (index, option) in details.options.iter().enumerate() {
        let at = format!("/options/{index}");
        labels(&format!("{at}/labels"), &option.labels)?;
        if option.values.is_empty() {
            return misfit(format!("{at}/values"), "an option has at least one value");
        }
        bounded(&format!("{at}/values"), option.values.len(), MAX_VALUES)?;
        unique(&format!("{at}/values"), option.values.iter().map(|value| &value.value))?;
        for (index, value) in option.values.iter().enumerate() {
            labels(&format!("{at}/values/{index}/labels"), &value.labels)?;
        }
    }
    Ok(())
}

fn attributes(details: &PutDetails) -> Result<(), Misfit> {
    bounded("/attributes", details.attributes.len(), MAX_ATTRIBUTES)?;
    unique("/attributes", details.attributes.iter().map(|each| (&each.name, &each.value)))?;
    for (index, attribute) in details.attributes.iter().enumerate() {
        labels(&format!("/attributes/{index}/labels"), &attribute.labels)?;
        labels(&format!("/attributes/{index}/valueLabels"), &attribute.value_labels)?;
    }
    Ok(())
}

fn texts(details: &PutDetails) -> Result<(), Misfit> {
    bounded("/texts", details.texts.len(), MAX_LANGUAGES)?;
    unique("/texts", details.texts.iter().map(|text| text.language))?;
    for (index, text) in details.texts.iter().enumerate() {
        if text.language == Language::EN {
            return misfit(format!("/texts/{index}/language"), "English is what the product is listed with");
        }
        name(&format!("/texts/{index}/name"), &text.name)?;
        description(&format!("/texts/{index}/description"), &text.description)?;
    }
    Ok(())
}

/// A path that leads to no other place than it says.
fn path(pointer: &str, image: &SetImage) -> Result<(), Misfit> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_plain);
    if image.path.len() > MAX_PATH || !image.path.split('/').all(is_part) {
        let detail =
            "a path has parts of letters, digits, '-', '_' and '.', joined by '/', such as products/3.svg";
        return misfit(pointer, detail);
    }
    Ok(())
}

fn labels(pointer: &str, labels: &[Label]) -> Result<(), Misfit> {
    bounded(pointer, labels.len(), MAX_LANGUAGES)?;
    unique(pointer, labels.iter().map(|label| label.language))?;
    for (index, label) in labels.iter().enumerate() {
        words(&format!("{pointer}/{index}/text"), &label.text)?;
    }
    Ok(())
}

fn words(pointer: &str, text: &str) -> Result<(), Misfit> {
    let is_said = !text.trim().is_empty() && is_one_line(text);
    if !is_said || text.chars().count() > MAX_LABEL {
        return misfit(pointer, "write 1 to 100 characters, all of them to be seen on one line");
    }
    Ok(())
}

fn bounded(pointer: &str, count: usize, most: usize) -> Result<(), Misfit> {
    if count > most { misfit(pointer, &format!("there are at most {most}")) } else { Ok(()) }
}

fn unique<T: Ord>(pointer: &str, of: impl Iterator<Item = T>) -> Result<(), Misfit> {
    let mut seen = BTreeSet::new();
    for (index, each) in of.enumerate() {
        if !seen.insert(each) {
            return misfit(format!("{pointer}/{index}"), "this is there already");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: serde_json::Value) -> String {
        details(&serde_json::from_value(json).unwrap()).unwrap_err().0
    }

    #[test]
    fn a_path_leads_nowhere_else() {
        for path in ["", "/etc/passwd", "a//b", "../x", "a/../b", "a/.hidden", "a\\b", "a b", "a/", "x?y"] {
            let json = serde_json::json!({"images": [{"path": path}]});
            assert_eq!(refused(json), "/images/0/path", "{path:?}");
        }
        let fine = serde_json::json!({"images": [{"path": "products/3-b_1.svg"}]});
        details(&serde_json::from_value(fine).unwrap()).unwrap();
    }

    #[test]
    fn a_product_is_refused_by_the_field_that_does_not_fit() {
        use serde_json::json;
        let price = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
        let (pound, euro) = (price("1.00", "GBP"), price("1.20", "EUR"));
        let good = json!({"name": "Anvil", "price": pound, "prices": [euro]});
        product(&serde_json::from_value(good.clone()).unwrap()).unwrap();
        let refused = |field: &str, value: serde_json::Value| {
            let mut bad = good.clone();
            bad[field] = value;
            product(&serde_json::from_value(bad).unwrap()).unwrap_err().0
        };
        for name in ["", " ", "a\0", "a\nb", "a\u{202e}b", &"x".repeat(201)] {
            assert_eq!(refused("name", json!(name)), "/name", "{name:?}");
        }
        assert_eq!(refused("description", json!("a\0")), "/description");
        assert_eq!(refused("description", json!("x".repeat(2_001))), "/description");
        assert_eq!(refused("price", price("-0.01", "GBP")), "/price");
        assert_eq!(refused("prices", json!([price("-0.01", "EUR")])), "/prices/0");
        assert_eq!(refused("prices", json!([pound])), "/prices/0");
        assert_eq!(refused("prices", json!([euro, euro])), "/prices/1");
        assert_eq!(refused("prices", json!(vec![&euro; 51])), "/prices");
    }

    #[test]
    fn each_misfit_is_pointed_at() {
        let label = |text: &str| serde_json::json!([{"language": "en", "text": text}]);
        let value = serde_json::json!({"name": "size", "values": []});
        assert_eq!(refused(serde_json::json!({"options": [value]})), "/options/0/values");
        let attribute = serde_json::json!({"name": "colour", "value": "red", "labels": label("\u{7}")});
        assert_eq!(refused(serde_json::json!({"attributes": [attribute]})), "/attributes/0/labels/0/text");
        let attribute = serde_json::json!({"name": "colour", "value": "red", "labels": label("\u{202e}")});
        assert_eq!(refused(serde_json::json!({"attributes": [attribute]})), "/attributes/0/labels/0/text");
        let same = serde_json::json!({"name": "colour", "value": "red"});
        assert_eq!(refused(serde_json::json!({"attributes": [same, same]})), "/attributes/1");
        let text = serde_json::json!({"language": "en", "name": "Anvil"});
        assert_eq!(refused(serde_json::json!({"texts": [text]})), "/texts/0/language");
        let option = serde_json::json!({"name": "size", "values": [{"value": "m"}]});
        let json = serde_json::json!({"variantOf": {"product": "1"}, "options": [option]});
        assert_eq!(refused(json), "/options");
    }
}
