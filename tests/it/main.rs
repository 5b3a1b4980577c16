//! Tests of the whole product.

mod kill;

mod clients;
