//! Many requests at once, to the end of all of them: a function never returns with a request in flight. And the
//! wait before one of them is tried again.

use std::time::Duration;

use ports::StoreError;

use crate::error::broken;

/// How often a conflict or a throttled transaction is tried again.
pub(crate) const TRIES_MAX: u32 = 8;
/// The first wait between two tries; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(30);
/// Requests in flight at a time.
const CONCURRENCY_MAX: usize = 16;

/// Runs works, a bounded number at a time, to the end of all of them; their values in the works' order.
pub(crate) async fn together<T: Send + 'static>(
    works: Vec<impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut values: Vec<(usize, T)> = Vec::new();
    let mut running = tokio::task::JoinSet::new();
    for (index, work) in works.into_iter().enumerate() {
        if running.len() >= CONCURRENCY_MAX
            && let Some(done) = running.join_next().await
        {
            values.extend(resume(done));
        }
        running.spawn(async move { (index, work.await) });
    }
    while let Some(done) = running.join_next().await {
        values.extend(resume(done));
    }
    values.sort_unstable_by_key(|(index, _)| *index);
    values.into_iter().map(|(_, value)| value).collect()
}

/// A panic of a work goes on in its caller, as if it had run there.
fn resume<T>(done: Result<T, tokio::task::JoinError>) -> Option<T> {
    match done {
        Ok(value) => Some(value),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => None,
    }
}

/// Waits before another try: doubling, with jitter.
///
/// # Errors
/// After [`TRIES_MAX`] tries.
pub(crate) async fn wait(place: &str, tries: u32) -> Result<(), StoreError> {
    if tries >= TRIES_MAX {
        return Err(broken(place, "the table is busy"));
    }
    let most = FIRST_WAIT.saturating_mul(1 << tries.min(6));
    let noise = u32::try_from(uuid::Uuid::new_v4().as_u128() % 1_000).unwrap_or(0);
    tokio::time::sleep(most.saturating_mul(500 + noise / 2) / 1_000).await;
    Ok(())
}
