//! A hash of short texts, the same in every process.
//!
//! It is no defence by itself: where somebody might choose what is hashed to get in the way of others, the limiter has
//! a keyed one.

const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xd1b5_4a32_d192_ed03;

/// Mixes two numbers: both halves of their product.
fn mix(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash of some bytes.
pub(crate) fn of(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = seed ^ FIRST ^ bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word), SECOND).wrapping_add(FIRST);
    }
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    finish(state ^ u64::from_le_bytes(last))
}

/// Spreads what little differs over all bits.
pub(crate) fn finish(state: u64) -> u64 {
    mix(mix(state ^ FIRST, SECOND) ^ FIRST, FIRST)
}

/// What two hashes weigh together: one product, since both are spread already.
pub(crate) fn weigh(one: u64, other: u64) -> u64 {
    mix(one ^ other, SECOND)
}
