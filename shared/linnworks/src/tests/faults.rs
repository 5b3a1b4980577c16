//! Failing answers: what is tried again, what is not, and what is said.

use std::sync::atomic::{AtomicUsize, Ordering};

use ports::{Disposition, OrderSource};

use super::*;

/// Answers the first data calls from a list, and then with an empty page.
async fn failing(replies: Vec<(u16, Option<&'static str>, &'static str)>) -> Arc<Fake> {
    let next = AtomicUsize::new(0);
    Fake::start(move |call| {
        if call.method == AUTHORIZE {
            return by_default();
        }
        match replies.get(next.fetch_add(1, Ordering::SeqCst)) {
            Some((status, after, body)) => {
                let headers = after
                    .map(|after| ("retry-after", after.to_owned()))
                    .into_iter()
                    .collect();
                Reply(*status, headers, (*body).to_owned())
            }
            None => page(1, 500, 0, &[]),
        }
    })
    .await
}

#[tokio::test]
async fn transient_answers_are_tried_again() {
    let replies = vec![
        (500, None, "<html>"),
        (
            400,
            None,
            r#"{"Code":null,"Message":"Connection Timeout Expired. The timeout period elapsed"}"#,
        ),
        (200, None, ""),
        (204, None, ""),
        (200, None, "<html>all is well</html>"),
    ];
    let fake = failing(replies).await;
    let bench = Bench::new(&fake);
    assert!(bench.source.find_processed(day()).await.unwrap().is_empty());
    assert_eq!(fake.count(SEARCH), 6);
    let sleeps = bench.clock.sleeps.lock().unwrap().clone();
    assert_eq!(sleeps.len(), 5);
    let seconds = [2, 4, 8, 16, 32];
    for (sleep, least) in sleeps.iter().zip(seconds) {
        let least = Duration::from_secs(least);
        assert!(
            least <= *sleep && *sleep <= least * 2,
            "{sleep:?} is not between {least:?} and its double"
        );
    }
}

#[tokio::test]
async fn permanent_answers_are_not_tried_again() {
    let cases = [
        (
            400,
            r#"{"Code":null,"Message":"request is empty"}"#,
            Disposition::Defect,
        ),
        (400, r#""request is empty""#, Disposition::Defect),
        (400, "", Disposition::Defect),
        (302, "", Disposition::Defect),
        (403, "", Disposition::Forbidden),
        (404, "<html>", Disposition::Configuration),
        (405, "text", Disposition::Defect),
    ];
    for (status, body, disposition) in cases {
        let fake = failing(vec![(status, None, body)]).await;
        let error = Bench::new(&fake).source.find_processed(day()).await.unwrap_err();
        assert_eq!(error.disposition, disposition, "{status} {body}");
        assert_eq!(error.place, "linnworks ProcessedOrders/SearchProcessedOrders");
        assert_eq!(fake.count(SEARCH), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn a_404_is_explained_as_wrong_cluster_or_method_and_ends_the_session() {
    let fake = failing(vec![(404, None, "")]).await;
    let bench = Bench::new(&fake);
    let error = bench.source.find_processed(day()).await.unwrap_err();
    assert!(error.cause.contains("wrong cluster or method"), "{error}");
    bench.source.find_processed(day()).await.unwrap();
    assert_eq!(fake.count(AUTHORIZE), 2);
}

#[tokio::test]
async fn retry_after_is_kept_and_a_missing_one_doubles() {
    let quota = r#""API calls quota exceeded! Maximum admitted 150 per Minute.""#;
    let fake = failing(vec![(429, Some("7"), quota), (429, None, quota)]).await;
    let bench = Bench::new(&fake);
    bench.source.find_processed(day()).await.unwrap();
    let sleeps = bench.clock.sleeps.lock().unwrap().clone();
    assert_eq!(sleeps[0], Duration::from_secs(7));
    assert!(sleeps[1] >= Duration::from_secs(4));
}

#[tokio::test]
async fn a_wait_longer_than_is_made_here_is_handed_to_the_caller() {
    let fake = failing(vec![(429, Some("600"), "")]).await;
    let error = Bench::new(&fake).source.find_processed(day()).await.unwrap_err();
    assert_eq!(
        error.disposition,
        Disposition::Retry {
            after: Some(Duration::from_secs(600))
        }
    );
    assert_eq!(fake.count(SEARCH), 1);
}

#[tokio::test]
async fn tries_are_bounded_and_each_is_counted() {
    let fake = failing(vec![(503, None, ""); 50]).await;
    let bench = Bench::with(&fake, |config| config.attempts_max = 3);
    let error = bench.source.find_processed(day()).await.unwrap_err();
    assert_eq!(error.disposition, Disposition::Retry { after: None });
    assert_eq!((fake.count(SEARCH), bench.source.calls()), (3, 4));
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_a_transient_error_and_counted() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut config = config(&url);
    config.attempts_max = 2;
    let bench = Bench::with_vault(config, Arc::default());
    let error = bench.source.find_processed(day()).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(bench.source.calls(), 2);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Fake::start(|_| page(1, 500, 0, &[])).await;
    let url = format!("{}/api/{SEARCH}", target.url);
    let fake = Fake::start(move |call| {
        if call.method == AUTHORIZE {
            by_default()
        } else {
            Reply(307, vec![("location", url.clone())], String::new())
        }
    })
    .await;
    Bench::new(&fake).source.find_processed(day()).await.unwrap_err();
    assert_eq!(target.count_all(), 0);
}

#[tokio::test]
async fn the_minute_limit_of_a_method_is_kept() {
    let fake = failing(Vec::new()).await;
    let bench = Bench::with(&fake, |config| config.limit_share_percent = 2);
    for _ in 0..7 {
        bench.source.find_processed(day()).await.unwrap();
    }
    let waited: Duration = bench.clock.sleeps.lock().unwrap().iter().sum();
    assert_eq!(
        waited,
        Duration::from_secs(122),
        "3 a minute: the 4th and the 7th wait for a new minute"
    );
}

#[tokio::test]
async fn no_error_shows_a_secret_or_a_name() {
    let bodies = [
        r#"{"Message":"session-1 app-secret-sentinel install-token-sentinel refused"}"#,
        "Name Sentinel",
        r#"{"cFullName":"Name Sentinel"}"#,
        "<p>Name Sentinel</p>",
    ];
    for body in bodies {
        let fake = failing(vec![(422, None, body)]).await;
        let error = Bench::new(&fake).source.find_processed(day()).await.unwrap_err();
        let shown = format!("{error} {error:?}").to_lowercase();
        assert!(
            !shown.contains("sentinel") && !shown.contains("session-1"),
            "{shown}"
        );
    }
}
