//! Which firings are being worked on. Only one at a time per job, even if the job is replaced meanwhile.

use std::collections::HashMap;

use crate::Claim;

/// All firings that are being worked on. What a transaction changes here is undone if it fails.
#[derive(Debug, Default)]
pub(super) struct Claims {
    by_owner: HashMap<String, HashMap<String, i64>>,
    added: Vec<Claim>,
    removed: Vec<Claim>,
    last_id: i64,
}

impl Claims {
    pub(super) fn is_claimed(&self, owner: &str, name: &str) -> bool {
        self.id(owner, name).is_some()
    }

    /// Whether the firing has not been settled yet.
    pub(super) fn holds(&self, claim: &Claim) -> bool {
        self.id(&claim.owner, &claim.name) == Some(claim.id)
    }

    pub(super) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Holds from now on, so that nobody else in the same transaction claims the same.
    pub(super) fn add(&mut self, claim: &Claim) {
        self.by_owner
            .entry(claim.owner.clone())
            .or_default()
            .insert(claim.name.clone(), claim.id);
        self.added.push(claim.clone());
    }

    /// Holds from the end of the transaction on.
    pub(super) fn remove(&mut self, claim: Claim) {
        self.removed.push(claim);
    }

    pub(super) fn commit(&mut self) {
        self.added.clear();
        for claim in std::mem::take(&mut self.removed) {
            self.forget(&claim);
        }
    }

    pub(super) fn roll_back(&mut self) {
        self.removed.clear();
        for claim in std::mem::take(&mut self.added) {
            self.forget(&claim);
        }
    }

    fn id(&self, owner: &str, name: &str) -> Option<i64> {
        self.by_owner.get(owner)?.get(name).copied()
    }

    fn forget(&mut self, claim: &Claim) {
        if let Some(names) = self.by_owner.get_mut(&claim.owner)
            && names.get(&claim.name) == Some(&claim.id)
        {
            names.remove(&claim.name);
        }
    }
}
