//! Patterns of topics.

/// Whether `pattern` fits `key`. Both are words between dots; in a pattern `*` stands for exactly one word and `#` for
/// any number of words, none included. An empty key has no words, as RabbitMQ has it.
#[must_use]
pub fn matches(pattern: &str, key: &str) -> bool {
    let key: Vec<&str> = words(key).collect();
    // Which beginnings of the key the pattern read so far fits, by their number of words.
    let mut fits = vec![false; key.len() + 1];
    fits[0] = true;
    for word in words(pattern) {
        if word == "#" {
            let first = fits.iter().position(|fit| *fit).unwrap_or(fits.len());
            fits[first..].fill(true);
            continue;
        }
        for end in (1..fits.len()).rev() {
            fits[end] = fits[end - 1] && (word == "*" || word == key[end - 1]);
        }
        fits[0] = false;
    }
    fits.last().copied().unwrap_or_default()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('.').filter(move |_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Word by word, as the definition reads.
    fn model(pattern: &[String], key: &[String]) -> bool {
        match (pattern.split_first(), key.split_first()) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some((word, rest)), _) if word == "#" => {
                (0..=key.len()).any(|passed| model(rest, &key[passed..]))
            }
            (Some(_), None) => false,
            (Some((word, rest)), Some((first, others))) => {
                (word == "*" || word == first) && model(rest, others)
            }
        }
    }

    fn list(words: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(prop::sample::select(words).prop_map(str::to_owned), 0..7)
    }

    #[test]
    fn stars_and_hashes_stand_for_words() {
        for (pattern, key) in [("#", ""), ("#", "a.b"), ("a.*", "a.b"), ("a.#", "a"), ("*.#.c", "a.b.b.c")] {
            assert!(matches(pattern, key), "{pattern} {key}");
        }
        for (pattern, key) in [("*", ""), ("*", "a.b"), ("a.*", "a"), ("a", "ab"), ("a.#.b", "a"), ("", "a")]
        {
            assert!(!matches(pattern, key), "{pattern} {key}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_model(pattern in list(&["a", "b", "*", "#"]), key in list(&["a", "b", "c"])) {
            prop_assert_eq!(matches(&pattern.join("."), &key.join(".")), model(&pattern, &key));
        }

        #[test]
        fn a_pattern_fits_what_it_was_made_from(
            words in prop::collection::vec((0..3_u8, "[a-c]{1,2}", prop::collection::vec("[a-c]", 0..3)), 1..6),
        ) {
            let (mut pattern, mut key) = (Vec::new(), Vec::new());
            for (kind, word, many) in words {
                match kind {
                    0 => (pattern.push(word.clone()), key.push(word)),
                    1 => (pattern.push("*".to_owned()), key.push(word)),
                    _ => (pattern.push("#".to_owned()), key.extend(many)),
                };
            }
            prop_assert!(matches(&pattern.join("."), &key.join(".")));
        }
    }
}
