//! What every function shares: start, logs, metrics, partial batches, deadlines.
//!
//! ```text
//! serve        one process: logs installed, then invocations one after another
//! Invocation   the run's id and the instant by which it must have ended
//! handle_batch one SQS batch: the whole of it at once, and one by one where that failed
//! log          JSON lines with the run's id, redacted
//! metrics      CloudWatch metrics as log lines (embedded metric format)
//! serve_http   one process behind an HTTP API (feature `http`)
//! environment  what the template tells the function
//! ```
//! In: events of Lambda. Out: answers, log lines. Knows no store, no connector and no business; opens no connection, so that a start is
//! no more than a process that begins to ask for work (tooling.md part 1, section 3).

pub mod batch;
pub mod deadline;
pub mod environment;
pub mod error;
#[cfg(feature = "http")]
pub mod http;
pub mod log;
pub mod metrics;
pub mod serve;

pub use batch::{BatchLimits, DocumentWork, handle_batch};
pub use deadline::Deadline;
pub use error::HostError;
pub use metrics::{Metric, emit};
pub use serve::{Handler, Invocation, serve};

pub use lambda_runtime::Error as RuntimeError;

pub use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
