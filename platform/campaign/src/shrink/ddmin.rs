//! Delta debugging: the fewest things with which something still fails.
//!
//! A. Zeller and R. Hildebrandt, Simplifying and Isolating Failure-Inducing Input, IEEE Transactions on Software
//! Engineering 28(2), 2002: the algorithm `ddmin`.

use std::collections::BTreeSet;

/// Leaves out of `all` what can be left out while `fails` says yes of what remains. When it ends by itself, nothing
/// more can be left out alone; `fails` says [`None`] when it may not be asked any more, and then that is the end.
///
/// `all` itself has to fail: it is not asked about.
pub(super) fn ddmin<T: Copy + Ord>(
    all: &BTreeSet<T>,
    fails: &mut dyn FnMut(&BTreeSet<T>) -> Option<bool>,
) -> BTreeSet<T> {
    let mut rest = all.clone();
    // With nothing at all it may fail as well: then what was chosen among does not matter.
    match fails(&BTreeSet::new()) {
        Some(false) => {}
        Some(true) => return BTreeSet::new(),
        None => return rest,
    }
    let mut parts = 2;
    while rest.len() >= 2 {
        match smaller(&rest, parts, fails) {
            Found::Part(part) => (rest, parts) = (part, 2),
            Found::Complement(complement) => (rest, parts) = (complement, (parts - 1).max(2)),
            Found::Nothing if parts < rest.len() => parts = (2 * parts).min(rest.len()),
            Found::Nothing | Found::Stopped => return rest,
        }
    }
    rest
}

enum Found<T> {
    /// One of the parts alone fails.
    Part(BTreeSet<T>),
    /// Everything without one of the parts fails.
    Complement(BTreeSet<T>),
    Nothing,
    Stopped,
}

fn smaller<T: Copy + Ord>(
    rest: &BTreeSet<T>,
    parts: usize,
    fails: &mut dyn FnMut(&BTreeSet<T>) -> Option<bool>,
) -> Found<T> {
    let list: Vec<T> = rest.iter().copied().collect();
    let chunks: Vec<BTreeSet<T>> =
        list.chunks(list.len().div_ceil(parts)).map(|chunk| chunk.iter().copied().collect()).collect();
    for chunk in &chunks {
        match fails(chunk) {
            Some(true) => return Found::Part(chunk.clone()),
            Some(false) => {}
            None => return Found::Stopped,
        }
    }
    // Of two parts each is the other's complement.
    for chunk in chunks.iter().filter(|_| chunks.len() > 2) {
        let complement: BTreeSet<T> = rest.difference(chunk).copied().collect();
        match fails(&complement) {
            Some(true) => return Found::Complement(complement),
            Some(false) => {}
            None => return Found::Stopped,
        }
    }
    Found::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of 1 to `count` when those in `needed` have to be there, and how often was asked.
    fn left(count: u32, needed: &[u32], most: u32) -> (BTreeSet<u32>, u32) {
        let mut asked = 0;
        let rest = ddmin(&(1..=count).collect(), &mut |some| {
            asked += 1;
            (asked <= most).then(|| needed.iter().all(|number| some.contains(number)))
        });
        (rest, asked)
    }

    #[test]
    fn of_many_those_are_left_that_matter() {
        for needed in [&[][..], &[1], &[60], &[7, 55], &[1, 2, 59, 60], &[30, 31, 32]] {
            assert_eq!(left(60, needed, 1_000).0, needed.iter().copied().collect());
        }
        assert_eq!(left(1, &[1], 1_000).0, BTreeSet::from([1]));
        let all: Vec<u32> = (1..=16).collect();
        assert_eq!(left(16, &all, 1_000).0.len(), 16);
    }

    #[test]
    fn two_of_sixty_are_found_in_a_few_dozen_questions() {
        let asked = left(60, &[7, 55], 1_000).1;
        assert!(asked < 80, "{asked}");
    }

    #[test]
    fn it_ends_when_it_may_not_ask_any_more_and_what_is_left_still_fails() {
        for most in 0..40 {
            let (rest, asked) = left(60, &[7, 55], most);
            assert!(asked <= most + 1, "{asked} of {most}");
            assert!(rest.contains(&7) && rest.contains(&55), "{rest:?}");
        }
    }

    #[test]
    fn nothing_that_is_left_can_be_left_out_alone() {
        // Fails when there are at least three even ones, or 9 with 11.
        let fails = |some: &BTreeSet<u32>| {
            some.iter().filter(|number| *number % 2 == 0).count() >= 3
                || (some.contains(&9) && some.contains(&11))
        };
        let rest = ddmin(&(1..=40).collect(), &mut |some| Some(fails(some)));
        assert!(fails(&rest));
        for number in &rest {
            let mut without = rest.clone();
            without.remove(number);
            assert!(!fails(&without), "{number} of {rest:?} is not needed");
        }
    }
}
