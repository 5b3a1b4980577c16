//! Checks over real HTTP, and what they share: a client with a session.

mod details;
mod faults;
mod search;
mod sessions;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::LinnworksSimulator;
use crate::time::SimulatedTime;
use crate::world::{World, WorldOptions};

/// A simulator, its world, and a session with it.
struct Fixture {
    simulator: LinnworksSimulator,
    world: World,
    time: SimulatedTime,
    http: reqwest::Client,
    token: String,
}

impl Fixture {
    async fn start(orders_count: u32) -> Self {
        let world = World::generate(
            7,
            WorldOptions {
                orders_count,
                ..WorldOptions::default()
            },
        );
        let time = SimulatedTime::new();
        let simulator = LinnworksSimulator::start(world.order_values(), time.clone())
            .await
            .unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut fixture = Self {
            simulator,
            world,
            time,
            http,
            token: String::new(),
        };
        fixture.open_session().await;
        fixture.simulator.reset_counters();
        fixture
    }

    async fn open_session(&mut self) {
        let (status, session) = self.authorize().await;
        assert_eq!(status, 200);
        self.token = session["Token"].as_str().unwrap().to_owned();
    }

    fn secrets(&self) -> Value {
        let known = self.simulator.credentials();
        json!({ "ApplicationId": known.application_id, "ApplicationSecret": known.application_secret,
            "Token": known.token })
    }

    async fn authorize(&self) -> (StatusCode, Value) {
        let url = self.url("Auth/AuthorizeByApplication");
        answer(self.http.post(url).json(&self.secrets())).await
    }

    fn url(&self, method: &str) -> String {
        format!("{}/api/{method}", self.simulator.address())
    }

    fn post(&self, method: &str) -> RequestBuilder {
        self.http
            .post(self.url(method))
            .header("Authorization", &self.token)
    }

    fn get(&self, method_and_query: &str) -> RequestBuilder {
        self.http
            .get(self.url(method_and_query))
            .header("Authorization", &self.token)
    }

    async fn call(&self, method: &str, body: Value) -> (StatusCode, Value) {
        answer(self.post(method).json(&body)).await
    }

    /// One page of the search.
    async fn search(&self, request: Value) -> Value {
        let (status, found) = self
            .call(
                "ProcessedOrders/SearchProcessedOrders",
                json!({ "request": request }),
            )
            .await;
        assert_eq!(status, 200, "{found}");
        found["ProcessedOrders"].clone()
    }

    fn id(&self, index: usize) -> String {
        self.world.orders[index].order["OrderId"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn processed(&self, index: usize) -> String {
        self.world.orders[index].order["ProcessedDateTime"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn numbers(page: &Value) -> Vec<i64> {
    page["Data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["nOrderId"].as_i64().unwrap())
        .collect()
}
