//! A plain HTTP client for the tests: a started simulator, an access token, and short calls.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulators::quickbooks_online::{CompanySeed, EntityKind, ItemSeed, QuickBooksOnlineSimulator};
use simulators::time::SimulatedTime;

/// A simulator with a token.
pub struct Company {
    pub simulator: QuickBooksOnlineSimulator,
    pub time: SimulatedTime,
    pub http: reqwest::Client,
    pub token: String,
}

/// A fault's code, wherever the envelope has it.
pub fn code(body: &Value) -> String {
    let fault = &body["Fault"]["Error"][0]["code"];
    fault
        .as_str()
        .unwrap_or_else(|| panic!("no fault in {body}"))
        .to_owned()
}

/// A member as an exact decimal.
pub fn decimal(value: &Value) -> Decimal {
    value
        .to_string()
        .parse()
        .unwrap_or_else(|_| panic!("no number: {value}"))
}

impl Company {
    pub async fn start(seed: CompanySeed) -> Self {
        let time = SimulatedTime::new();
        let simulator = QuickBooksOnlineSimulator::start(seed, time.clone())
            .await
            .unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut company = Self {
            simulator,
            time,
            http,
            token: String::new(),
        };
        company.refresh().await;
        company
    }

    /// A UK company with a counted and an uncounted item.
    pub async fn united_kingdom() -> Self {
        Self::start(CompanySeed::united_kingdom().with_items(vec![
            ItemSeed::inventory("Widget", "WID-1", Decimal::from(10)),
            ItemSeed::non_inventory("Gadget", "GAD-1"),
        ]))
        .await
    }

    pub async fn united_states() -> Self {
        Self::start(CompanySeed::united_states().with_items(vec![ItemSeed::non_inventory("Gadget", "GAD-1")]))
            .await
    }

    pub async fn token_call(&self, refresh_token: &str) -> (u16, Value) {
        let credentials = self.simulator.credentials();
        let answer = self
            .http
            .post(format!("{}/oauth2/v1/tokens/bearer", self.simulator.address()))
            .basic_auth(credentials.client_id, Some(credentials.client_secret))
            .form(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    pub async fn refresh(&mut self) {
        let current = self.simulator.credentials().refresh_token;
        let (_, body) = self.token_call(&current).await;
        self.token = body["access_token"].as_str().unwrap().to_owned();
    }

    pub fn url(&self, rest: &str) -> String {
        let realm = self.simulator.credentials().realm_id;
        format!("{}/v3/company/{realm}/{rest}", self.simulator.address())
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<(u16, String)> {
        let answer = request
            .bearer_auth(&self.token)
            .header("accept", "application/json")
            .send()
            .await?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await?))
    }

    pub async fn try_post(&self, rest: &str, body: &Value) -> reqwest::Result<(u16, Value)> {
        let (status, text) = self.send(self.http.post(self.url(rest)).json(body)).await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    pub async fn post(&self, rest: &str, body: &Value) -> (u16, Value) {
        self.try_post(rest, body).await.unwrap()
    }

    pub async fn get(&self, rest: &str) -> (u16, Value) {
        let (status, text) = self.send(self.http.get(self.url(rest))).await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn query(&self, statement: &str) -> (u16, Value) {
        let request = self.http.get(self.url("query")).query(&[("query", statement)]);
        let (status, text) = self.send(request).await.unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }

    /// The id of the only row of a query.
    pub async fn id_of(&self, kind: EntityKind, member: &str, value: &str) -> String {
        let (_, body) = self
            .query(&format!("select * from {kind} where {member} = '{value}'"))
            .await;
        body["QueryResponse"][kind.name()][0]["Id"]
            .as_str()
            .unwrap_or_else(|| panic!("{body}"))
            .to_owned()
    }

    /// A sales form line of the item with this Sku and the tax code of this name.
    pub async fn line(&self, sku: &str, quantity: &str, price: &str, amount: &str, tax: &str) -> Value {
        let item = self.id_of(EntityKind::Item, "Sku", sku).await;
        let tax = match tax {
            "TAX" | "NON" => tax.to_owned(),
            name => self.id_of(EntityKind::TaxCode, "Name", name).await,
        };
        let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        json!({"DetailType": "SalesItemLineDetail", "Amount": number(amount), "SalesItemLineDetail": {
            "ItemRef": {"value": item}, "Qty": number(quantity), "UnitPrice": number(price),
            "TaxCodeRef": {"value": tax}}})
    }

    /// A GBP sales receipt over 20.00 net at 20 %.
    pub async fn receipt(&self, number: &str) -> Value {
        let line = self.line("GAD-1", "2", "10", "20", "20.0% S").await;
        let customer = self
            .id_of(EntityKind::Customer, "DisplayName", "Web Orders")
            .await;
        json!({"DocNumber": number, "TxnDate": "2026-03-02", "CustomerRef": {"value": customer},
            "CurrencyRef": {"value": "GBP"}, "GlobalTaxCalculation": "TaxExcluded", "Line": [line]})
    }
}
