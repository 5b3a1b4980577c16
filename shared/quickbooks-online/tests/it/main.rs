//! The connector against a scripted server on the loopback. Time is a clock that jumps; only the test of
//! the deadline waits for its one real second.

#[cfg(test)]
mod consent;
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
