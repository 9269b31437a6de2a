//! The folder that keeps, over all workspaces of a user, what takes long to make.

use crate::LocalError;
use etcetera::BaseStrategy;
use std::fs;
use std::path::PathBuf;

/// The cache folder, which is made where missing.
pub(crate) fn folder() -> Result<PathBuf, LocalError> {
    let user = etcetera::choose_base_strategy().map_err(LocalError::NoCache)?;
    let folder = user.cache_dir().join("saga-shop");
    fs::create_dir_all(&folder).map_err(LocalError::file("make", &folder))?;
    Ok(folder)
}
