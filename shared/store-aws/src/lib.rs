//! The store, the queues and the token vault of one stack: DynamoDB, SQS and Secrets Manager behind the ports.
//!
//! ```text
//! DynamoStore    one table, its layout in `keys`          ports::Store
//! SqsQueue       two queues with dead-letter queues       ports::Queue
//! SecretsVault   secrets, pointers and leases             ports::TokenVault
//! DynamoStore    runs                                     ports::RunLog
//! DynamoStore    answers by idempotency key, single-use tokens, pins, which settings and rules are in force
//! ```
//! In: whole changes through the ports, on clients made by [`Connection`]. Out: what was kept.
//!
//! The promises are the ports' own, as store-sqlite keeps them: one suite of tests runs against both. Where AWS differs it is
//! said at `store`, `queue` and `vault`. Every request has a time limit and a bounded number of repetitions with a growing wait;
//! a repeated write is told from another's by the mark it carries (`table`). Nothing here logs; errors have places and codes,
//! never values.

mod answers;
mod calls;
mod connection;
mod documents;
mod ends;
mod error;
mod facts;
mod find;
mod http;
mod in_force;
pub mod keys;
mod large;
mod lists;
mod once;
mod pages;
mod pins;
mod query;
mod queue;
mod record;
mod requests;
mod runs;
mod store;
mod table;
mod together;
pub mod units;
mod value;
mod vault;
mod write;

pub use answers::Claim;
pub use connection::Connection;
pub use ends::WAITING_DAYS;
pub use in_force::Changed;
pub use pages::Page;
pub use pins::Pin;
pub use queue::{QueueUrls, SqsQueue, read_message};
pub use requests::RequestsQueue;
pub use store::{DynamoStore, PAYLOAD_DAYS};
pub use table::ACTIONS_PER_TRANSACTION_MAX;
pub use vault::SecretsVault;
