//! The heap that a fetch takes: bounded by what is read at a time, not by what there is to read.
//!
//! Counted by the allocator on the thread that fetches; the simulator runs on another. SQLite's own memory is not counted, as it is not in
//! the deployed function. The memory of the whole process on a stack is measured by tests/aws.

use lambda_host::Invocation;
use simulators::time::SimulatedTime;
use tokio::runtime::Builder;

use super::{ground_on, simulate};
use crate::handler::fetch;
use ports::Wanted;

/// The most heap of a fetch. A process that has done nothing yet takes some 9 MB (tests/aws/measure.py); the goal for all is 24 MB.
const HEAP_BYTES_MAX: u64 = 12 * 1024 * 1024;

/// The most heap while so many orders are fetched, in bytes.
fn peak_of(orders: u32) -> u64 {
    let time = SimulatedTime::new();
    let outside = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (world, simulator) = outside.block_on(simulate(orders, &time));
    let ground = ground_on(world, simulator, time);
    let inside = Builder::new_current_thread().enable_all().build().unwrap();
    let counted = allocation_counter::measure(|| {
        let invocation = Invocation::outside_lambda("run");
        let report = inside
            .block_on(fetch(&ground.parts, &Wanted::default(), &invocation))
            .unwrap();
        assert_eq!(
            (report.fetched, report.finished),
            (ground.world.orders.len(), true)
        );
    });
    println!("{orders} orders: {} bytes of heap at most", counted.bytes_max);
    counted.bytes_max
}

#[test]
fn a_thousand_orders_are_fetched_within_the_memory_of_a_small_function() {
    let peak = peak_of(1_000);
    assert!(peak > 0 && peak <= HEAP_BYTES_MAX, "{peak} bytes");
}

#[test]
fn more_orders_take_hardly_more_memory() {
    let (few, many) = (peak_of(400), peak_of(4_000));
    // What grows is a header, a key and a report line for each order: a kilobyte or so.
    let most = few + 3_600 * 1_500;
    assert!(many <= most, "{few} bytes for 400 orders, {many} for 4,000");
}
