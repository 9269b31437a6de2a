//! The cache folder, which all workspaces of a user share.

use crate::LocalError;
use etcetera::BaseStrategy;
use std::fs;
use std::path::PathBuf;

/// The cache folder, which is created if it is missing.
pub(crate) fn folder() -> Result<PathBuf, LocalError> {
    let user = etcetera::choose_base_strategy().map_err(LocalError::NoCache)?;
    let folder = user.cache_dir().join("saga-shop");
    fs::create_dir_all(&folder).map_err(LocalError::file("create", &folder))?;
    Ok(folder)
}
