//! `platform/` holds no business word, neither in names nor in comments: it must serve a system that sells
//! nothing.

use crate::{Violation, Workspace};

/// The words, in the singular. "Order" is missing because ordering is the platform's business too.
const WORDS: [&str; 10] = [
    "catalogue",
    "stock",
    "customer",
    "shopfront",
    "invoice",
    "checkout",
    "payment",
    "shipment",
    "basket",
    "sku",
];

/// Words that count in exactly this form.
const EXACT: [&str; 2] = ["orders", "shipping"];

/// Business words in platform sources and manifests, whole or as parts of a name.
pub fn check(workspace: &Workspace) -> Vec<Violation> {
    let covered = |path: &str| {
        let mut parts = path.split('/');
        parts.next() == Some("platform") && matches!(parts.nth(1), Some("src" | "Cargo.toml"))
    };
    let files = workspace.files.iter().filter(|(path, _)| covered(path));
    files.flat_map(|(path, text)| in_file(path, text)).collect()
}

fn in_file(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if let Some(word) = business_word(text) {
            let what = format!("the platform says \"{word}\"");
            found.push(Violation::new(
                path,
                line,
                what,
                "use a neutral example, or move the code to the ring that owns it",
            ));
        }
    }
    found
}

fn business_word(line: &str) -> Option<String> {
    let names = line.split(|c: char| !c.is_ascii_alphabetic()).filter(|name| !name.is_empty());
    let words = names.flat_map(|name| camel_words(name).into_iter().chain([name]));
    words.map(str::to_ascii_lowercase).find(|word| is_business_word(word))
}

fn is_business_word(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    EXACT.contains(&word) || WORDS.contains(&word) || WORDS.contains(&singular)
}

/// `HTTPSkuList` → `HTTP`, `Sku`, `List`; a plural stays with its acronym: `NewSKUs` → `New`, `SKUs`.
fn camel_words(name: &str) -> Vec<&str> {
    let bytes = name.as_bytes();
    let upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    let plural = |at: usize| bytes.get(at + 1) == Some(&b's') && !lower(at + 2);
    let starts = |at: &usize| upper(*at) && (lower(at - 1) || (lower(at + 1) && !plural(*at)));
    let mut cuts = vec![0];
    cuts.extend((1..name.len()).filter(starts));
    cuts.push(name.len());
    cuts.windows(2).map(|pair| &name[pair[0]..pair[1]]).collect()
}
