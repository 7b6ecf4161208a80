//! Passwords: hashed with Argon2id (RFC 9106), on threads that have nothing else to do, and only so many at once.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq;
use tradewind_accounts_contract::Password;
use tradewind_chassis::Blocking;
use tradewind_kernel::Entropy;
use tradewind_problem::Problem;

/// The length of salts, in bytes (RFC 9106 §3.1).
const SALT: usize = 16;

/// The length of hashes, in bytes.
const LENGTH: usize = 32;

/// How long somebody waits for a turn.
const PATIENCE: Duration = Duration::from_secs(4);

/// How costly it is to try a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Memory in KiB.
    pub(crate) memory_kib: u32,
    /// Passes over it.
    pub(crate) passes: u32,
}

/// Hashes passwords and compares them.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    pub(crate) blocking: Blocking,
    pub(crate) cost: Cost,
    pub(crate) entropy: Entropy,
    pub(crate) memory: Memory,
}

/// Memory that hashes are made in, kept for the next one: as much of it as hashes are made at once. An allocator keeps
/// what each thread gave back for this thread, and threads change, so that it would come to several times as much.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<Vec<Block>>>>);

impl Memory {
    /// `None` when there is not so much memory.
    fn with<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> Option<T> {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = free().pop().unwrap_or_default();
        memory.try_reserve_exact(blocks.saturating_sub(memory.len())).ok()?;
        // Passwords that were kept at another cost are rare, and memory that grew for one of them is given back.
        memory.resize(blocks, Block::new());
        memory.shrink_to_fit();
        let done = work(&mut memory);
        // Nothing of a password outlasts its hash here.
        memory.fill(Block::new());
        free().push(memory);
        Some(done)
    }
}

impl fmt::Debug for Memory {
    /// What passwords left there is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

impl Passwords {
    /// What may be kept of a password: a text in the form of the competition that Argon2 won, with cost and salt.
    ///
    /// # Errors
    /// That too much is under way.
    pub(crate) async fn hash(&self, password: &Password) -> Result<String, Problem> {
        let mut salt = [0; SALT];
        self.entropy.fill(&mut salt);
        let (password, cost, memory) = (password.clone(), self.cost, self.memory.clone());
        let kept = self.blocking.run(PATIENCE, move || {
            hashed(&memory, &password, &salt, cost).map(|hash| Kept {
                cost,
                salt: salt.to_vec(),
                hash: hash.to_vec(),
            })
        });
        let kept = kept.await?.ok_or_else(|| Problem::internal("a password could not be hashed"))?;
        Ok(kept.to_text())
    }

    /// Whether the password is the one that was kept. Where nothing is kept it takes as long, so that nobody learns from
    /// the time who is known.
    ///
    /// # Errors
    /// That too much is under way.
    pub(crate) async fn verify(&self, password: &Password, kept: Option<&str>) -> Result<bool, Problem> {
        let kept = kept.and_then(Kept::parse);
        let is_known = kept.is_some();
        let kept =
            kept.unwrap_or_else(|| Kept { cost: self.cost, salt: vec![0; SALT], hash: vec![0; LENGTH] });
        let (password, memory) = (password.clone(), self.memory.clone());
        let is_same = self.blocking.run(PATIENCE, move || {
            let hash = hashed(&memory, &password, &kept.salt, kept.cost);
            hash.is_some_and(|hash| hash.ct_eq(kept.hash.as_slice()).into())
        });
        Ok(is_same.await? && is_known)
    }
}

/// `None` when the parameters are none, or there is no memory.
fn hashed(memory: &Memory, password: &Password, salt: &[u8], cost: Cost) -> Option<[u8; LENGTH]> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(LENGTH)).ok()?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; LENGTH];
    let made = memory.with(argon.params().block_count(), |blocks| {
        argon.hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut hash, blocks)
    });
    made?.ok()?;
    Some(hash)
}

/// What is kept of a password.
struct Kept {
    cost: Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Kept {
    fn to_text(&self) -> String {
        let Cost { memory_kib, passes } = self.cost;
        let (salt, hash) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.hash));
        format!("$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${hash}")
    }

    fn parse(text: &str) -> Option<Self> {
        let (params, rest) = text.strip_prefix("$argon2id$v=19$m=")?.split_once(",p=1$")?;
        let (memory, passes) = params.split_once(",t=")?;
        let (salt, hash) = rest.split_once('$')?;
        let cost = Cost { memory_kib: memory.parse().ok()?, passes: passes.parse().ok()? };
        Some(Self {
            cost,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            hash: STANDARD_NO_PAD.decode(hash).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 8, passes: 1 };

    #[test]
    fn it_is_argon2id_as_others_know_it() {
        // Made with the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32.
        let cost = Cost { memory_kib: 65_536, passes: 2 };
        let hash = hashed(&Memory::default(), &Password::new("password"), b"somesalt", cost).unwrap();
        let text = Kept { cost, salt: b"somesalt".to_vec(), hash: hash.to_vec() }.to_text();
        let known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert_eq!(text, known);
    }

    #[test]
    fn what_is_kept_is_read_again_and_nothing_else() {
        let kept = Kept { cost: CHEAP, salt: vec![1; SALT], hash: vec![2; LENGTH] };
        let text = kept.to_text();
        let again = Kept::parse(&text).unwrap();
        assert_eq!((again.cost, again.salt, again.hash), (kept.cost, kept.salt, kept.hash));
        for wrong in ["", "$argon2i$v=19$m=8,t=1,p=1$AA$AA", "$argon2id$v=19$m=8,t=1,p=1$AA", &text[1..]] {
            assert!(Kept::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn memory_is_used_again_whatever_was_left_in_it() {
        let memory = Memory::default();
        let costs = [CHEAP, Cost { memory_kib: 64, passes: 1 }, CHEAP];
        for cost in costs {
            let again = hashed(&memory, &Password::new("one"), &[1; SALT], cost);
            assert_eq!(again, hashed(&Memory::default(), &Password::new("one"), &[1; SALT], cost));
            let kept = memory.0.lock().unwrap();
            assert_eq!(kept.len(), 1, "one at a time needs memory for one");
            assert_eq!(kept[0].capacity(), kept[0].len());
            assert!(kept[0].iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        }
    }

    #[test]
    fn another_password_salt_or_cost_gives_another_hash() {
        let one = hashed(&Memory::default(), &Password::new("one"), &[1; SALT], CHEAP).unwrap();
        assert_eq!(hashed(&Memory::default(), &Password::new("one"), &[1; SALT], CHEAP).unwrap(), one);
        assert_ne!(hashed(&Memory::default(), &Password::new("two"), &[1; SALT], CHEAP).unwrap(), one);
        assert_ne!(hashed(&Memory::default(), &Password::new("one"), &[2; SALT], CHEAP).unwrap(), one);
        assert_ne!(
            hashed(&Memory::default(), &Password::new("one"), &[1; SALT], Cost { passes: 2, ..CHEAP })
                .unwrap(),
            one
        );
    }
}
