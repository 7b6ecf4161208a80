//! Sets of endpoints, by the places that the balancer gives them.

/// A set of places of endpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Places(u64);

impl Places {
    /// No place.
    pub const NONE: Self = Self(0);

    /// Every place.
    pub const ALL: Self = Self(u64::MAX);

    /// With one place more.
    #[must_use]
    pub fn with(self, place: usize) -> Self {
        Self(self.0 | bit(place))
    }

    /// Without a place.
    #[must_use]
    pub fn without(self, place: usize) -> Self {
        Self(self.0 & !bit(place))
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Without those that are in another one.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a place is in it.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        self.0 & bit(place) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The places, the first one first.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let place = (rest != 0).then(|| rest.trailing_zeros() as usize);
            rest &= rest.wrapping_sub(1);
            place
        })
    }

    /// The place with so many before it: in steps of halves, by counting what is in the lower one.
    pub(crate) fn nth(self, before: u32) -> Option<usize> {
        let (mut rest, mut before, mut place, mut width) = (self.0, before, 0, 64);
        while width > 1 {
            width /= 2;
            let lower = (rest & ((1 << width) - 1)).count_ones();
            if before >= lower {
                before -= lower;
                rest >>= width;
                place += width;
            }
        }
        (before == 0 && rest & 1 == 1).then_some(place)
    }
}

fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}
