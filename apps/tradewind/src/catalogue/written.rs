//! Products as comma-separated values, as an import reads them.

use tradewind_catalogue_contract::{BulkProduct, Language, PutDetails, SetOption};
use tradewind_kernel::Money;

/// The line that names the columns.
pub(super) const HEADING: &str = "id,name,description,price,currency,prices,category,variantOf,choices,options,\
     attributes,images,name.de,description.de\n";

/// A product as a line.
pub(super) fn row(product: &BulkProduct) -> String {
    let details = product.details.clone().unwrap_or_default();
    let price = |price: &Money| format!("{}:{}", price.currency(), price.decimal());
    let PutDetails { category, variant_of, options, attributes, images, texts } = details;
    let (whole, choices) = variant_of.map(|of| (of.product.to_string(), of.choices)).unwrap_or_default();
    let german = texts.into_iter().find(|text| text.language == Language::DE);
    let (german, described) = german.map(|text| (text.name, text.description)).unwrap_or_default();
    let fields = [
        product.id.to_string(),
        product.name.clone(),
        product.description.clone(),
        product.price.decimal(),
        product.price.currency().to_string(),
        joined(product.prices.iter().map(price)),
        category.map(|category| category.to_string()).unwrap_or_default(),
        whole,
        joined(choices.iter().map(|choice| format!("{}:{}", choice.option, choice.value))),
        joined(options.iter().map(option)),
        joined(attributes.iter().map(|attribute| format!("{}:{}", attribute.name, attribute.value))),
        joined(images.into_iter().map(|image| image.path)),
        german,
        described,
    ];
    fields.map(|field| quoted(&field)).join(",") + "\n"
}

fn option(option: &SetOption) -> String {
    let values: Vec<&str> = option.values.iter().map(|value| value.value.as_str()).collect();
    format!("{}:{}", option.name, values.join("|"))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(";")
}

/// In quotation marks where it has to be.
fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) || field.trim() != field {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_all_columns() {
        let json = serde_json::json!({
            "id": "a", "name": "A \"big\" one, really", "price": {"amount": "1.20", "currency": "GBP"},
            "prices": [{"amount": "1.40", "currency": "EUR"}],
            "details": {"attributes": [{"name": "colour", "value": "red"}, {"name": "size", "value": "m"}]},
        });
        let row = row(&serde_json::from_value(json).unwrap());
        let expected = "a,\"A \"\"big\"\" one, really\",,1.20,GBP,EUR:1.40,,,,,colour:red;size:m,,,\n";
        assert_eq!(row, expected);
        assert_eq!(HEADING.matches(',').count(), 13);
    }
}
