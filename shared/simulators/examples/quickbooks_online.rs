//! Starts the QuickBooks Online simulator and prints its address, for trying clients against it by hand.
//!
//! In: `us` as the only argument for a company in the United States, else one in the United Kingdom. Out: one line, the
//! address; it runs until interrupted.

use simulators::quickbooks_online::{CompanySeed, QuickBooksOnlineSimulator};
use simulators::time::SimulatedTime;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let company = match std::env::args().nth(1).as_deref() {
        Some("us") => CompanySeed::united_states(),
        _ => CompanySeed::united_kingdom(),
    };
    let simulator = QuickBooksOnlineSimulator::start(company, SimulatedTime::new()).await?;
    println!("{}", simulator.address());
    tokio::signal::ctrl_c().await?;
    simulator.shutdown().await;
    Ok(())
}
