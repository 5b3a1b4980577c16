//! Checks of the worlds.
