//! Serves a seeded Linnworks until interrupted, and prints where it is and what a client needs to try it.
//!
//! In: optionally a port, a seed and a number of orders. Out: one `name=value` a line.

use std::net::{Ipv4Addr, SocketAddr};

use simulators::linnworks::LinnworksSimulator;
use simulators::time::SimulatedTime;
use simulators::world::{World, WorldOptions};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u32>().unwrap_or_default());
    let port = u16::try_from(arguments.next().unwrap_or(0)).unwrap_or(0);
    let seed = u64::from(arguments.next().unwrap_or(1));
    let orders_count = arguments.next().unwrap_or(100);
    let world = World::generate(seed, WorldOptions { orders_count, ..WorldOptions::default() });
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let simulator = LinnworksSimulator::start_on(address, world.order_values(), SimulatedTime::new()).await?;
    println!("address={}", simulator.address());
    if let Some(first) = world.orders.first().map(|made| &made.order) {
        let stock_item = first.pointer("/Items/0/StockItemId");
        let sku = first.pointer("/Items/0/SKU");
        for (name, value) in [("order", first.get("OrderId")), ("stock-item", stock_item), ("sku", sku)] {
            println!("{name}={}", value.and_then(serde_json::Value::as_str).unwrap_or_default());
        }
    }
    std::future::pending().await
}
