//! Counts of the calls a client made.
//!
//! In: one tick per HTTP request. Out: numbers a test compares. Counts requests, not effects: a replayed create counts.

use std::collections::BTreeMap;

use super::kind::EntityKind;

/// Calls since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Every HTTP request, of any kind and any outcome.
    pub total: u64,
    /// Calls of the token endpoint.
    pub token: u64,
    /// Reads that reached the company: queries, reads by id, change data capture.
    pub reads: u64,
    /// Of the reads, those that were change data capture.
    pub cdc: u64,
    /// Of the reads, those that were queries.
    pub queries: u64,
    /// Batches.
    pub batch: u64,
    /// Items in batches.
    pub batch_items: u64,
    /// Creates asked for, alone or in a batch, by entity.
    pub create: BTreeMap<EntityKind, u64>,
    /// Updates, deletes and voids asked for, alone or in a batch, by entity.
    pub change: BTreeMap<EntityKind, u64>,
    /// Answers that said too many requests, in any form.
    pub throttled_429: u64,
    /// Answers that said the access token is no good.
    pub unauthorized_401: u64,
    /// Connections closed on purpose.
    pub dropped: u64,
}

impl Counters {
    /// Creates of one entity.
    pub fn created(&self, kind: EntityKind) -> u64 {
        self.create.get(&kind).copied().unwrap_or(0)
    }
}
