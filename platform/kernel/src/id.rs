//! Ids: UUID version 7 (RFC 9562), made from a [`Clock`](crate::Clock) and an [`Entropy`](crate::Entropy).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::text::written_as_text;

/// A 128-bit id, written as a hyphenated lower-case UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Uuid);

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a UUID such as 01980000-0000-7000-8000-000000000001")]
pub struct InvalidId;

impl Id {
    /// The id with these sixteen bytes, in network order.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The id with this number; for fixed ids in seeds and tests.
    #[must_use]
    pub const fn from_u128(number: u128) -> Self {
        Self(Uuid::from_u128(number))
    }

    /// The sixteen bytes, in network order.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// A version 7 id: 48 bits of milliseconds, then random bits with version and variant set.
    pub(crate) fn version_7(milliseconds: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
    }
}

impl FromStr for Id {
    type Err = InvalidId;

    /// Accepts the hyphenated form only, so that one id has one spelling.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(InvalidId);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

written_as_text!(Id);

/// An [`Id`] of one kind of object, so that two kinds cannot be mistaken for each other.
///
/// `T` is a tag: an empty type that names the kind.
pub struct TypedId<T>(Id, PhantomData<fn() -> T>);

impl<T> TypedId<T> {
    /// The typed form of `id`.
    #[must_use]
    pub const fn new(id: Id) -> Self {
        Self(id, PhantomData)
    }

    /// The bare id.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.0
    }
}

impl<T> Clone for TypedId<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TypedId<T> {}

impl<T> PartialEq for TypedId<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for TypedId<T> {}

impl<T> PartialOrd for TypedId<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for TypedId<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for TypedId<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Display for TypedId<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> fmt::Debug for TypedId<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<T> FromStr for TypedId<T> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        text.parse().map(Self::new)
    }
}

impl<T> From<Id> for TypedId<T> {
    fn from(id: Id) -> Self {
        Self::new(id)
    }
}

impl<T> Serialize for TypedId<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for TypedId<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Id::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_has_one_spelling() {
        let id = Id::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
        assert_eq!(id.to_string(), "01980000-0000-7000-8000-000000000001");
        assert_eq!(id.to_string().parse::<Id>(), Ok(id));
        for other in ["", "01980000000070008000000000000001", "{01980000-0000-7000-8000-000000000001}"] {
            assert_eq!(other.parse::<Id>(), Err(InvalidId), "{other}");
        }
    }

    #[test]
    fn json_round_trip_also_from_owned_text() {
        let id = Id::from_u128(7);
        let value = serde_json::to_value(id).unwrap();
        assert_eq!(serde_json::from_value::<Id>(value).unwrap(), id);
    }
}
