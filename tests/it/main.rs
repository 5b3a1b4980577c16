//! Tests of the whole product.

mod clients;
mod dependencies;
mod kill;
mod tidy;
