//! Helpers of the tests of the workspace: a client of the running system with the invariants that must hold after
//! each test, and checks of the repository.

pub mod checks;
pub mod deploy;
pub mod system;
