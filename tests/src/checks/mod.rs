//! What reads the repository: the rules of the house, what is generated, and what goes to Azure.

pub mod current;
pub mod infra;
pub mod program;
pub mod tidy;
