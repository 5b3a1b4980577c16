//! The API over real HTTP, on a table, queues and secrets of an emulator and with simulated vendors.

mod connections;
mod ground;
mod orders;
mod refusals;
mod texts;

#[path = "../../../../tests/emulators/mod.rs"]
#[allow(dead_code, reason = "shared with other tests, which use the rest")]
mod emulators;
