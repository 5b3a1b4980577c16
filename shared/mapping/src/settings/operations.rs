//! Settings of the traffic: how documents are posted and how fast the outside systems are called.

use serde::{Deserialize, Serialize};

use super::value;

/// `[posting]`: how documents go to QuickBooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Posting {
    /// Documents in one batch, at most 30 (quickbooks-online.md 2.5).
    #[serde(deserialize_with = "value::whole::<_, 1, 30>")]
    pub batch_documents_max: u64,
    /// Calls on their way at the same time, at most 10 (quickbooks-online.md 2.10).
    #[serde(deserialize_with = "value::whole::<_, 1, 10>")]
    pub calls_at_once: u64,
    /// How long after a lost answer QuickBooks is asked what became of the document.
    #[serde(deserialize_with = "value::whole::<_, 0, 86400>")]
    pub settle_unknown_after_seconds: u64,
    /// How often QuickBooks is asked before a person must decide.
    #[serde(deserialize_with = "value::whole::<_, 1, 100>")]
    pub unknown_look_ups_max: u64,
    /// How often a document is sent before it is held.
    #[serde(deserialize_with = "value::whole::<_, 1, 100>")]
    pub send_attempts_max: u64,
    /// How long one worker keeps a document to itself.
    #[serde(deserialize_with = "value::whole::<_, 10, 3600>")]
    pub lease_seconds: u64,
    /// Documents are looked up in QuickBooks before their first sending when the last run is longer ago than this, and on the first
    /// run of a data folder: the folder may be new, or restored from a backup.
    #[serde(deserialize_with = "value::whole::<_, 0, 8760>")]
    pub look_up_first_after_hours: u64,
    /// The first document of a tax form is posted alone, and its total compared, before others follow.
    pub first_of_form_alone: bool,
}

impl Default for Posting {
    fn default() -> Self {
        Self {
            batch_documents_max: 30,
            calls_at_once: 4,
            settle_unknown_after_seconds: 300,
            unknown_look_ups_max: 5,
            send_attempts_max: 5,
            lease_seconds: 90,
            look_up_first_after_hours: 6,
            first_of_form_alone: true,
        }
    }
}

/// `[limits]`: how fast the outside systems are called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// `[limits.quickbooks]`.
    pub quickbooks: QuickBooksLimits,
    /// `[limits.linnworks]`.
    pub linnworks: LinnworksLimits,
}

/// `[limits.quickbooks]` (quickbooks-online.md 2.10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuickBooksLimits {
    /// Calls in a minute.
    #[serde(deserialize_with = "value::whole::<_, 1, 100000>")]
    pub calls_per_minute: u64,
    /// Calls at the same time.
    #[serde(deserialize_with = "value::whole::<_, 1, 100>")]
    pub concurrent_calls: u64,
    /// Calls in a second.
    #[serde(deserialize_with = "value::whole::<_, 1, 1000>")]
    pub calls_per_second: u64,
    /// Batches in a minute.
    #[serde(deserialize_with = "value::whole::<_, 1, 10000>")]
    pub batches_per_minute: u64,
    /// Each document of a batch counts as a call.
    pub batch_items_count_as_calls: bool,
    /// How long nothing is sent after QuickBooks refused a call as one too many.
    #[serde(deserialize_with = "value::whole::<_, 1, 3600>")]
    pub throttle_wait_seconds: u64,
}

impl Default for QuickBooksLimits {
    fn default() -> Self {
        Self {
            calls_per_minute: 500,
            concurrent_calls: 10,
            calls_per_second: 10,
            batches_per_minute: 40,
            batch_items_count_as_calls: false,
            throttle_wait_seconds: 60,
        }
    }
}

/// `[limits.linnworks]` (linnworks.md 2.3, 3.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinnworksLimits {
    /// Rows of one page of the search.
    #[serde(deserialize_with = "value::whole::<_, 1, 500>")]
    pub search_rows_per_page: u64,
    /// Orders read by one call.
    #[serde(deserialize_with = "value::whole::<_, 1, 200>")]
    pub orders_per_call: u64,
    /// How far a search reaches back over the one before it.
    #[serde(deserialize_with = "value::whole::<_, 0, 10080>")]
    pub overlap_minutes: u64,
    /// The longest stretch of time that one search covers.
    #[serde(deserialize_with = "value::whole::<_, 1, 2160>")]
    pub window_hours_max: u64,
    /// How often the lists are read anew in full.
    #[serde(deserialize_with = "value::whole::<_, 1, 720>")]
    pub lists_daily_refresh_hours: u64,
}

impl Default for LinnworksLimits {
    fn default() -> Self {
        Self {
            search_rows_per_page: 500,
            orders_per_call: 200,
            overlap_minutes: 15,
            window_hours_max: 744,
            lists_daily_refresh_hours: 24,
        }
    }
}
