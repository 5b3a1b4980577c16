//! The QuickBooks Online simulator over real HTTP, one module per group of behaviours.

mod batches;
mod client;
mod faults;
mod lists;
mod payments;
mod reads;
mod requestids;
mod sales;
mod taxes;
mod tokens;
