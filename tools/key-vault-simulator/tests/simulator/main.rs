//! The simulator from its callers side.
