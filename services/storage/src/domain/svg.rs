//! Which drawings are kept: those that only draw. Everything is on a list, so that what a browser learns to do tomorrow is
//! not on it.

use crate::domain::xml::{Piece, Reader};

/// The greatest drawing, in bytes: it is read as a whole.
const MAX_BYTES: usize = 512 * 1024;

/// The most elements of a drawing, and how deeply they may be in each other.
const MAX_ELEMENTS: usize = 10_000;
const MAX_DEPTH: usize = 32;

/// The namespace of SVG.
const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// The elements. None of them runs, fetches or repeats anything.
const ELEMENTS: [&str; 19] = [
    "svg",
    "g",
    "defs",
    "title",
    "desc",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "mask",
];

/// Their attributes. `style`, `href` and everything that begins with `on` are not among them.
const ATTRIBUTES: [&str; 70] = [
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "class",
    "clip-path",
    "clip-rule",
    "clipPathUnits",
    "cx",
    "cy",
    "d",
    "display",
    "dominant-baseline",
    "dx",
    "dy",
    "fill",
    "fill-opacity",
    "fill-rule",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "fx",
    "fy",
    "gradientTransform",
    "gradientUnits",
    "height",
    "id",
    "lengthAdjust",
    "letter-spacing",
    "mask",
    "maskContentUnits",
    "maskUnits",
    "offset",
    "opacity",
    "pathLength",
    "points",
    "preserveAspectRatio",
    "r",
    "role",
    "rx",
    "ry",
    "shape-rendering",
    "spreadMethod",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-miterlimit",
    "stroke-opacity",
    "stroke-width",
    "text-anchor",
    "text-rendering",
    "textLength",
    "transform",
    "vector-effect",
    "version",
    "viewBox",
    "visibility",
    "width",
    "word-spacing",
    "x",
    "x1",
    "x2",
    "xmlns",
    "y",
    "y1",
    "y2",
];

/// Why a drawing is not kept; `Ok` when it is.
pub(crate) fn check(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("a drawing has at most {MAX_BYTES} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
    let mut reader = Reader::new(text)?;
    let (mut open, mut elements): (Vec<&str>, usize) = (Vec::new(), 0);
    while let Some(piece) = reader.next()? {
        match piece {
            Piece::Open { name, attributes, is_empty } => {
                admit(name, &attributes, (open.is_empty(), elements))?;
                elements += 1;
                if !is_empty {
                    open.push(name);
                }
                if open.len() > MAX_DEPTH || elements > MAX_ELEMENTS {
                    return Err(format!(
                        "it has more than {MAX_ELEMENTS} elements, or {MAX_DEPTH} in each other"
                    ));
                }
            }
            Piece::Close(name) if open.pop() == Some(name) => {}
            Piece::Close(name) => return Err(format!("</{name:.40}> ends what did not begin")),
            Piece::Text { is_blank } if is_blank || !open.is_empty() => {}
            Piece::Text { .. } => return Err("there is text beside its <svg>".to_owned()),
        }
    }
    if elements > 0 && open.is_empty() {
        Ok(())
    } else {
        Err("it has no <svg> that begins and ends".to_owned())
    }
}

/// Why an element is not kept, at the top of the drawing or with so many before it.
fn admit(name: &str, attributes: &[(&str, String)], (is_top, before): (bool, usize)) -> Result<(), String> {
    let namespace =
        attributes.iter().find(|(attribute, _)| *attribute == "xmlns").map(|(_, value)| value.as_str());
    if is_top && (name != "svg" || before > 0 || namespace != Some(NAMESPACE)) {
        return Err(format!("it is not one <svg xmlns=\"{NAMESPACE}\">"));
    }
    if namespace.is_some_and(|namespace| namespace != NAMESPACE) {
        return Err("it holds elements of another namespace".to_owned());
    }
    if !ELEMENTS.contains(&name) {
        return Err(format!("the element <{name:.40}> is not kept"));
    }
    for (attribute, value) in attributes {
        if !ATTRIBUTES.contains(attribute) {
            return Err(format!("the attribute {attribute:.40} is not kept"));
        }
        if refers_elsewhere(value) {
            return Err(format!(
                "the attribute {attribute:.40} refers to something else than a part of the drawing"
            ));
        }
    }
    Ok(())
}

/// Whether a value names something outside, as `url(…)` does unless it is that of an id. What begins with `#` in it alone
/// is a part of the drawing; a backslash would let the word be written in another way.
fn refers_elsewhere(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_id =
        |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let is_part = |rest: &str| {
        let id = rest.strip_prefix('#').and_then(|rest| rest.split_once(')'));
        id.is_some_and(|(id, _)| is_id(id))
    };
    let refers = lower.split("url(").skip(1).any(|rest| !is_part(rest));
    refers
        || lower.contains('\\')
        || lower.contains("/*")
        || ["url ", "src(", "image("].iter().any(|it| lower.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(inner: &str) -> Result<(), String> {
        check(format!("<svg xmlns=\"{NAMESPACE}\">{inner}</svg>").as_bytes())
    }

    #[test]
    fn what_only_draws_is_kept() {
        for inner in [
            "",
            "<title>A &amp; B</title><rect width='1' height='1' fill='#fff'/>",
            "<defs><linearGradient id='a'><stop offset='0' stop-color='red'/></linearGradient></defs>\
             <g fill='url(#a)'><path d='M0 0h1'/><text x='1'>on <tspan>javascript:</tspan></text></g><!-- note -->",
        ] {
            assert_eq!(within(inner), Ok(()), "{inner}");
        }
        let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns='{NAMESPACE}'/>\n");
        assert_eq!(check(declared.as_bytes()), Ok(()));
    }

    #[test]
    fn what_runs_fetches_or_repeats_is_not() {
        for inner in [
            "<script>alert(1)</script>",
            "<SCRIPT/>",
            "<style>*{}</style>",
            "<a href='x'>y</a>",
            "<image href='x'/>",
            "<use href='#a'/>",
            "<foreignObject><p/></foreignObject>",
            "<animate attributeName='href'/>",
            "<set/>",
            "<iframe/>",
            "<filter><feImage/></filter>",
            "<g onload='x'/>",
            "<g ONCLICK='x'/>",
            "<g style='x'/>",
            "<g href='javascript:x'/>",
            "<g xlink:href='x'/>",
            "<g xmlns:xlink='x'/>",
            "<g xml:base='x'/>",
            "<g xmlns='http://www.w3.org/1999/xhtml'/>",
            "<g fill='url(http://x/#a)'/>",
            "<g fill='url(//x)'/>",
            "<g fill='URL( #a)'/>",
            "<g fill='url(#a) url(x)'/>",
            "<g fill='u\\72l(x)'/>",
            "<g fill='&#117;rl(x)'/>",
            "<g fill='url(#)'/>",
            "<g mask='url(data:x)'/>",
            "<g fill='image(x)'/>",
            "<g>",
            "</g>",
            "<g></rect>",
            "&a;",
            "<!ENTITY a 'b'>",
        ] {
            assert!(within(inner).is_err(), "{inner}");
        }
        for whole in [
            "",
            " ",
            "text",
            "<g/>",
            "<svg/>",
            "<svg xmlns='x'/>",
            "<html><svg/></html>",
            "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'/>",
            "<?xml-stylesheet href='x'?><svg xmlns='http://www.w3.org/2000/svg'/>",
            "<svg xmlns='http://www.w3.org/2000/svg'/><svg xmlns='http://www.w3.org/2000/svg'/>",
            "<svg xmlns='http://www.w3.org/2000/svg'/>more",
            "\u{0}<svg xmlns='http://www.w3.org/2000/svg'/>",
        ] {
            assert!(check(whole.as_bytes()).is_err(), "{whole}");
        }
        assert!(check(b"<svg xmlns='http://www.w3.org/2000/svg'>\xff</svg>").is_err());
        assert!(check(&"<svg>".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).is_err());
    }

    #[test]
    fn what_is_great_or_deep_is_not() {
        assert_eq!(
            within(&"<g>".repeat(31).chars().chain("</g>".repeat(31).chars()).collect::<String>()),
            Ok(())
        );
        assert!(within(&"<g>".repeat(100_000)).is_err());
        assert!(within(&"<g/>".repeat(MAX_ELEMENTS)).is_err());
        assert!(within(&" ".repeat(MAX_BYTES)).is_err());
    }

    #[test]
    fn the_lists_are_in_order_and_hold_nothing_that_runs() {
        assert!(ATTRIBUTES.is_sorted());
        assert!(
            !ATTRIBUTES
                .iter()
                .any(|name| name.starts_with("on") || name.contains("href") || *name == "style")
        );
    }
}
