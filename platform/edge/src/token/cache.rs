//! Tokens that were verified, so that a signature is verified once.

use std::sync::Arc;

use crate::hash;
use crate::token::claims::Claims;
use crate::token::key_set::KeySet;
use crate::token::refusal::Refusal;
use crate::token::verify::{Profile, verify};

/// A token may stand in one of so many places.
const WAYS: usize = 4;

/// So much of the end of a token is hashed. It is of the signature, which nobody who shows a token chooses.
const HASHED: usize = 16;

/// The tokens of one issuer and profile that were accepted, for one thread.
///
/// Bounded: a fixed number of places, four to a row; in a full row the one goes that expired, or else the one that was
/// not shown for the longest time. A token is compared as a whole, so that no collision lets anybody in. What is
/// refused is not kept: whoever makes up tokens would fill the cache with them.
#[derive(Debug)]
pub struct VerifiedCache {
    /// The hashes of the tokens, so that of a row only the one is touched that is looked for.
    tags: Vec<[u64; WAYS]>,
    places: Vec<[Option<Entry>; WAYS]>,
    seed: u64,
    generation: u64,
    shown: u64,
}

#[derive(Debug)]
struct Entry {
    token: Box<str>,
    from: u64,
    until: u64,
    shown: u64,
    claims: Arc<Claims>,
}

impl VerifiedCache {
    /// A cache of at least so many tokens; `seed` chooses where each stands.
    #[must_use]
    pub fn new(tokens: usize, seed: u64) -> Self {
        let rows = tokens.div_ceil(WAYS).clamp(1, 1 << 20).next_power_of_two();
        let places = (0..rows).map(|_| [const { None }; WAYS]).collect();
        Self { tags: vec![[0; WAYS]; rows], places, seed, generation: 0, shown: 0 }
    }

    /// Judges a token as [`verify`] does, and remembers it.
    ///
    /// `generation` is another number for each set of keys, and for whatever else makes an old verdict void, such as
    /// a revocation or a change of the profile: all that is remembered goes with it.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(
        &mut self,
        token: &str,
        (keys, generation): (&KeySet, u64),
        profile: &Profile,
        now: u64,
    ) -> Result<Arc<Claims>, Refusal> {
        if let Some(claims) = self.get(token, generation, now) {
            return Ok(Arc::clone(claims));
        }
        let claims = Arc::new(verify(token, keys, profile, now)?);
        let (from, until) = (profile.valid_from(&claims), profile.valid_until(&claims));
        self.keep(
            Entry { token: token.into(), from, until, shown: self.shown, claims: Arc::clone(&claims) },
            now,
        );
        Ok(claims)
    }

    /// What is remembered of a token, if it is valid now.
    pub fn get(&mut self, token: &str, generation: u64, now: u64) -> Option<&Arc<Claims>> {
        if generation != self.generation {
            self.clear();
            self.generation = generation;
        }
        self.shown += 1;
        let shown = self.shown;
        let (row, tag) = self.row(token);
        let tags = self.tags.get(row)?;
        let places = self.places.get_mut(row)?.iter_mut();
        let mut tagged =
            places.zip(tags).filter(|(_, each)| **each == tag).filter_map(|(place, _)| place.as_mut());
        let entry = tagged.find(|entry| *entry.token == *token)?;
        entry.shown = shown;
        (entry.from <= now && now < entry.until).then_some(&entry.claims)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.places.fill_with(|| [const { None }; WAYS]);
    }

    /// How many tokens are remembered, valid or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.iter().flatten().flatten().count()
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.iter().flatten().all(Option::is_none)
    }

    fn keep(&mut self, entry: Entry, now: u64) {
        let (row, tag) = self.row(&entry.token);
        let value = |place: &Option<Entry>| match place {
            Some(old) if old.token == entry.token => 0,
            None => 1,
            Some(old) if old.until <= now => 2,
            Some(old) => 2 + old.shown,
        };
        let Some((tags, places)) = self.tags.get_mut(row).zip(self.places.get_mut(row)) else { return };
        if let Some((place, each)) = places.iter_mut().zip(tags).min_by_key(|(place, _)| value(place)) {
            (*place, *each) = (Some(entry), tag);
        }
    }

    /// The row of a token, and what it is told by there.
    fn row(&self, token: &str) -> (usize, u64) {
        let bytes = token.as_bytes();
        let end = bytes.last_chunk::<HASHED>().map_or(bytes, |end| end.as_slice());
        let hash = hash::of(self.seed, end);
        // The rows are a power of two.
        (hash as usize & (self.tags.len() - 1), hash)
    }
}
