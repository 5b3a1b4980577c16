//! The search against a server whose rows move, whose pages are capped and whose bounds are of either kind.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use ports::{Disposition, OrderSource};

use super::*;

/// Number of an order, and its processed time in tenths of a second after START.
type Stored = (u64, i64);
type Hook = Box<dyn Fn(usize, &mut Vec<Stored>) + Send + Sync>;

/// A search over rows, with the habits that Linnworks may have.
struct Habits {
    cap: u64,
    exclusive: bool,
    unsorted: bool,
    /// The cap is not told in EntriesPerPage.
    silent_cap: bool,
    /// Changes the rows before the search of this number, from 0.
    hook: Hook,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            cap: 500,
            exclusive: false,
            unsorted: false,
            silent_cap: false,
            hook: Box::new(|_, _| ()),
        }
    }
}

async fn serve(rows: Vec<Stored>, habits: Habits) -> Arc<Fake> {
    let rows = Mutex::new(rows);
    let searches = AtomicUsize::new(0);
    Fake::start(move |call| {
        if call.method == AUTHORIZE {
            return by_default();
        }
        let mut rows = rows.lock().unwrap();
        (habits.hook)(searches.fetch_add(1, Ordering::SeqCst), &mut rows);
        let request = &call.body["request"];
        let tenths = |name: &str| {
            let at: Timestamp = request[name].as_str().unwrap().parse().unwrap();
            (at.as_second() - START) * 10
        };
        let (from, to) = (tenths("FromDate"), tenths("ToDate"));
        let is_inside = |at: i64| {
            if habits.exclusive {
                from < at && at < to
            } else {
                from <= at && at <= to
            }
        };
        let mut found: Vec<Stored> = rows.iter().copied().filter(|(_, at)| is_inside(*at)).collect();
        assert_eq!(
            request["SearchSorting"],
            json!({"SortField": "dProcessedOn", "SortDirection": "ASC"})
        );
        assert_eq!(request["DateField"], "processed");
        if !habits.unsorted {
            found.sort_by_key(|(number, at)| (*at, *number));
        }
        let asked = request["ResultsPerPage"].as_u64().unwrap();
        let size = asked.min(habits.cap);
        let number = request["PageNumber"].as_u64().unwrap();
        let data: Vec<Value> = found
            .iter()
            .skip(((number - 1) * size) as usize)
            .take(size as usize)
            .map(|(number, at)| {
                let at = Timestamp::from_millisecond(START * 1_000 + at * 100).unwrap();
                row(*number, &at.to_string())
            })
            .collect();
        let echo = if habits.silent_cap { asked } else { size };
        page(number, echo, found.len() as u64, &data)
    })
    .await
}

fn numbers(found: &[ports::OrderHeader]) -> BTreeSet<u64> {
    let numbers: BTreeSet<u64> = found.iter().map(|header| header.number.0 as u64).collect();
    assert_eq!(numbers.len(), found.len(), "a header came twice");
    numbers
}

/// One order every `step` tenths of a second.
fn spread(count: u64, step: i64) -> Vec<Stored> {
    (1..=count).map(|number| (number, number as i64 * step)).collect()
}

async fn find(fake: &Fake) -> BTreeSet<u64> {
    numbers(&Bench::new(fake).source.find_processed(day()).await.unwrap())
}

#[tokio::test]
async fn a_thousand_orders_take_at_most_four_searches() {
    for exclusive in [false, true] {
        let fake = serve(
            spread(1_000, 300),
            Habits {
                exclusive,
                ..Habits::default()
            },
        )
        .await;
        assert_eq!(find(&fake).await.len(), 1_000);
        assert!(fake.count(SEARCH) <= 4, "{} searches", fake.count(SEARCH));
        assert_eq!(fake.calls(SEARCH)[1].body["request"]["PageNumber"], 1);
    }
}

#[tokio::test]
async fn a_full_page_that_is_the_last_one_is_proved_by_one_more_search() {
    let fake = serve(spread(500, 300), Habits::default()).await;
    assert_eq!(find(&fake).await.len(), 500);
    assert_eq!(fake.count(SEARCH), 2);
}

#[tokio::test]
async fn orders_on_the_bounds_are_found_and_orders_beside_them_are_not() {
    for exclusive in [false, true] {
        let last = 86_399 * 10;
        let rows = vec![(1, -1), (2, 0), (3, 1), (4, last - 1), (5, last), (6, last + 1)];
        let fake = serve(
            rows,
            Habits {
                exclusive,
                ..Habits::default()
            },
        )
        .await;
        assert_eq!(
            find(&fake).await,
            BTreeSet::from([2, 3, 4, 5]),
            "exclusive: {exclusive}"
        );
    }
}

#[tokio::test]
async fn an_order_that_leaves_an_earlier_page_does_not_hide_one_of_a_later_page() {
    let hook: Hook = Box::new(|search, rows| {
        if search == 1 {
            rows.retain(|(number, _)| *number > 3);
        }
    });
    let fake = serve(
        spread(1_200, 300),
        Habits {
            hook,
            ..Habits::default()
        },
    )
    .await;
    let found = find(&fake).await;
    assert!((4..=1_200).all(|number| found.contains(&number)));
}

#[tokio::test]
async fn an_order_that_is_processed_anew_while_paging_comes_once_with_its_newest_time() {
    let hook: Hook = Box::new(|search, rows| {
        if search == 1 {
            rows.iter_mut()
                .filter(|(number, _)| *number == 7)
                .for_each(|(_, at)| *at = 700_000);
        }
    });
    let fake = serve(
        spread(1_200, 300),
        Habits {
            hook,
            ..Habits::default()
        },
    )
    .await;
    let found = Bench::new(&fake).source.find_processed(day()).await.unwrap();
    assert_eq!(numbers(&found).len(), 1_200);
    let moved = found.iter().find(|header| header.number.0 == 7).unwrap();
    assert_eq!(moved.processed_at, Timestamp::from_second(START + 70_000).ok());
}

#[tokio::test]
async fn an_order_that_one_search_left_out_is_found_by_another_pass() {
    let hook: Hook = Box::new(|search, rows| match search {
        1 => rows.retain(|(number, _)| *number != 800),
        2 => rows.push((800, 800 * 300)),
        _ => (),
    });
    let fake = serve(
        spread(1_200, 300),
        Habits {
            hook,
            ..Habits::default()
        },
    )
    .await;
    assert!(find(&fake).await.contains(&800));
}

#[tokio::test]
async fn orders_processed_while_paging_are_found() {
    let hook: Hook = Box::new(|search, rows| rows.push((5_000 + search as u64, 800_000 + search as i64)));
    let fake = serve(
        spread(1_200, 300),
        Habits {
            hook,
            ..Habits::default()
        },
    )
    .await;
    assert!(find(&fake).await.len() >= 1_202);
}

#[tokio::test]
async fn more_orders_of_one_instant_than_a_page_holds_are_all_found() {
    for exclusive in [false, true] {
        let mut rows = spread(40, 300);
        rows.extend((100..1_330).map(|number| (number, 6_000)));
        rows.extend((2_000..2_040).map(|number| (number, 6_001 + (number as i64 - 2_000) * 50)));
        let count = rows.len();
        let fake = serve(
            rows,
            Habits {
                exclusive,
                ..Habits::default()
            },
        )
        .await;
        assert_eq!(find(&fake).await.len(), count, "exclusive: {exclusive}");
    }
}

#[tokio::test]
async fn everything_in_one_instant_at_the_end_of_the_window_is_found() {
    let rows: Vec<Stored> = (0..1_000).map(|number| (number + 1, 86_399 * 10)).collect();
    for exclusive in [false, true] {
        let fake = serve(
            rows.clone(),
            Habits {
                exclusive,
                ..Habits::default()
            },
        )
        .await;
        assert_eq!(find(&fake).await.len(), 1_000);
    }
}

#[tokio::test]
async fn a_server_that_gives_smaller_pages_than_asked_loses_nothing() {
    for silent_cap in [false, true] {
        let fake = serve(
            spread(730, 300),
            Habits {
                cap: 100,
                silent_cap,
                ..Habits::default()
            },
        )
        .await;
        assert_eq!(find(&fake).await.len(), 730, "silent: {silent_cap}");
    }
}

#[tokio::test]
async fn a_server_that_ignores_the_order_asked_for_loses_nothing() {
    let mut rows = spread(1_200, 300);
    rows.reverse();
    rows.swap(3, 900);
    let fake = serve(
        rows,
        Habits {
            unsorted: true,
            ..Habits::default()
        },
    )
    .await;
    assert_eq!(find(&fake).await.len(), 1_200);
}

#[tokio::test]
async fn an_unordered_instant_that_never_holds_still_is_an_error() {
    let hook: Hook = Box::new(|search, rows| {
        let count = rows.len();
        rows.rotate_left(search * 331 % count);
        rows.push((10_000 + search as u64, 6_000));
    });
    let rows = (1..900).map(|number| (number, 6_000)).collect();
    let fake = serve(
        rows,
        Habits {
            unsorted: true,
            hook,
            ..Habits::default()
        },
    )
    .await;
    let error = Bench::new(&fake).source.find_processed(day()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Retry { after: None });
}

#[tokio::test]
async fn any_mixture_of_times_and_page_sizes_is_found_whole() {
    let mut state: u64 = 20_260_505;
    let mut next = move |bound: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    for round in 0..60 {
        let span = [5, 40, 400, 20_000][round % 4];
        let rows: Vec<Stored> = (0..next(90))
            .map(|number| (number + 1, next(span) as i64))
            .collect();
        let count = rows.len();
        let habits = Habits {
            cap: 1 + next(12),
            exclusive: next(2) == 0,
            silent_cap: next(2) == 0,
            ..Habits::default()
        };
        let told = format!("round {round}, {count} rows, cap {}", habits.cap);
        let fake = serve(rows, habits).await;
        assert_eq!(find(&fake).await.len(), count, "{told}");
    }
}

#[tokio::test]
async fn a_long_window_is_read_in_slices_and_each_order_comes_once() {
    let rows = spread(200, 86_400 * 5);
    let fake = serve(rows, Habits::default()).await;
    let window = Window {
        to: Timestamp::from_second(START + 100 * 86_400).unwrap(),
        ..day()
    };
    let found = Bench::new(&fake).source.find_processed(window).await.unwrap();
    assert_eq!(numbers(&found).len(), 200);
    assert_eq!(fake.count(SEARCH), 4);
}

#[tokio::test]
async fn a_window_that_ends_before_it_starts_is_empty_and_calls_nothing() {
    let fake = serve(Vec::new(), Habits::default()).await;
    let window = Window {
        from: day().to,
        to: day().from,
    };
    let bench = Bench::new(&fake);
    assert!(bench.source.find_processed(window).await.unwrap().is_empty());
    assert_eq!(bench.source.calls(), 0);
}

#[tokio::test]
async fn a_failed_later_page_fails_the_whole_search() {
    let searches = AtomicUsize::new(0);
    let fake = Fake::start(move |call| {
        if call.method == AUTHORIZE {
            return by_default();
        }
        if searches.fetch_add(1, Ordering::SeqCst) > 0 {
            return Reply::text(403, "");
        }
        let rows: Vec<Value> = (1..=500)
            .map(|number| row(number, "2026-05-05T10:00:00Z"))
            .collect();
        page(1, 500, 900, &rows)
    })
    .await;
    let error = Bench::new(&fake).source.find_processed(day()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Forbidden);
}

#[tokio::test]
async fn pages_that_contradict_themselves_are_never_an_empty_list() {
    let bodies = [
        json!({}),
        json!({"ProcessedOrders": null}),
        json!({"ProcessedOrders": []}),
        json!({"ProcessedOrders": {"TotalEntries": 0, "Data": "none"}}),
        json!({"ProcessedOrders": {"Data": []}}),
        json!({"ProcessedOrders": {"TotalEntries": 3, "Data": []}}),
        json!({"ProcessedOrders": {"TotalEntries": 3, "Data": null}}),
        json!({"ProcessedOrders": {"TotalEntries": 0, "PageNumber": 2, "Data": []}}),
        json!({"ProcessedOrders": {"TotalEntries": 1, "Data": [{"nOrderId": 1}]}}),
        json!({"ProcessedOrders": {"TotalEntries": 1, "Data": [null]}}),
        json!({"Message": "something went wrong"}),
        json!([]),
        json!(null),
    ];
    for body in bodies {
        let told = body.to_string();
        let fake = Fake::start(move |call| {
            if call.method == AUTHORIZE {
                by_default()
            } else {
                Reply::json(&body)
            }
        })
        .await;
        let bench = Bench::with(&fake, |config| config.attempts_max = 2);
        let error = bench.source.find_processed(day()).await.unwrap_err();
        assert_eq!(error.disposition, Disposition::Retry { after: None }, "{told}");
        assert_eq!(fake.count(SEARCH), 2, "{told}");
    }
}
