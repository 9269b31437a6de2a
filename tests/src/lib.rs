//! Tests of the whole: of the running system, by a client of the shop and by the invariants that must
//! hold after each test; and of what the repository holds beside code that tests itself.

pub mod checks;
pub mod deploy;
pub mod system;
