//! What every store has to do, written against the ports alone.
//!
//! In: a [`Subject`] with an empty store, queue and vault. Out: one function for each promise, and macros that name them all to a
//! macro of the store's own: a test for each, or one test that starts a service and runs them all.

pub mod clock;
pub mod documents;
pub mod facts;
pub mod queue;
pub mod samples;
pub mod vault;

use std::any::Any;
use std::sync::{Arc, Barrier};

use ports::{Queue, Store, StoreError, TokenVault};

pub use clock::ManualClock;

/// What is tested.
pub struct Subject {
    pub store: Arc<dyn Store>,
    pub queue: Arc<dyn Queue>,
    pub vault: Arc<dyn TokenVault>,
    pub clock: Arc<ManualClock>,
    /// Dropped last: what the three stand on, such as a temporary directory.
    pub _ground: Box<dyn Any + Send + Sync>,
}

#[track_caller]
fn assert_stale(result: Result<(), StoreError>, name: &str) {
    match result {
        Err(StoreError::Stale(place)) => assert!(place.contains(name), "{place} does not name {name}"),
        other => panic!("expected stale, got {other:?}"),
    }
}

/// Runs the same work twice at the same time; needs a runtime with two threads.
async fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    work: impl Fn(usize) -> F,
) -> Vec<T> {
    let start = Arc::new(Barrier::new(2));
    let works: Vec<_> = (0..2)
        .map(|who| {
            let (start, work) = (Arc::clone(&start), work(who));
            tokio::spawn(async move {
                start.wait();
                work.await
            })
        })
        .collect();
    let mut values = Vec::new();
    for work in works {
        values.push(work.await.unwrap());
    }
    values
}

/// The promises of a store.
macro_rules! store_contract {
    ($run:ident, $with:tt) => {
        $run!($with, documents:
            a_document_is_read_back_as_it_was_written_with_its_version_raised,
            a_new_document_that_exists_already_is_stale,
            a_change_based_on_an_outdated_version_is_stale_and_names_the_document,
            one_stale_change_undoes_all_changes_of_the_write,
            of_two_threads_on_one_version_exactly_one_is_stale,
            documents_not_stored_are_left_out_of_get_many,
            a_document_is_found_by_number_and_references_without_regard_to_case,
            a_reference_that_was_taken_away_no_longer_finds_the_document,
            an_empty_text_finds_nothing,
            documents_are_listed_by_number_and_filtered,
            the_bounds_of_a_filter_are_inclusive_to_the_nanosecond,
            the_payload_stays_until_the_order_is_read_anew,
            events_are_kept_in_the_order_of_the_writes,
            of_changes_written_each_by_itself_only_the_stale_ones_are_left_out,
            a_thousand_changes_are_written_at_once,
            events_of_a_long_life_are_all_kept_in_order,
            a_document_of_any_size_is_read_back_in_every_state,
            a_document_that_moves_again_is_listed_as_moving,
        );
        $run!($with, facts:
            a_call_and_its_documents_are_written_together_or_not_at_all,
            a_call_keeps_its_bytes_and_is_open_until_closed,
            a_call_written_twice_from_one_version_is_stale,
            a_call_is_closed_with_its_posted_documents,
            a_call_closed_from_an_outdated_version_is_stale_and_stays_open,
            open_calls_come_oldest_first,
            a_watermark_never_moves_backwards,
            lists_are_none_before_the_company_was_read,
            a_kind_that_was_read_whole_replaces_what_was_known_of_it,
            changed_and_removed_entries_leave_the_others_alone,
            a_form_is_proven_paused_and_forgotten,
            the_first_exchange_rate_of_a_day_stays_exact,
            a_version_of_settings_is_kept_by_its_hash,
            a_call_of_thirty_large_documents_is_written_whole,
            a_text_of_two_megabytes_is_kept,
            lists_of_five_thousand_entries_survive_many_small_changes,
        );
    };
}

/// The promises of a queue that hold on any clock.
macro_rules! queue_contract {
    ($run:ident, $with:tt) => {
        $run!($with, queue:
            a_message_in_flight_is_hidden_and_another_is_not,
            a_message_comes_again_unless_it_is_acknowledged,
            a_delayed_message_is_not_visible_yet,
            a_receipt_that_is_none_is_ignored,
            queues_do_not_share_messages_receipts_or_dead_letters,
            a_document_in_flight_is_queued_again,
            at_most_the_asked_number_is_received_and_none_twice,
            a_message_delivered_too_often_becomes_one_dead_letter,
            two_receivers_never_get_the_same_message,
        );
    };
}

/// The promises of a vault.
macro_rules! vault_contract {
    ($run:ident, $with:tt) => {
        $run!($with, vault:
            the_first_secret_has_version_1_and_later_ones_follow,
            an_older_secret_never_replaces_a_newer_one,
            of_two_refreshers_exactly_one_writes,
            a_lease_is_held_by_one_until_released_or_over,
            a_lease_is_released_only_by_its_holder,
        );
    };
}

pub(crate) use {queue_contract, store_contract, vault_contract};
