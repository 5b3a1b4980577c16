//! One deployed stack: what its functions, its API and the command line work on.
//!
//! ```text
//! Description   names and addresses, as the template gives them        (environment of a function, outputs of the stack)
//! Stack         store, queues, vault; the core of the use cases with the settings and rules in force
//! in_force      puts settings and rules in force, each following the version that the writer knew
//! account       the Linnworks account      feature `linnworks`
//! company       the QuickBooks company     feature `quickbooks-online`
//! ```
//! In: a description and clients of AWS. Out: the parts that use cases need. Decides nothing and asks nothing before it is used. The
//! connectors are features, so that a function without secrets is built without them.

#[cfg(feature = "linnworks")]
pub mod account;
#[cfg(feature = "quickbooks-online")]
pub mod company;
pub mod description;
pub mod in_force;
mod open;

pub use description::Description;
pub use open::Stack;

use pipeline::RunError;
use ports::{ConnectorError, Disposition};

/// What a person must correct in the stack or its secrets.
fn configuration(cause: impl Into<String>, remedy: impl Into<String>) -> RunError {
    RunError::Connector(ConnectorError::new(
        Disposition::Configuration,
        "the stack",
        cause,
        remedy,
    ))
}
