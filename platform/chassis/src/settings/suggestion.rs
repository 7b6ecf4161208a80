//! "Did you mean": the known name that is nearest to an unknown one.

/// How many edits a slip of the finger makes at most.
const LIMIT: usize = 2;

/// The nearest of `known`; nothing when none is near.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = |candidate: &&'a str| {
        let distance = distance(name, candidate);
        // Half of a short name is a different name, not a slip.
        let length = name.chars().count().max(candidate.chars().count());
        (distance <= LIMIT && distance * 2 <= length).then_some((distance, *candidate))
    };
    let candidates = known.iter().filter_map(near);
    candidates.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Levenshtein's distance: how many characters must be inserted, removed or replaced.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, a) in from.chars().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (column, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in [
            ("", "", 0),
            ("lamp", "", 4),
            ("brigtness", "brightness", 1),
            ("lmaps", "lamps", 2),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
            assert_eq!(distance(to, from), expected, "{to} {from}");
        }
    }

    #[test]
    fn suggests_the_nearest_within_two_edits() {
        let known = ["brightness", "colour", "on"];
        assert_eq!(nearest("brigtness", &known), Some("brightness"));
        assert_eq!(nearest("color", &known), Some("colour"));
        assert_eq!(nearest("shade", &known), None);
        assert_eq!(nearest("up", &known), None);
    }
}
