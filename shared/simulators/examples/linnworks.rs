//! Serves a seeded Linnworks until interrupted, and prints where it is and what a client needs to try it.
//!
//! In: optionally a port, a seed and a number of orders. Out: one `name=value` a line.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::Value;
use simulators::linnworks::LinnworksSimulator;
use simulators::time::SimulatedTime;
use simulators::world::{World, WorldOptions};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|text| text.parse::<u32>().unwrap_or_default());
    let port = u16::try_from(arguments.next().unwrap_or(0)).unwrap_or(0);
    let seed = u64::from(arguments.next().unwrap_or(1));
    let orders_count = arguments.next().unwrap_or(100);
    let world = World::generate(
        seed,
        WorldOptions {
            orders_count,
            ..WorldOptions::default()
        },
    );
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let simulator = LinnworksSimulator::start_on(address, world.order_values(), SimulatedTime::new()).await?;
    println!("address={}", simulator.address());
    let text =
        |order: &Value, pointer: &str| order.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    // The first order whose first line is linked to a stock item, so that the stock methods can be tried too.
    let tried = world.orders.iter().map(|made| &made.order).find(|order| {
        order.pointer("/Items/0/IsUnlinked") == Some(&Value::Bool(false))
            && order.pointer("/Items/0/IsService") == Some(&Value::Bool(false))
    });
    if let Some(order) = tried {
        let pointers = [
            ("order", "/OrderId"),
            ("stock-item", "/Items/0/StockItemId"),
            ("sku", "/Items/0/SKU"),
        ];
        for (name, pointer) in pointers {
            println!("{name}={}", text(order, pointer).unwrap_or_default());
        }
    }
    std::future::pending().await
}
