//! A large assortment, made up: the same number always gives the same product.

mod kinds;

use tradewind_catalogue_contract::{
    BulkProduct, Choice as Chosen, Label, Language, ProductText, PutCategory, PutDetails, SetAttribute,
    SetImage, SetOption, SetOptionValue, VariantOf,
};
use tradewind_kernel::{Currency, Entropy, Money, Slug};
use tradewind_problem::Problem;

use kinds::{BRANDS, COLOURS, Choice, DEPARTMENTS, SERIES, SIZES, Section, Shelf, Word};

/// From which all is drawn.
const SEED: u64 = 0x7261_6465_7769_6e64;

/// How many euro cents a penny is.
const EURO: (i64, i64) = (117, 100);

/// Something that can be ordered, and how many of it come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Goods {
    pub(crate) id: Slug,
    pub(crate) quantity: u32,
}

/// A product with its variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// The product first, then its variants.
    pub(crate) rows: Vec<BulkProduct>,
    /// What can be ordered.
    pub(crate) goods: Vec<Goods>,
}

fn slug(text: &str) -> Result<Slug, Problem> {
    text.parse().map_err(Problem::internal)
}

fn labels((_, english, german): Word) -> Vec<Label> {
    let label = |language, text: &str| Label { language, text: text.to_owned() };
    vec![label(Language::EN, english), label(Language::DE, german)]
}

/// All categories, those above before those below.
pub(crate) fn categories() -> Result<Vec<(Slug, PutCategory)>, Problem> {
    let mut all = Vec::new();
    let mut add = |(name, english, german): Word, parent: Option<&str>| {
        let position = i32::try_from(all.len()).unwrap_or_default();
        let names = vec![Label { language: Language::DE, text: german.to_owned() }];
        let parent = parent.map(slug).transpose()?;
        all.push((slug(name)?, PutCategory { name: english.to_owned(), names, parent, position }));
        Ok::<_, Problem>(())
    };
    for department in DEPARTMENTS {
        add(department.name, None)?;
        for section in department.sections {
            add(section.name, Some(department.name.0))?;
            for shelf in section.shelves {
                add(shelf.name, Some(section.name.0))?;
            }
        }
    }
    Ok(all)
}

fn shelves() -> impl Iterator<Item = &'static Shelf> {
    let sections = DEPARTMENTS.iter().flat_map(|department| department.sections);
    sections.flat_map(|section: &Section| section.shelves)
}

/// What is drawn for one product.
struct Draw(Entropy);

impl Draw {
    fn of<'a, T>(&self, all: &'a [T]) -> Result<&'a T, Problem> {
        let at = usize::try_from(self.0.below(all.len() as u64)).unwrap_or_default();
        all.get(at).ok_or_else(|| Problem::internal("there is nothing to draw from"))
    }

    /// A price that ends in 99 or 50, the small ones more often.
    fn price(&self, (least, most): (i64, i64)) -> i64 {
        let span = u64::try_from(most - least).unwrap_or_default().max(1);
        let drawn = self.0.below(span).min(self.0.below(span));
        let price = least + i64::try_from(drawn).unwrap_or_default();
        let ending = if self.0.below(4) == 0 { 50 } else { 99 };
        price / 100 * 100 + ending
    }

    /// How many there are: now and then none or a few.
    fn quantity(&self) -> u32 {
        match self.0.below(20) {
            0 => 0,
            1 | 2 => 1 + u32::try_from(self.0.below(9)).unwrap_or_default(),
            _ => 20 + u32::try_from(self.0.below(400)).unwrap_or_default(),
        }
    }
}

/// What is drawn of a product before it is written down.
struct Kind {
    shelf: &'static Shelf,
    thing: (&'static str, &'static str),
    material: Word,
    series: &'static str,
    brand: (&'static str, &'static str),
    colour: Word,
    minor: i64,
    has_variants: bool,
}

impl Kind {
    fn draw(draw: &Draw) -> Result<Self, Problem> {
        let shelves: Vec<&'static Shelf> = shelves().collect();
        let shelf: &'static Shelf = draw.of(&shelves)?;
        Ok(Self {
            thing: *draw.of(shelf.things)?,
            material: *draw.of(shelf.materials)?,
            series: draw.of(SERIES)?,
            brand: *draw.of(BRANDS)?,
            colour: *draw.of(COLOURS)?,
            minor: draw.price(shelf.prices),
            has_variants: draw.0.below(5) == 0,
            shelf,
        })
    }

    fn name(&self) -> String {
        format!("{} {} {}", self.series, self.material.1, self.thing.0)
    }

    fn description(&self) -> String {
        let material = self.material.1.to_lowercase();
        format!("{} of the {} range by {}. Made of {material}.", self.thing.0, self.series, self.brand.1)
    }

    fn german(&self) -> ProductText {
        let (thing, series, material) = (self.thing.1, self.series, self.material.2);
        ProductText {
            language: Language::DE,
            name: format!("{thing} {series}, {material}"),
            description: format!(
                "{thing} aus der Reihe {series} von {}. Material: {material}.",
                self.brand.1
            ),
        }
    }

    fn details(&self, id: &str) -> Result<PutDetails, Problem> {
        let brand = (self.brand.0, self.brand.1, self.brand.1);
        let mut attributes = vec![
            attribute(("material", "Material", "Material"), self.material)?,
            attribute(("brand", "Brand", "Marke"), brand)?,
        ];
        let is_colour_chosen = self.has_variants && self.shelf.choice == Choice::Colour;
        if !is_colour_chosen {
            attributes.push(attribute(("colour", "Colour", "Farbe"), self.colour)?);
        }
        Ok(PutDetails {
            category: Some(slug(self.shelf.name.0)?),
            variant_of: None,
            options: if self.has_variants { vec![option(self.shelf.choice)?] } else { Vec::new() },
            attributes,
            images: vec![SetImage { path: format!("products/{id}.svg"), alt: Vec::new() }],
            texts: vec![self.german()],
        })
    }
}

fn attribute(name: Word, value: Word) -> Result<SetAttribute, Problem> {
    Ok(SetAttribute {
        name: slug(name.0)?,
        labels: labels(name),
        value: slug(value.0)?,
        value_labels: labels(value),
    })
}

fn choices(choice: Choice) -> (Word, &'static [Word]) {
    match choice {
        Choice::Colour => (("colour", "Colour", "Farbe"), COLOURS),
        Choice::Size => (("size", "Size", "Größe"), SIZES),
    }
}

fn option(choice: Choice) -> Result<SetOption, Problem> {
    let (name, values) = choices(choice);
    let value = |word: &Word| Ok(SetOptionValue { value: slug(word.0)?, labels: labels(*word) });
    let values = values.iter().map(value).collect::<Result<_, Problem>>()?;
    Ok(SetOption { name: slug(name.0)?, labels: labels(name), values })
}

fn product(
    id: &str,
    name: String,
    description: String,
    minor: i64,
    details: PutDetails,
) -> Result<BulkProduct, Problem> {
    let euro: Currency = "EUR".parse().map_err(Problem::internal)?;
    Ok(BulkProduct {
        id: slug(id)?,
        name,
        description,
        price: Money::from_minor(minor, Currency::GBP),
        prices: vec![Money::from_minor(minor * EURO.0 / EURO.1, euro)],
        details: Some(details),
    })
}

/// The product with this number, counted from 1.
///
/// # Errors
/// Never, unless the words that it is made of are no names.
pub(crate) fn item(number: u32) -> Result<Item, Problem> {
    let draw = Draw(Entropy::seeded(SEED.wrapping_add(u64::from(number))));
    let kind = Kind::draw(&draw)?;
    let id = format!("g{number}");
    let whole = product(&id, kind.name(), kind.description(), kind.minor, kind.details(&id)?)?;
    if kind.has_variants {
        return with_variants(&draw, &kind, whole);
    }
    let goods = vec![Goods { id: whole.id.clone(), quantity: draw.quantity() }];
    Ok(Item { rows: vec![whole], goods })
}

/// The product and a variant for each value of its option; the later ones may cost more.
fn with_variants(draw: &Draw, kind: &Kind, whole: BulkProduct) -> Result<Item, Problem> {
    let (option, values) = choices(kind.shelf.choice);
    let dearer = if kind.shelf.choice == Choice::Size { kind.minor / 10 } else { 0 };
    let mut rows = vec![whole];
    let mut goods = Vec::new();
    let of = rows.first().map(|whole| whole.id.clone()).ok_or_else(|| Problem::internal("no product"))?;
    let mut minor = kind.minor;
    for value in values {
        let id = format!("{of}-{}", value.0);
        let german = kind.german();
        let chosen = Chosen { option: slug(option.0)?, value: slug(value.0)? };
        let details = PutDetails {
            category: Some(slug(kind.shelf.name.0)?),
            variant_of: Some(VariantOf { product: of.clone(), choices: vec![chosen] }),
            texts: vec![ProductText { name: format!("{}, {}", german.name, value.2), ..german }],
            ..PutDetails::default()
        };
        rows.push(product(&id, format!("{}, {}", kind.name(), value.1), kind.description(), minor, details)?);
        goods.push(Goods { id: slug(&id)?, quantity: draw.quantity() });
        minor += dearer;
    }
    Ok(Item { rows, goods })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_number_is_the_same_product() {
        for number in 1..200 {
            assert_eq!(item(number).unwrap(), item(number).unwrap());
        }
        assert_ne!(item(1).unwrap().rows[0].name, item(2).unwrap().rows[0].name);
    }

    #[test]
    fn what_is_made_up_looks_like_a_shop() {
        let items: Vec<Item> = (1..=1_000).map(|number| item(number).unwrap()).collect();
        let known: BTreeSet<Slug> = categories().unwrap().into_iter().map(|(slug, _)| slug).collect();
        let used: BTreeSet<Slug> =
            items.iter().filter_map(|item| item.rows[0].details.as_ref()?.category.clone()).collect();
        assert!(used.is_subset(&known) && used.len() == shelves().count(), "{used:?}");
        let varied = items.iter().filter(|item| item.rows.len() > 1).count();
        assert!((100..300).contains(&varied), "{varied} have variants");
        let sold_out = items.iter().flat_map(|item| &item.goods).filter(|goods| goods.quantity == 0).count();
        assert!(sold_out > 10, "{sold_out} are sold out");
        assert!(items.iter().flat_map(|item| &item.rows).all(|row| row.price.minor() > 0));
    }

    #[test]
    fn categories_come_after_those_above_them() {
        let mut seen = BTreeSet::new();
        for (slug, category) in categories().unwrap() {
            assert!(category.parent.is_none_or(|parent| seen.contains(&parent)), "{slug}");
            assert!(seen.insert(slug));
        }
    }
}
