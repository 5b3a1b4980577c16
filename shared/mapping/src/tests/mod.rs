//! Orders through the whole mapping.

mod balance;
mod company;
mod customers;
mod documents;
mod money;
mod products;
mod rules;
mod tax;
mod world;
