//! Checks over real HTTP.
