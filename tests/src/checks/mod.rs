//! Checks of the repository: the house rules, who calls whom, the generated files, and the deployment to Azure.

pub mod calls;
pub mod current;
pub mod infra;
pub mod program;
pub mod tidy;
