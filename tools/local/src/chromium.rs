//! Chromium, in which the shop's page is tested.

use crate::LocalError;
use crate::guard::Guard;
use crate::package::Package;
use crate::progress::Progress;
use std::path::PathBuf;

const PACKAGE: Package = Package {
    phase: "chromium",
    programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    debian: "chromium",
    remedy: "install it: `sudo apt-get install chromium`, or Google Chrome",
    is_service: false,
};

/// The path of Chromium or Chrome. It is installed if it is missing, on Debian and as root only.
///
/// # Errors
/// When it is missing and cannot be installed.
pub async fn find(guard: &Guard, progress: Progress) -> Result<PathBuf, LocalError> {
    PACKAGE.find(guard, progress).await
}
