//! quickbooks-online
