//! linnbooks
fn main() {}
