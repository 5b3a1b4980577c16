//! Where orders come from.
//!
//! In: windows and ids. Out: headers and whole orders. A failed page is an error, never an empty list; an order that cannot
//! be read is reported as such and does not hide its neighbours.

use async_trait::async_trait;
use domain::order::OrderKind;
use domain::{Money, Order, OrderId, OrderNumber};
use jiff::Timestamp;

use crate::error::ConnectorError;

/// A closed span of processed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub from: Timestamp,
    /// Last instant.
    pub to: Timestamp,
}

/// What a search tells of an order, enough to see whether it must be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderHeader {
    /// Its key.
    pub id: OrderId,
    /// Its number.
    pub number: OrderNumber,
    /// Sale, resend or exchange: only the search tells (linnworks.md 4.1).
    pub kind: OrderKind,
    /// True for a processed order.
    pub processed: bool,
    /// When it was processed.
    pub processed_at: Option<Timestamp>,
    /// Cancelled after processing.
    pub cancelled: bool,
    /// fTotalCharge, when the search gives it.
    pub total: Option<Money>,
    /// A hash over the header's fields that matter; another value means that the order changed.
    pub fingerprint: String,
}

/// One order, or why it could not be read.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceOrder {
    /// Read whole. Boxed: orders are large.
    Read(Box<Order>),
    /// It came, and it is not what an order must be.
    Malformed {
        /// Its key.
        id: OrderId,
        /// Field and cause, without values.
        cause: String,
    },
}

/// The orders of one reading.
#[derive(Clone, Debug, Default)]
pub struct OrdersRead {
    /// What came.
    pub orders: Vec<SourceOrder>,
    /// Ids that were asked for and did not come.
    pub missing: Vec<OrderId>,
}

/// A source of orders.
#[async_trait]
pub trait OrderSource: Send + Sync {
    /// Headers of every order processed within the window, cancelled ones included, each once. Complete or an error.
    async fn find_processed(&self, window: Window) -> Result<Vec<OrderHeader>, ConnectorError>;

    /// Headers of every open order.
    async fn find_open(&self) -> Result<Vec<OrderHeader>, ConnectorError>;

    /// Headers of the orders whose number or one of whose references equals the text.
    async fn find_by_reference(&self, reference: &str) -> Result<Vec<OrderHeader>, ConnectorError>;

    /// The orders of these headers.
    async fn read_orders(&self, headers: &[OrderHeader]) -> Result<OrdersRead, ConnectorError>;

    /// HTTP requests made so far, sign-in included.
    fn calls(&self) -> u64;
}
