//! Linnworks and QuickBooks Online over real HTTP, for the demo, for trials and for the tests.
//!
//! In: a seeded world, fault switches. Out: addresses to call, counters to read. Written from the vendors' published
//! behaviour alone: nothing here imports a connector, so a mistaken belief in one is not shared by the other.

pub mod linnworks;
pub mod quickbooks_online;
pub mod time;
pub mod world;
