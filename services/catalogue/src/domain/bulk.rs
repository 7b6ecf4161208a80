//! Rows of an import: from text to products, or to what is wrong with each.

use tradewind_catalogue_contract::{
    BulkFormat, BulkProduct, Choice, ImportChunk, Language, MAX_CHUNK_BYTES, MAX_CHUNK_ROWS, ProductText,
    PutDetails, RowError, SetAttribute, SetImage, SetOption, SetOptionValue, VariantOf,
};
use tradewind_kernel::{Currency, Money, Slug};

/// A row, by the number of its line.
pub(crate) type ParsedRow = (u64, Result<BulkProduct, RowError>);

/// The columns that say more than that a product is listed. With none of them, what was said stays.
const DETAILS: [&str; 8] =
    ["category", "variantOf", "choices", "options", "attributes", "images", "name.", "description."];

const LISTED: [&str; 6] = ["id", "name", "description", "price", "currency", "prices"];

/// The rows of a piece.
///
/// # Errors
/// What to change, when it cannot be read at all.
pub(crate) fn rows(chunk: &ImportChunk) -> Result<Vec<ParsedRow>, String> {
    if chunk.rows.len() > MAX_CHUNK_BYTES {
        return Err(format!("send at most {MAX_CHUNK_BYTES} bytes at once"));
    }
    let rows = match chunk.format {
        BulkFormat::Ndjson => ndjson(&chunk.rows, chunk.line),
        BulkFormat::Csv => csv(&chunk.rows, chunk.line)?,
    };
    if rows.len() > MAX_CHUNK_ROWS {
        return Err(format!("send at most {MAX_CHUNK_ROWS} rows at once"));
    }
    Ok(rows)
}

fn ndjson(text: &str, first: u64) -> Vec<ParsedRow> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(index, text)| {
        let line = first.saturating_add(index as u64);
        let wrong = |error: serde_json::Error| RowError { line, field: None, detail: plain(&error) };
        (line, serde_json::from_str(text).map_err(wrong))
    });
    parsed.take(MAX_CHUNK_ROWS + 1).collect()
}

/// What is wrong, without the place in a line of its own, which nobody counts in.
fn plain(error: &serde_json::Error) -> String {
    let told = error.to_string();
    told.split(" at line ").next().unwrap_or_default().to_owned()
}

fn csv(text: &str, first: u64) -> Result<Vec<ParsedRow>, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let heading = reader.headers().map_err(|error| error.to_string())?.clone();
    for column in &heading {
        let is_language = |rest: &str| rest.parse::<Language>().is_ok();
        let is_text = column.strip_prefix("name.").or_else(|| column.strip_prefix("description."));
        let is_known = LISTED.contains(&column) || DETAILS.contains(&column) && !column.ends_with('.');
        if !is_known && !is_text.is_some_and(is_language) {
            return Err(format!("there is no column {column:?}"));
        }
    }
    let mut rows = Vec::new();
    for record in reader.into_records().take(MAX_CHUNK_ROWS + 1) {
        let record = record.map_err(|error| error.to_string())?;
        // The heading is on the first line of the piece, and the first row on the second.
        let within = record.position().map_or(2, csv::Position::line).saturating_sub(2);
        let line = first.saturating_add(within);
        let row = Columns { heading: &heading, record: &record };
        let wrong = |(field, detail)| RowError { line, field: Some(field), detail };
        rows.push((line, row.product().map_err(wrong)));
    }
    Ok(rows)
}

/// A column that does not fit, and what to change.
type Misfit = (String, String);

fn misfit(column: &str, detail: impl Into<String>) -> Misfit {
    (column.to_owned(), detail.into())
}

struct Columns<'a> {
    heading: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
}

impl Columns<'_> {
    fn get(&self, column: &str) -> &str {
        let at = self.heading.iter().position(|name| name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    fn slug(&self, column: &str) -> Result<Slug, Misfit> {
        slug(column, self.get(column))
    }

    /// A column that may be empty.
    fn optional(&self, column: &str) -> Result<Option<Slug>, Misfit> {
        if self.get(column).is_empty() { Ok(None) } else { self.slug(column).map(Some) }
    }

    fn product(&self) -> Result<BulkProduct, Misfit> {
        if self.record.len() != self.heading.len() {
            let detail = format!("the row has {} columns, not {}", self.record.len(), self.heading.len());
            return Err(misfit("id", detail));
        }
        let currency = Some(self.get("currency")).filter(|code| !code.is_empty()).unwrap_or("GBP");
        let is_detailed = self.heading.iter().any(|name| !LISTED.contains(&name));
        Ok(BulkProduct {
            id: self.slug("id")?,
            name: self.get("name").to_owned(),
            description: self.get("description").to_owned(),
            price: money("price", currency, self.get("price"))?,
            prices: self
                .pairs("prices")
                .map(|pair| {
                    let (currency, amount) = pair?;
                    money("prices", currency, amount)
                })
                .collect::<Result<_, _>>()?,
            details: if is_detailed { Some(self.details()?) } else { None },
        })
    }

    fn details(&self) -> Result<PutDetails, Misfit> {
        let choices = self.named("choices")?;
        let choices = choices.into_iter().map(|(option, value)| Choice { option, value }).collect();
        let attributes = self.named("attributes")?.into_iter().map(|(name, value)| SetAttribute {
            name,
            labels: Vec::new(),
            value,
            value_labels: Vec::new(),
        });
        let images = self.get("images").split(';').filter(|path| !path.is_empty());
        Ok(PutDetails {
            category: self.optional("category")?,
            variant_of: self.optional("variantOf")?.map(|product| VariantOf { product, choices }),
            options: self.options()?,
            attributes: attributes.collect(),
            images: images.map(|path| SetImage { path: path.trim().to_owned(), alt: Vec::new() }).collect(),
            texts: self.texts()?,
        })
    }

    /// `EUR:1.40;USD:1.55`, split.
    fn pairs<'a>(&'a self, column: &'a str) -> impl Iterator<Item = Result<(&'a str, &'a str), Misfit>> {
        let parts = self.get(column).split(';').map(str::trim).filter(|part| !part.is_empty());
        parts.map(move |part| {
            part.split_once(':').ok_or_else(|| misfit(column, "write name:value, several separated by ;"))
        })
    }

    fn named(&self, column: &str) -> Result<Vec<(Slug, Slug)>, Misfit> {
        let pairs = self.pairs(column).map(|pair| {
            let (name, value) = pair?;
            Ok((slug(column, name)?, slug(column, value)?))
        });
        pairs.collect()
    }

    /// `size:s|m|l;colour:red|blue`.
    fn options(&self) -> Result<Vec<SetOption>, Misfit> {
        let options = self.pairs("options").map(|pair| {
            let (name, values) = pair?;
            let values = values.split('|').map(|value| {
                Ok::<_, Misfit>(SetOptionValue { value: slug("options", value)?, labels: Vec::new() })
            });
            let (name, values) = (slug("options", name)?, values.collect::<Result<_, _>>()?);
            Ok(SetOption { name, labels: Vec::new(), values })
        });
        options.collect()
    }

    fn texts(&self) -> Result<Vec<ProductText>, Misfit> {
        let mut texts = Vec::new();
        for column in self.heading.iter().filter(|column| column.starts_with("name.")) {
            let name = self.get(column).to_owned();
            let code = column.trim_start_matches("name.");
            let language = code.parse().map_err(|_| misfit(column, "this is no language"))?;
            let description = self.get(&format!("description.{code}")).to_owned();
            if !name.is_empty() {
                texts.push(ProductText { language, name, description });
            }
        }
        Ok(texts)
    }
}

fn slug(column: &str, text: &str) -> Result<Slug, Misfit> {
    text.trim().parse().map_err(|error: tradewind_kernel::InvalidSlug| misfit(column, error.to_string()))
}

fn money(column: &str, currency: &str, amount: &str) -> Result<Money, Misfit> {
    let wrong = |error: tradewind_kernel::MoneyError| misfit(column, error.to_string());
    let currency: Currency = currency.trim().parse().map_err(wrong)?;
    Money::from_decimal(amount.trim(), currency).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunk(format: BulkFormat, rows: &str) -> ImportChunk {
        ImportChunk {
            format,
            after: 0,
            line: if format == BulkFormat::Csv { 2 } else { 1 },
            rows: rows.to_owned(),
        }
    }

    #[test]
    fn a_row_of_values_becomes_a_product() {
        let text = "id,name,price,prices,category,options,attributes,images,name.de,description.de\n\
            a,\"Large, \"\"heavy\"\"\nanvil\",45.50,EUR:53.00;USD:58.50,forge,size:m|l,material:iron,products/a.svg,Amboss,Schwer\n\
            b,Cog,1.234,,,,,,,\n";
        let parsed = rows(&chunk(BulkFormat::Csv, text)).unwrap();
        let (line, product) = &parsed[0];
        let product = product.as_ref().unwrap();
        assert_eq!((*line, product.name.as_str()), (2, "Large, \"heavy\"\nanvil"));
        assert_eq!((product.price.minor(), product.prices.len()), (4550, 2));
        let details = product.details.as_ref().unwrap();
        assert_eq!((details.options[0].values.len(), details.texts[0].name.as_str()), (2, "Amboss"));
        let (line, wrong) = &parsed[1];
        let wrong = wrong.as_ref().unwrap_err();
        assert_eq!((*line, wrong.field.as_deref()), (4, Some("price")), "the row before has two lines");
    }

    #[test]
    fn a_column_that_nobody_knows_is_named() {
        let refused = rows(&chunk(BulkFormat::Csv, "id,nmae\na,b\n")).unwrap_err();
        assert!(refused.contains("nmae"), "{refused}");
    }

    #[test]
    fn a_piece_has_bounds_and_its_rows_all_columns() {
        let row = "{\"id\":\"a\"}\n";
        let many = rows(&chunk(BulkFormat::Ndjson, &row.repeat(MAX_CHUNK_ROWS + 1))).unwrap_err();
        assert!(many.contains("rows at once"), "{many}");
        assert!(rows(&chunk(BulkFormat::Ndjson, &row.repeat(MAX_CHUNK_ROWS))).is_ok());
        let long = rows(&chunk(BulkFormat::Ndjson, &" ".repeat(MAX_CHUNK_BYTES + 1))).unwrap_err();
        assert!(long.contains("bytes at once"), "{long}");
        let parsed = rows(&chunk(BulkFormat::Csv, "id,name,price\na,A\nb,B,1,2\nc,C,1\n")).unwrap();
        let fits: Vec<bool> = parsed.iter().map(|(_, row)| row.is_ok()).collect();
        assert_eq!(fits, [false, false, true]);
    }

    #[test]
    fn lines_of_json_are_counted() {
        let text = "{\"id\":\"a\",\"name\":\"A\",\"price\":{\"amount\":\"1.00\",\"currency\":\"GBP\"}}\n\n{\"id\":1}\n";
        let parsed = rows(&chunk(BulkFormat::Ndjson, text)).unwrap();
        assert_eq!(
            parsed.iter().map(|(line, row)| (*line, row.is_ok())).collect::<Vec<_>>(),
            [(1, true), (3, false)]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,200}", is_csv in any::<bool>()) {
            let format = if is_csv { BulkFormat::Csv } else { BulkFormat::Ndjson };
            drop(rows(&chunk(format, &text)));
            drop(rows(&chunk(format, &format!("id,name,price\n{text}\n{text}"))));
        }
    }
}
