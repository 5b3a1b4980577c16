//! Links the function at a fixed address, on x86-64 Linux.
//!
//! A position-independent program has some 30,000 addresses corrected before its first line runs: a third of the start of a function and
//! 140 KB of its package. What is given up is that the program's own code lies at another address in each process; libraries, heap and
//! stack still do. Elsewhere the linkers' default stays.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if (target("OS"), target("ARCH"), target("ENV")) == ("linux".into(), "x86_64".into(), "gnu".into()) {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
