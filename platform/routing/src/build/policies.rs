//! What comes of the policies of rules: what was the same before is the very same again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::effective::{EffectiveRoutePolicy, PolicyId};
use crate::policy::{Chain, RulePolicies};

/// Policies that hold together, the most specific first.
pub(super) type Names = Vec<PolicyId>;

/// What holds for rules, by the names of their policies.
#[derive(Debug, Default)]
pub(super) struct Policies {
    made: BTreeMap<Names, Made>,
    /// The number of this build.
    build: u64,
}

#[derive(Debug)]
struct Made {
    policy: Arc<EffectiveRoutePolicy>,
    /// Rules that have it.
    uses: usize,
    /// When it was last compared with what the documents say.
    build: u64,
}

impl Policies {
    /// Documents may be others now.
    pub(super) fn begin(&mut self) {
        self.build += 1;
    }

    /// What comes of a chain, for one more rule, and the names to give it back with.
    pub(super) fn take(
        &mut self,
        chain: &Chain,
        policies: &RulePolicies,
    ) -> (Names, Arc<EffectiveRoutePolicy>) {
        let (names, build) = (policies.names(chain), self.build);
        let known = self.made.get(&names).filter(|made| made.build == build);
        let policy = known.map(|made| made.policy.clone()).unwrap_or_else(|| {
            let made = policies.effective(chain);
            let before = self.made.get(&names).map(|before| &before.policy);
            before.filter(|before| ***before == made).cloned().unwrap_or_else(|| Arc::new(made))
        });
        let made = self.made.entry(names.clone());
        let made = made.or_insert_with(|| Made { policy: policy.clone(), uses: 0, build });
        (made.policy, made.build) = (policy.clone(), build);
        made.uses += 1;
        (names, policy)
    }

    pub(super) fn give_back(&mut self, names: &Names) {
        if let Some(made) = self.made.get_mut(names) {
            made.uses -= 1;
        }
    }

    /// Those that rules have; forgets the others.
    pub(super) fn all(&mut self) -> Vec<Arc<EffectiveRoutePolicy>> {
        self.made.retain(|_, made| made.uses > 0);
        self.made.values().map(|made| made.policy.clone()).collect()
    }
}
