//! The scripts of deployment, run against stand-ins for the programs that they would change something
//! with.

mod by_digest;
mod changes;
mod kubernetes;
mod payment_key;
mod reads;
mod recovery;
mod refused;
mod scripts;
mod usage;
