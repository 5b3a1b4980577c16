//! Tests of the whole product.

mod clients;
mod kill;
