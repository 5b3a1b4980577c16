//! The connector against a scripted server on the loopback. No test waits for real time to pass.

#[cfg(test)]
mod entities;
#[cfg(test)]
mod freeze;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod transactions;
