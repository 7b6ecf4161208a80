//! Whether a chain is what was written.

use crate::digest::Digest;
use crate::encode::{genesis, hash};
use crate::record::{Head, Record};

/// What is wrong with a chain, and where. The first place is named: nothing is known of what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Records are gone, or were never there.
    #[error("record {sequence} is missing; the next one that is there is {found}")]
    Missing {
        /// The first one that is missing.
        sequence: i64,
        /// What stands in its place.
        found: i64,
    },
    /// A record stands where it cannot: it was put in, or exchanged with another.
    #[error("a record says that it is {found} where {sequence} stands")]
    Misplaced {
        /// Which one should stand here.
        sequence: i64,
        /// What it says it is.
        found: i64,
    },
    /// A record was changed after it was written.
    #[error("record {sequence} was changed: its hash is not that of what it says")]
    Changed {
        /// Which one.
        sequence: i64,
    },
    /// A record does not follow from the one before: that one was replaced, with a hash that fits it.
    #[error("record {sequence} does not follow the one before it: what stands there was replaced")]
    NotLinked {
        /// The one that does not follow.
        sequence: i64,
    },
    /// The chain says of itself that it is longer or shorter, or ends otherwise.
    #[error("the chain ends at record {found}, and its head says {records} records with another end")]
    Head {
        /// How many records the head tells of.
        records: i64,
        /// How many are there.
        found: i64,
    },
    /// The chain is shorter than it once was.
    #[error("the chain is cut off: it has {found} records, and once had {kept}")]
    CutOff {
        /// How many the kept head tells of.
        kept: i64,
        /// How many are there.
        found: i64,
    },
    /// The chain is whole in itself, and not the one that the kept head is from.
    #[error("the chain was written anew: its record {kept} is not the one that the kept head is from")]
    WrittenAnew {
        /// Where it was compared.
        kept: i64,
    },
    /// The kept head is that of another chain.
    #[error("the kept head is that of {kept}, not of {chain}")]
    OtherChain {
        /// Whose head it is.
        kept: String,
        /// Which chain it was held against.
        chain: String,
    },
}

/// Goes along a chain, record by record; keeps nothing of it but the last hash.
#[derive(Debug, Clone)]
pub struct Verifier {
    chain: String,
    records: i64,
    last: Digest,
    kept: Option<Head>,
}

impl Verifier {
    /// Begins before the first record of `chain`.
    #[must_use]
    pub fn new(chain: &str) -> Self {
        Self { chain: chain.to_owned(), records: 0, last: genesis(chain), kept: None }
    }

    /// Holds the chain against a head that was kept elsewhere, too.
    ///
    /// # Errors
    /// [`Broken::OtherChain`], and [`Broken::WrittenAnew`] for a head of no records that is not the beginning.
    pub fn against(mut self, kept: Head) -> Result<Self, Broken> {
        if kept.chain != self.chain {
            return Err(Broken::OtherChain { kept: kept.chain, chain: self.chain });
        }
        self.kept = Some(kept);
        self.compare()?;
        Ok(self)
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// What is wrong with it or with its place. Nothing follows.
    pub fn take(&mut self, record: &Record) -> Result<(), Broken> {
        let (sequence, found) = (self.records.saturating_add(1), record.sequence);
        if found > sequence {
            return Err(Broken::Missing { sequence, found });
        }
        if found < sequence {
            return Err(Broken::Misplaced { sequence, found });
        }
        if hash(&self.chain, record) != record.hash {
            return Err(Broken::Changed { sequence });
        }
        if record.previous != self.last {
            return Err(Broken::NotLinked { sequence });
        }
        (self.records, self.last) = (sequence, record.hash);
        self.compare()
    }

    fn compare(&self) -> Result<(), Broken> {
        match &self.kept {
            Some(kept) if kept.records == self.records && kept.hash != self.last => {
                Err(Broken::WrittenAnew { kept: kept.records })
            }
            _ => Ok(()),
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { chain: self.chain.clone(), records: self.records, hash: self.last }
    }

    /// Says that nothing follows, where the chain says of itself that it ends at `head`.
    ///
    /// # Errors
    /// [`Broken::Head`], and [`Broken::CutOff`] when it once was longer.
    pub fn finish(self, head: &Head) -> Result<Head, Broken> {
        let reached = self.head();
        if reached != *head {
            return Err(Broken::Head { records: head.records, found: reached.records });
        }
        match self.kept {
            Some(kept) if kept.records > reached.records => {
                Err(Broken::CutOff { kept: kept.records, found: reached.records })
            }
            _ => Ok(reached),
        }
    }
}
