//! The shop's page: how people sign in there, and what it links to.

use super::{Setting, parsed, web_address};
use reqwest::Url;

/// `OIDC_CLIENT_ID`: the shop's page as the first of `OIDC_ISSUERS` knows it: a public client that may use the
/// authorization code flow with PKCE, and is redirected to `/`. Empty: nobody can sign in there.
pub const OIDC_CLIENT_ID: Setting<String> =
    Setting { name: "OIDC_CLIENT_ID", default: Some(""), parse: parsed };

/// `OIDC_SCOPES`: what the page requests when a user signs in, as the issuer names it, separated by spaces. An
/// issuer grants what the person may do of it.
pub const OIDC_SCOPES: Setting<String> = Setting {
    name: "OIDC_SCOPES",
    default: Some("orders inventory orders.admin inventory.admin payments.admin"),
    parse: parsed,
};

/// `TRACES_PAGE`: where the traces of an order are shown, with `{order_id}` in place of its id and, where they
/// can be shown step by step, `{step}` in place of a step, such as `pay`. Empty: the page links to none.
pub const TRACES_PAGE: Setting<String> =
    Setting { name: "TRACES_PAGE", default: Some(""), parse: optional_address };

/// `MAILS_PAGE`: where the mails to customers are shown, on a developer's machine. Empty: the page links to
/// none.
pub const MAILS_PAGE: Setting<String> =
    Setting { name: "MAILS_PAGE", default: Some(""), parse: optional_address };

/// `LOCAL_CONTROLS`: the controls of `./makew start`, by which the page makes parts of the shop fail. Empty, as
/// everywhere else: it shows none.
pub const LOCAL_CONTROLS: Setting<Option<Url>> = Setting {
    name: "LOCAL_CONTROLS",
    default: Some(""),
    parse: |text| (!text.is_empty()).then(|| web_address(text)).transpose(),
};

fn optional_address(text: &str) -> Result<String, String> {
    if !text.is_empty() {
        web_address(text)?;
    }
    Ok(text.to_owned())
}
