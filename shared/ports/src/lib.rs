//! The traits between the use cases and the outside, with the records and messages they exchange.
//!
//! ```text
//! OrderSource   Linnworks: headers of a window, orders by id
//! Books         QuickBooks: lists, frozen calls, look-ups, reading back
//! Store         documents, calls, events, watermarks, lists, forms, rates
//! Queue         work to do, at least once
//! TokenVault    rotating tokens, compare and set
//! Clock         now and sleep
//! ```
//! Implementations live in the connectors and stores; this crate has none.

pub mod books;
pub mod clock;
pub mod error;
pub mod queue;
pub mod runs;
pub mod source;
pub mod store;
pub mod vault;

pub use books::{
    Books, CallEntry, CallOutcome, EntityOutcome, EntryOutcome, FoundTransaction, FrozenCall, ListsCursor,
    ListsUpdate, NewEntity, Probe, ProbeBy, Refusal, RefusalAct, Submission,
};
pub use clock::{Clock, SystemClock};
pub use error::{ConnectorError, Disposition, StoreError};
pub use queue::{Message, Queue, QueueName, Received};
pub use runs::{Run, RunId, RunKind, RunLog, RunState, Wanted};
pub use source::{OrderHeader, OrderSource, OrdersRead, SourceOrder, Window};
pub use store::{
    CallState, Change, DocumentFilter, DocumentRecord, Event, FormKey, FormState, KnownLists, Store,
    StoredCall,
};
pub use vault::{StoredSecret, TokenVault};
