//! The keys that sign tokens, and those with which what is kept of people elsewhere is sealed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tradewind_accounts_contract::Password;
use tradewind_db::Db;
use tradewind_kernel::{Clock, Context, Entropy, Id, Secret};
use tradewind_problem::{Problem, UNAVAILABLE};
use tradewind_token::{KeySet, Sealer, SigningKey};

use crate::actions::rotate_keys::{Fresh, RotateKeys};
use crate::domain::rotation::{Policy, Times, rest};
use crate::store::keys::{self, Key};

/// The keys, sealed in the database, and what opens them.
pub(crate) struct Keyring {
    pub(crate) sealer: Sealer,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) policy: Policy,
}

impl Keyring {
    /// The key that signs now. Where there is none, as at the first start, it is made.
    ///
    /// # Errors
    /// That the database does not answer.
    pub(crate) async fn signing(&self, context: &Context) -> Result<SigningKey, Problem> {
        if let Some(key) = self.current().await? {
            return Ok(key);
        }
        self.rotate(context).await?;
        self.current().await?.ok_or_else(|| Problem::new(&UNAVAILABLE).operator("no key signs"))
    }

    async fn current(&self) -> Result<Option<SigningKey>, Problem> {
        let now = self.clock.now();
        let mut signing: Vec<Key> = keys::all(&self.db).await?;
        signing.retain(|key| key.times.signs(now));
        signing.sort_by_key(|key| key.times.signs_until);
        Ok(signing.iter().rev().find_map(|key| self.opened(key)))
    }

    fn opened(&self, key: &Key) -> Option<SigningKey> {
        SigningKey::open(&key.id, &key.sealed, &self.sealer).ok()
    }

    /// Makes the keys that are missing, removes those that nobody needs, and says how long nothing has to be done.
    ///
    /// # Errors
    /// That the database does not answer.
    pub(crate) async fn rotate(&self, context: &Context) -> Result<std::time::Duration, Problem> {
        let (there, now) = (keys::all(&self.db).await?, self.clock.now());
        let strange = there.iter().filter(|key| now < key.times.signs_until && self.opened(key).is_none());
        let unopened: Vec<String> = strange.map(|key| key.id.clone()).collect();
        if !unopened.is_empty() {
            tracing::warn!(
                keys = unopened.len(),
                "keys were sealed with another secret, and sign nothing here"
            );
        }
        let fresh = [self.fresh()?, self.fresh()?];
        self.db.write(context, RotateKeys { policy: self.policy, fresh, unopened }).await?;
        let there: Vec<Times> = keys::all(&self.db).await?.iter().map(|key| key.times).collect();
        Ok(rest(&there, self.clock.now(), self.policy))
    }

    fn fresh(&self) -> Result<Fresh, Problem> {
        let key =
            SigningKey::generate(&self.entropy).ok_or_else(|| Problem::internal("no key could be made"))?;
        let public = KeySet::new([key.public().clone()]).to_json().to_string();
        let sealed = key.sealed(&self.sealer, &self.entropy).map_err(Problem::internal)?;
        Ok(Fresh { id: key.public().id().to_owned(), public, sealed })
    }

    /// The set of all keys by which tokens may have to be verified.
    ///
    /// # Errors
    /// That the database does not answer.
    pub(crate) async fn shown(&self) -> Result<Value, Problem> {
        let now = self.clock.now();
        let there = keys::all(&self.db).await?;
        let shown = there.iter().filter(|key| now < key.times.shown_until);
        let sets: Result<Vec<Value>, _> = shown.map(|key| serde_json::from_str(&key.public)).collect();
        let sets = sets.map_err(Problem::internal)?;
        let keys: Vec<Value> =
            sets.iter().filter_map(|set| set["keys"].as_array()).flatten().cloned().collect();
        Ok(json!({ "keys": keys }))
    }

    /// A new key for what is kept of a person elsewhere, sealed.
    ///
    /// # Errors
    /// That the cryptographic library refuses to work.
    pub(crate) fn new_person_key(&self, person: Id) -> Result<Vec<u8>, Problem> {
        let mut key = [0; 32];
        self.entropy.fill(&mut key);
        self.sealer.seal(&label(person), &key, &self.entropy).map_err(Problem::internal)
    }

    /// The key of a person as others may use it; nothing when it was sealed with another secret, and is lost with that.
    pub(crate) fn person_key(&self, person: Id, sealed: &[u8]) -> Option<Password> {
        match self.sealer.open(&label(person), sealed) {
            Ok(key) => Some(Password::new(URL_SAFE_NO_PAD.encode(key))),
            Err(error) => {
                tracing::warn!(%person, %error, "the key of a person was sealed with another secret");
                None
            }
        }
    }
}

fn label(person: Id) -> String {
    format!("person {person}")
}

/// What the keys are sealed with: a secret of the settings, or the one of the data folder.
///
/// # Errors
/// That the cryptographic library refuses to work.
pub(crate) fn sealer(settings: &Secret, folder: &Secret) -> Result<Sealer, String> {
    let secret = if settings.is_empty() { folder } else { settings };
    Sealer::new(secret).ok_or_else(|| "the cryptographic library refuses to work".to_owned())
}
