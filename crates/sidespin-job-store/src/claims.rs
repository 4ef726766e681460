//! Which firings are being worked on. Only one at a time per job, even if the job is replaced meanwhile.

use std::collections::HashMap;

/// A firing that is being worked on. It must be settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) generation: i64,
}

impl Claim {
    /// The job's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// All firings that are being worked on. What a transaction changes here is undone if it fails.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    by_owner: HashMap<String, HashMap<String, i64>>,
    added: Vec<Claim>,
    removed: Vec<Claim>,
}

impl Claims {
    pub(crate) fn is_claimed(&self, owner: &str, name: &str) -> bool {
        self.by_owner
            .get(owner)
            .is_some_and(|names| names.contains_key(name))
    }

    /// Holds from now on, so that nobody else in the same transaction claims the same.
    pub(crate) fn add(&mut self, claim: &Claim) {
        self.by_owner
            .entry(claim.owner.clone())
            .or_default()
            .insert(claim.name.clone(), claim.generation);
        self.added.push(claim.clone());
    }

    /// Holds from the end of the transaction on.
    pub(crate) fn remove(&mut self, claim: Claim) {
        self.removed.push(claim);
    }

    pub(crate) fn commit(&mut self) {
        self.added.clear();
        for claim in std::mem::take(&mut self.removed) {
            self.forget(&claim);
        }
    }

    pub(crate) fn roll_back(&mut self) {
        self.removed.clear();
        for claim in std::mem::take(&mut self.added) {
            self.forget(&claim);
        }
    }

    fn forget(&mut self, claim: &Claim) {
        if let Some(names) = self.by_owner.get_mut(&claim.owner)
            && names.get(&claim.name) == Some(&claim.generation)
        {
            names.remove(&claim.name);
        }
    }
}
