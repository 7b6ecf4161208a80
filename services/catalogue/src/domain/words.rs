//! Words, as they are kept and looked for.
//!
//! What a word is, is decided here and not by an engine, so that both find the same: letters and digits belong
//! together, accents and capital letters make no difference.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The most characters of a word that count.
const MAX_LENGTH: usize = 40;

/// The most words of a product that count.
const MAX_WORDS: usize = 1_000;

/// The most words of a search that count.
pub(crate) const MAX_SOUGHT: usize = 10;

/// Words that are shorter are neither learnt nor corrected: too many others are like them.
const MIN_LEARNT: usize = 3;

/// The words of a text, folded, in its sequence.
pub(crate) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let parts = folded.split(|each: char| !each.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(|part| part.chars().take(MAX_LENGTH).collect()).take(MAX_WORDS).collect()
}

/// Small letters without accents.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // A letter as a whole first: some have no accent that could be taken off.
    for plain in text.nfkd().filter(|each| !is_combining_mark(*each)) {
        for small in plain.to_lowercase().filter(|each| !is_combining_mark(*each)) {
            match spelt_out(small) {
                Some(letters) => folded.push_str(letters),
                None => folded.push(small),
            }
        }
    }
    folded
}

/// Letters that are no letter with an accent, and are written with others where they are not known.
fn spelt_out(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

/// A text by which names are sorted.
pub(crate) fn sort_key(name: &str) -> String {
    words(name).join(" ").chars().take(80).collect()
}

/// A name as a part of an address: words joined by hyphens.
pub(crate) fn slug(name: &str) -> String {
    let plain = |word: &String| word.chars().all(|each| each.is_ascii_alphanumeric());
    let joined = words(name).into_iter().filter(plain).collect::<Vec<_>>().join("-");
    joined.chars().take(80).collect::<String>().trim_end_matches('-').to_owned()
}

/// A word in letters and digits that no engine takes apart or changes: it begins with a letter, and other letters than
/// those from a to z are written as numbers of the same length, so that what a word begins with stays what it begins with.
pub(crate) fn kept(word: &str) -> String {
    let mut kept = String::from("w");
    for each in word.chars() {
        if each.is_ascii_alphanumeric() {
            kept.push(each);
        } else {
            kept.push_str(&format!("zz{:06x}", u32::from(each)));
        }
    }
    kept
}

/// Words to be kept, as one text.
pub(crate) fn kept_text(words: &[String]) -> String {
    words.iter().map(|word| kept(word)).collect::<Vec<_>>().join(" ")
}

/// Whether a word is one that is learnt, so that others can be corrected to it: long enough, and letters alone.
pub(crate) fn is_learnt(word: &str) -> bool {
    word.chars().count() >= MIN_LEARNT && word.chars().all(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_and_capitals_make_no_difference() {
        assert_eq!(words("Große CRÈME-brûlée, Łódź!"), ["grosse", "creme", "brulee", "lodz"]);
        assert_eq!(words("ÉTÉ 12V/3.5mm"), ["ete", "12v", "3", "5mm"]);
        assert_eq!(words("e\u{301}te\u{301}"), ["ete"]);
        assert!(words(" '\"*():^-&|!<> ").is_empty());
    }

    #[test]
    fn addresses_are_plain() {
        assert_eq!(slug("Large Anvil, für Große"), "large-anvil-fur-grosse");
        assert_eq!(slug("日本"), "");
    }

    proptest! {
        #[test]
        fn kept_words_are_letters_and_digits(text in "\\PC{0,60}") {
            for word in words(&text) {
                let kept = kept(&word);
                prop_assert!(kept.starts_with('w') && kept.chars().all(|each| each.is_ascii_alphanumeric()));
                prop_assert!(word.chars().count() <= MAX_LENGTH);
            }
        }

        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,60}") {
            let once = words(&text);
            prop_assert_eq!(words(&once.join(" ")), once);
        }

        #[test]
        fn the_beginning_of_a_word_is_kept_as_its_beginning(word in "\\p{L}{2,20}") {
            let word = words(&word).concat();
            let beginning: String = word.chars().take(word.chars().count() / 2).collect();
            prop_assert!(kept(&word).starts_with(&kept(&beginning)));
        }
    }
}
