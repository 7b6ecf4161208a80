//! Partitions: a number in the routing key, so that others can bind to a part of the events and keep each key whole.

/// How many partitions there are. Part of the promise: it never changes.
pub const PARTITIONS: u64 = 16;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The partition of a `partitionkey`, 0 to 15.
///
/// It is FNV-1a with 64 bits over the key's UTF-8 bytes, folded once (the upper half exclusive-or the lower half), its
/// last four bits. FNV-1a is a line of code in every language; without the fold the last four bits would depend on the
/// last four of each byte only.
///
/// ```
/// # use tradewind_amqp::partition;
/// assert_eq!(partition("lamp-1"), 2);
/// ```
#[must_use]
pub fn partition(key: &str) -> u64 {
    let hash = key.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    ((hash >> 32) ^ hash) % PARTITIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Foreign consumers compute the same; a change of these values breaks them.
    #[test]
    fn the_hash_is_the_one_that_is_promised() {
        for (key, expected) in GOLDEN {
            assert_eq!(partition(key), *expected, "{key}");
        }
    }

    #[test]
    fn keys_that_differ_little_are_spread() {
        let mut counts = [0_u32; 16];
        for number in 0..1_600 {
            let key = format!("0190b5c0-7c1e-7000-8000-{number:012x}");
            counts[usize::try_from(partition(&key)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (60..=140).contains(count)), "{counts:?}");
    }

    const GOLDEN: &[(&str, u64)] = &[
        ("", 1),
        ("a", 0),
        ("foobar", 9),
        ("lamp-1", 2),
        ("lamp-2", 11),
        ("lamp-10", 5),
        ("0190b5c0-7c1e-7000-8000-000000000001", 13),
        ("Grüße", 9),
        ("日本", 4),
    ];
}
