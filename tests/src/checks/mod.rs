//! Checks of the repository: the house rules, the generated files, and the deployment to Azure.

pub mod current;
pub mod infra;
pub mod program;
pub mod tidy;
