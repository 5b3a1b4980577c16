//! Tests against small servers.
