//! The deployment scripts, run against fakes of the programs with which they would change
//! something.

mod any_cluster;
mod by_digest;
mod changes;
mod kubernetes;
mod payment_key;
mod reads;
mod recovery;
mod refused;
mod scripts;
mod usage;
