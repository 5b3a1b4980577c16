//! Fetching: watermarks move only over what is stored, windows overlap, equal references of two channels stay two orders.

use std::time::Duration;

use integration_tests::bench::{Bench, quiet};
use integration_tests::world::SellerOptions;
use pipeline::fetch::WATERMARK;
use simulators::linnworks::Fault;

#[tokio::test]
async fn the_watermark_is_not_moved_when_a_page_fails() {
    for method in ["ProcessedOrders/SearchProcessedOrders", "Orders/GetOrdersById"] {
        let mut bench = Bench::proven(quiet()).await;
        let before = bench.core.store.watermark(WATERMARK).await.unwrap();
        bench.pass(Duration::from_secs(3_600));
        let orders = bench.seller.add_orders(5);
        bench.seller.linnworks.fail_next(method, Fault::Forbidden);
        let run = bench.try_sync().await;
        let failed = run.as_ref().is_err() || format!("{run:?}").contains("Forbidden");
        assert!(failed, "{method}: the failure must be told: {run:?}");
        assert_eq!(
            bench.core.store.watermark(WATERMARK).await.unwrap(),
            before,
            "{method}"
        );
        bench.finish().await;
        assert!(bench.core.store.watermark(WATERMARK).await.unwrap() > before);
        assert_eq!(super::show(&bench.state(&orders[0]).await), "posted");
        bench.audit().await;
    }
}

#[tokio::test]
async fn orders_that_become_visible_late_are_found_by_the_overlap() {
    let mut bench = Bench::proven(quiet()).await;
    bench.pass(Duration::from_secs(3_600));
    bench
        .seller
        .linnworks
        .set_switches(|switches| switches.late_visible_seconds = 600);
    bench.seller.add_orders(12);
    bench.finish().await;
    let seen = bench.records().await.len();
    assert!(seen < 13, "some are not visible yet");
    bench.pass(Duration::from_secs(601));
    bench.finish().await;
    bench.audit().await;
}

#[tokio::test]
async fn two_orders_with_the_same_reference_on_two_channels_both_post() {
    let document_lines = "number_from = \"reference\"\nnumber_suffix = \"channel\"";
    let options = SellerOptions {
        document_lines,
        ..quiet()
    };
    let mut bench = Bench::proven(options).await;
    let first = bench.seller.add_orders(1).remove(0);
    let mut other = bench.seller.order(&first);
    other["OrderId"] = "7d9f5c32-52a0-4f3a-9f4e-2a6f3f0c7b11".into();
    other["NumOrderId"] = 900_001.into();
    other["GeneralInfo"]["SubSource"] = "A second shop".into();
    let end = bench.seller.end_of(&first);
    let second = bench.seller.add_order(other, end);
    bench.finish().await;
    assert_eq!((bench.booked(&first).len(), bench.booked(&second).len()), (1, 1));
    bench.audit().await;
}
