//! Divides requests by weight.

/// Which of several weights a number falls on that was drawn evenly from 0 up to the sum of them; none when all are 0.
///
/// Each weight has as many numbers as it says, so that over many requests each gets its share.
#[must_use]
pub fn fallen_on(weights: impl Iterator<Item = u32>, drawn: u64) -> Option<usize> {
    let mut left = drawn;
    for (index, weight) in weights.enumerate() {
        match left.checked_sub(u64::from(weight)) {
            Some(rest) => left = rest,
            None => return Some(index),
        }
    }
    None
}

/// The sum of weights.
#[must_use]
pub fn sum(weights: impl Iterator<Item = u32>) -> u64 {
    weights.map(u64::from).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_falls_on_no_weight() {
        assert_eq!(fallen_on([].into_iter(), 0), None);
        assert_eq!(fallen_on([0, 0].into_iter(), 0), None);
        assert_eq!(fallen_on([0, 1].into_iter(), 0), Some(1));
    }

    proptest! {
        #[test]
        fn each_weight_has_its_share_of_the_numbers(weights in prop::collection::vec(0_u32..6, 1..6)) {
            let mut counts = vec![0_u32; weights.len()];
            for drawn in 0..sum(weights.iter().copied()) {
                counts[fallen_on(weights.iter().copied(), drawn).unwrap()] += 1;
            }
            prop_assert_eq!(counts, weights);
        }
    }
}
