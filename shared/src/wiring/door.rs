//! Who may call the public API.

use crate::host::settings::{OIDC_AUDIENCES, OIDC_ISSUERS, Together};
use crate::host::{InvalidSettings, Setup};
use crate::oidc::TrustedIssuers;

/// The issuers of the settings, whose tokens callers show; without any, everybody may call.
///
/// # Errors
/// When an issuer is no address, or is named without an audience.
pub fn tokens(setup: &Setup) -> Result<Option<TrustedIssuers>, InvalidSettings> {
    let settings = (setup.read(&OIDC_ISSUERS), setup.read(&OIDC_AUDIENCES)).together()?;
    let (issuers, audiences) = settings;
    match (issuers.is_empty(), audiences.is_empty()) {
        (true, _) => {
            eprintln!(
                "no tokens are checked: everybody may do everything; OIDC_ISSUERS says whose are"
            );
            Ok(None)
        }
        (false, true) => Err(OIDC_AUDIENCES.invalid("must be set beside OIDC_ISSUERS".to_owned())),
        (false, false) => Ok(Some(TrustedIssuers::new(&issuers, audiences))),
    }
}
