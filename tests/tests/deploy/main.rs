//! The scripts of deployment, run against stand-ins for the programs that they would change something
//! with.

mod by_digest;
mod kubernetes;
mod payment_key;
mod scripts;
