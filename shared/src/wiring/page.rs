//! The configuration of the shop's page.

use crate::host::settings::page::{
    LOCAL_CONTROLS, MAILS_PAGE, OIDC_CLIENT_ID, OIDC_SCOPES, TRACES_PAGE,
};
use crate::host::settings::{OIDC_ISSUERS, Together};
use crate::host::{InvalidSettings, Setup};
use reqwest::Url;

/// The configuration of the shop's page.
#[derive(Debug, Clone, Default)]
pub struct PageSettings {
    /// The issuer where people sign in; none when everyone may do everything.
    pub issuer: Option<Url>,
    /// The page, as the issuer knows it; empty when it does not.
    pub client_id: String,
    /// What it requests, with spaces between.
    pub scopes: String,
    /// Where the traces of an order are shown, with `{order_id}` in place of its id, and `{step}` of a step if
    /// they can be shown step by step; empty when nowhere.
    pub traces: String,
    /// Where mails are shown; empty when nowhere.
    pub mails: String,
    /// The controls of a shop on this machine.
    pub controls: Option<Url>,
}

/// What the settings say of the page.
///
/// # Errors
/// When a setting cannot be used.
pub fn page(setup: &Setup) -> Result<PageSettings, InvalidSettings> {
    let client = (setup.read(&OIDC_CLIENT_ID), setup.read(&OIDC_SCOPES)).together();
    let links = (setup.read(&TRACES_PAGE), setup.read(&MAILS_PAGE)).together();
    let (client, links, controls) = (client, links, setup.read(&LOCAL_CONTROLS)).together()?;
    let ((client_id, scopes), (traces, mails)) = (client, links);
    let issuer = setup.read(&OIDC_ISSUERS)?.into_iter().next();
    Ok(PageSettings { issuer, client_id, scopes, traces, mails, controls })
}
