//! What an event asks fetch to do.
//!
//! In: the event of a schedule, of a person's invocation, or of the queue of requests. Out: requests, strictly read: an unknown key is
//! refused, since a misspelt `since` must not fetch everything.

use lambda_host::{HostError, SqsEvent};
use pipeline::fetch::{FetchRequest, OrderBooks};
use ports::Wanted;
use serde_json::Value;

/// The request of the use case, with the order books of the settings.
pub fn to_request(wanted: &Wanted, books: OrderBooks) -> FetchRequest {
    FetchRequest {
        since: wanted.since,
        until: wanted.until,
        references: wanted.orders.clone(),
        books,
    }
}

/// Where an event came from.
#[derive(Clone, Debug)]
pub enum Event {
    /// A schedule or a person: answered with a report.
    Direct(Wanted),
    /// The queue of requests: what is not finished is given again and goes on.
    Queue(SqsEvent),
}

/// Reads an event.
///
/// # Errors
/// Request, naming what is wrong with it.
pub fn read_event(event: Value) -> Result<Event, HostError> {
    if event.get("Records").is_some() {
        let read = serde_json::from_value(event);
        return read.map(Event::Queue).map_err(|error| refuse(&error));
    }
    let read = serde_json::from_value(event);
    read.map(Event::Direct).map_err(|error| refuse(&error))
}

/// Reads the body of a message of the queue of requests.
///
/// # Errors
/// Request, naming what is wrong with it.
pub fn read_body(body: &str) -> Result<Wanted, HostError> {
    serde_json::from_str(body).map_err(|error| refuse(&error))
}

fn refuse(error: &serde_json::Error) -> HostError {
    HostError::new(
        "Request",
        format!(
            "the request cannot be read: {error}. It may have since, until (instants), orders (a list of numbers) and run_id"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_empty_event_means_the_orders_since_the_last_run() {
        let Event::Direct(wanted) = read_event(json!({})).unwrap() else {
            panic!("direct")
        };
        assert_eq!(wanted, Wanted::default());
    }

    #[test]
    fn a_misspelt_key_is_refused_instead_of_fetching_everything() {
        let error = read_event(json!({"sinc": "2026-01-01T00:00:00Z"})).unwrap_err();
        assert!(error.message.contains("sinc"), "{error}");
        assert!(read_body("{\"since\": \"yesterday\"}").is_err());
    }

    #[test]
    fn records_of_a_queue_are_told_from_a_direct_request() {
        let event = json!({"Records": [{"messageId": "m1", "body": "{\"orders\":[\"100001\"]}"}]});
        let Event::Queue(batch) = read_event(event).unwrap() else {
            panic!("queue")
        };
        let body = batch.records[0].body.as_deref().unwrap();
        assert_eq!(read_body(body).unwrap().orders, ["100001"]);
    }
}
