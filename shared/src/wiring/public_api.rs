//! Who may call the public API, and how much.

use crate::host::settings::limits::{
    MAX_REQUESTS, MAX_WAITS, REQUESTS_PER_ADDRESS, REQUESTS_PER_CALLER, TRUSTED_PROXIES,
};
use crate::host::settings::{OIDC_AUDIENCES, OIDC_ISSUERS, OPEN, Together};
use crate::host::{InvalidSettings, Setup};
use crate::http::limits::Allowed;
use crate::oidc::TrustedIssuers;
use reqwest::Url;

/// Addresses of issuers, and the audiences of their tokens.
type Trust = (Vec<Url>, Vec<String>);

/// The configured issuers, whose tokens are accepted; none if the API is open to everyone, which is
/// logged.
///
/// # Errors
/// When an issuer is not an address, when issuers or audiences are missing although the API is not open,
/// and when they are set although it is open.
pub fn tokens(setup: &Setup) -> Result<Option<TrustedIssuers>, InvalidSettings> {
    let (issuers, audiences) = (setup.read(&OIDC_ISSUERS), setup.read(&OIDC_AUDIENCES));
    let (issuers, audiences, open) = (issuers, audiences, setup.read(&OPEN)).together()?;
    let Some((issuers, audiences)) = trust(issuers, audiences, open)? else {
        eprintln!("OPEN: no tokens are checked; everyone may do everything");
        return Ok(None);
    };
    Ok(Some(TrustedIssuers::new(&issuers, audiences)))
}

/// The limits of rate and concurrency.
///
/// # Errors
/// When a setting cannot be used.
pub fn allowed(setup: &Setup) -> Result<Allowed, InvalidSettings> {
    let rates = (setup.read(&REQUESTS_PER_CALLER), setup.read(&REQUESTS_PER_ADDRESS)).together();
    let room = (setup.read(&MAX_REQUESTS), setup.read(&MAX_WAITS)).together();
    let (rates, room, proxies) = (rates, room, setup.read(&TRUSTED_PROXIES)).together()?;
    let ((per_caller, per_address), (requests, waits)) = (rates, room);
    Ok(Allowed { per_caller, per_address, proxies, requests, waits })
}

fn trust(
    issuers: Vec<Url>,
    audiences: Vec<String>,
    open: bool,
) -> Result<Option<Trust>, InvalidSettings> {
    match (issuers.is_empty(), audiences.is_empty()) {
        (true, true) if open => Ok(None),
        _ if open => Err(OPEN.invalid(
            "must not be combined with OIDC_ISSUERS or OIDC_AUDIENCES, which it would override"
                .to_owned(),
        )),
        (no_issuer, no_audience) => {
            let missing = "must be set, unless OPEN=true allows everyone everything";
            let issuers =
                if no_issuer { Err(OIDC_ISSUERS.invalid(missing.to_owned())) } else { Ok(issuers) };
            let audiences = if no_audience {
                Err(OIDC_AUDIENCES.invalid(missing.to_owned()))
            } else {
                Ok(audiences)
            };
            (issuers, audiences).together().map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::host::settings::InvalidSetting;

    #[test]
    fn an_api_is_open_only_if_that_is_set_and_nothing_else() {
        let trust = |issuers: &[&str], audiences: &[&str], open| {
            let issuers = issuers.iter().map(|issuer| issuer.parse().unwrap()).collect();
            let audiences = audiences.iter().map(|it| (*it).to_owned()).collect();
            super::trust(issuers, audiences, open).map_err(|invalid| {
                let faults = invalid.iter().map(InvalidSetting::to_string);
                faults.map(|it| it.split(',').next().unwrap().to_owned()).collect::<Vec<_>>()
            })
        };
        let (issuer, audience) = (&["https://a.example"], &["shop"]);
        let must_be_set = |name: &str| format!("{name}: must be set");
        let [no_issuer, no_audience] = ["OIDC_ISSUERS", "OIDC_AUDIENCES"].map(must_be_set);
        assert_eq!(trust(&[], &[], true), Ok(None));
        assert!(trust(issuer, audience, false).unwrap().is_some());
        assert_eq!(trust(&[], &[], false), Err(vec![no_issuer.clone(), no_audience.clone()]));
        assert_eq!(trust(issuer, &[], false), Err(vec![no_audience]));
        assert_eq!(trust(&[], audience, false), Err(vec![no_issuer]));
        for (issuer, audience) in [(&issuer[..], &audience[..]), (issuer, &[]), (&[], audience)] {
            let faults = trust(issuer, audience, true).unwrap_err();
            assert!(faults[0].starts_with("OPEN: must not be combined with"), "{faults:?}");
        }
    }
}
