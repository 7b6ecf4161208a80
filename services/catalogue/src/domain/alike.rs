//! Which known word somebody meant who mistyped it.

/// The best of `known` for `typed`: the one with the fewest mistakes, if there are few enough.
pub(crate) fn meant<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let allowed = allowed(typed.chars().count());
    let judged = known.into_iter().map(|word| (distance(typed, word), word));
    let best = judged.filter(|(mistakes, _)| *mistakes <= allowed).min()?;
    Some(best.1.to_owned())
}

/// How many mistakes a word of this length may have.
fn allowed(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// How many letters have to be left out, put in, exchanged, or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, left) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, right) in to.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let exchanged = at(&above, column) + usize::from(left != right);
            let mut least = exchanged.min(at(&above, column + 1) + 1).min(at(&line, column) + 1);
            let is_swapped =
                row > 0 && column > 0 && from.get(row - 1) == Some(right) && to.get(column - 1) == Some(left);
            if is_swapped {
                least = least.min(at(&before, column - 1) + 1);
            }
            line.push(least);
        }
        before = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_word_with_the_fewest_mistakes_is_meant() {
        let known = ["anvil", "garden", "sprocket", "hammer", "hummer"];
        for (typed, word) in
            [("anvli", "anvil"), ("gardn", "garden"), ("sporckte", "sprocket"), ("hamer", "hammer")]
        {
            assert_eq!(meant(typed, known).as_deref(), Some(word), "{typed}");
        }
        for typed in ["an", "xyzzy", "completely"] {
            assert_eq!(meant(typed, known), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn one_mistake_is_one_mistake(word in "[a-z]{6,12}", at in 0_usize..6, letter in proptest::char::range('a', 'z')) {
            let mut chars: Vec<char> = word.chars().collect();
            chars[at] = letter;
            let exchanged: String = chars.iter().collect();
            prop_assert!(distance(&word, &exchanged) <= 1);
            chars.remove(at);
            let shorter: String = chars.iter().collect();
            prop_assert_eq!(distance(&word, &shorter), 1);
            prop_assert_eq!(distance(&shorter, &word), 1);
        }
    }
}
