//! The drawing itself. Colours and the kind of shapes come from the category, where they are from the product.

use std::fmt::Write;

use crate::images::Picture;

/// How large a drawing is: as wide as a list shows it, so that nothing of it is cut off there.
const WIDTH: u64 = 480;
const HEIGHT: u64 = 360;

/// The colours of a drawing: two of the ground, three of shapes.
const PALETTES: [[&str; 5]; 8] = [
    ["#e8f1f8", "#bcd7ea", "#2f6f9f", "#5b9bc8", "#f2b84b"],
    ["#f8efe6", "#eccfae", "#b3592a", "#d98a53", "#4b7f8c"],
    ["#eaf5ea", "#c2e0c4", "#3b7d4a", "#72ac7c", "#d9893f"],
    ["#f4ecf8", "#d8c2e8", "#74489c", "#a47bc6", "#e0a43c"],
    ["#f8ebee", "#eac0c9", "#a8405a", "#cf7388", "#4a8a86"],
    ["#eef3f2", "#c6d9d6", "#37706a", "#6ca39c", "#c4694f"],
    ["#f7f4e4", "#e6dca8", "#8a7420", "#b8a24c", "#4f6fa8"],
    ["#eeeef6", "#c9cae4", "#484d94", "#7b80bf", "#d28b4e"],
];

/// Numbers that follow from a text, one after the other: the same on every machine and for ever, as those of a library
/// need not be.
struct Numbers(u64);

impl Numbers {
    /// Begins at the digest of a text (FNV-1a, 64 bits).
    fn of(text: &str) -> Self {
        Self(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    /// The next one, below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).checked_rem(bound).unwrap_or(0)
    }

    /// One between `least` and `most`.
    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    fn of_three<'a>(&mut self, [one, two, three]: [&'a str; 3]) -> &'a str {
        match self.below(3) {
            0 => one,
            1 => two,
            _ => three,
        }
    }
}

/// The kinds of shapes, each by the category.
const KINDS: [fn(&mut Numbers) -> String; 4] = [circle, tile, wheel, hill];

/// A drawing of a product as SVG: elements and attributes alone, nothing that runs and nothing from elsewhere.
pub(crate) fn draw(picture: &Picture<'_>) -> String {
    let mut look = Numbers::of(picture.category);
    let palette = PALETTES.get(index(look.below(8))).copied().unwrap_or(PALETTES[0]);
    let kind = KINDS.get(index(look.below(4))).copied().unwrap_or(circle);
    let [light, ground, first, second, third] = palette;
    let mut numbers = Numbers::of(picture.id.as_str());
    let mut shapes = String::new();
    for _ in 0..numbers.between(4, 7) {
        let colour = numbers.of_three([first, second, third]);
        let opacity = numbers.between(55, 95);
        let shape = kind(&mut numbers);
        // Writing into a text does not fail.
        let _ = write!(shapes, "<g fill=\"{colour}\" fill-opacity=\"0.{opacity}\">{shape}</g>");
    }
    // What it is called stands beside it wherever it is shown.
    let title = escaped(picture.name);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         role=\"img\"><title>{title}</title><defs><linearGradient id=\"ground\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\">\
         <stop offset=\"0\" stop-color=\"{light}\"/><stop offset=\"1\" stop-color=\"{ground}\"/></linearGradient></defs>\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"url(#ground)\"/>{shapes}</svg>\n"
    )
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn circle(numbers: &mut Numbers) -> String {
    let (x, y, radius) = (numbers.between(60, 420), numbers.between(60, 300), numbers.between(28, 110));
    format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>")
}

fn tile(numbers: &mut Numbers) -> String {
    let (x, y, side) = (numbers.between(40, 320), numbers.between(30, 200), numbers.between(50, 150));
    let (turn, round) = (numbers.below(90), numbers.between(4, 26));
    let (width, middle_x, middle_y) = (side + numbers.below(60), x + side / 2, y + side / 2);
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{side}\" rx=\"{round}\" \
         transform=\"rotate({turn} {middle_x} {middle_y})\"/>"
    )
}

fn wheel(numbers: &mut Numbers) -> String {
    let (x, y, radius) = (numbers.between(90, 390), numbers.between(80, 280), numbers.between(34, 90));
    let teeth = numbers.between(6, 11);
    let (top, hub) = (y.saturating_sub(radius + 12), radius / 3);
    let left = x.saturating_sub(9);
    let tooth = |at: u64| {
        let turn = at * 360 / teeth.max(1);
        format!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"18\" height=\"24\" rx=\"3\" transform=\"rotate({turn} {x} {y})\"/>"
        )
    };
    let teeth: String = (0..teeth).map(tooth).collect();
    let hub = format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{hub}\" fill=\"#ffffff\" fill-opacity=\"0.7\"/>");
    format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>{teeth}{hub}")
}

fn hill(numbers: &mut Numbers) -> String {
    let (left, width, height) = (numbers.below(300), numbers.between(120, 260), numbers.between(90, 300));
    let (right, base) = (left + width, HEIGHT);
    let (top, middle) = (base - height, left + width / 2 + numbers.below(40));
    format!("<polygon points=\"{left},{base} {middle},{top} {right},{base}\"/>")
}

/// A text that is nothing but text in XML, without what XML has no character for.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use tradewind_kernel::Slug;

    use super::*;

    fn drawn(id: &str, name: &str, category: &str) -> String {
        let id: Slug = id.parse().unwrap();
        draw(&Picture { id: &id, name, category })
    }

    #[test]
    fn a_product_has_one_picture_and_each_another() {
        assert_eq!(drawn("1", "Widget", "tools"), drawn("1", "Widget", "tools"));
        let others =
            [drawn("1", "Widget", "tools"), drawn("2", "Widget", "tools"), drawn("1", "Widget", "garden")];
        assert!(others[0] != others[1] && others[0] != others[2] && others[1] != others[2]);
    }

    #[test]
    fn a_name_is_text_and_nothing_else() {
        let svg = drawn("1", "</title><script>alert(1)</script>&\u{0}\u{1b}\u{fffe} \u{202e}ok", "x");
        assert!(!svg.contains("<script") && !svg.contains(['\u{0}', '\u{1b}', '\u{fffe}']));
        assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;"));
        assert_eq!(svg.matches("</title>").count(), 1);
    }

    #[test]
    fn a_long_name_is_whole_in_the_title() {
        let svg = drawn("1", "A hammer with a very long handle", "x");
        assert!(svg.contains("<title>A hammer with a very long handle</title>"), "{svg}");
    }

    #[test]
    fn pictures_are_small_and_of_every_kind() {
        let mut kinds = [false; 3];
        for at in 0..200 {
            let svg = drawn(&format!("p-{at}"), "Widget", &format!("category {at}"));
            assert!(svg.len() < 12_000, "{}", svg.len());
            for (kind, mark) in kinds.iter_mut().zip(["<circle", "transform=\"rotate", "<polygon"]) {
                *kind |= svg.contains(mark);
            }
        }
        assert_eq!(kinds, [true; 3]);
    }
}
