//! What the stand-ins of services on this machine share: small servers on the loopback address, in
//! memory, with faults on demand.
//!
//! [`run`] lives from the command line to the exit code, [`listen`] and [`stop`] are what a server
//! waits for meanwhile, and [`Failure`] is why it ends with an error. [`bounded`], [`ApiError`] and
//! [`respond`] are what its routers need; pages extend `templates/page.html`. [`faults`] is what
//! plans of faults share, and [`accept()`] serves what is no HTTP.

mod accept;
mod failure;
pub mod faults;
mod process;
#[cfg(feature = "testing")]
pub mod testing;
mod web;

pub use accept::accept;
pub use failure::Failure;
pub use process::{listen, run, stop};
pub use web::{ApiError, bounded, respond};
