//! Brings the whole system up on this machine.
