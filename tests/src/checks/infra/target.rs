//! The deployments that are checked, and their parameters.

use local::manifest::Function;
use std::collections::BTreeMap;

/// The Entra group of those who rebuild lists.
pub const OPERATORS: &str = "00000000-0000-0000-0000-00000000000a";

/// A deployment that has a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The cheapest shop, without mail, deployed again, without a payment key.
    Dev,
    /// With all options, deployed for the first time.
    Prod,
    /// As `Prod`, on Kubernetes.
    Aks,
}

impl Target {
    /// All targets.
    pub const ALL: [Self; 3] = [Self::Dev, Self::Prod, Self::Aks];

    /// The name of its snapshot.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Prod => "prod",
            Self::Aks => "aks",
        }
    }

    /// The snapshot's path.
    #[must_use]
    pub fn path(self) -> String {
        format!("infra/snapshots/{}.json", self.name())
    }

    /// The name of its parameter file.
    pub(super) const fn parameters(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Prod | Self::Aks => "prod",
        }
    }

    /// The environment of the parameter file.
    pub(super) fn environment(self, functions: &[Function]) -> Vec<(&'static str, String)> {
        let given: &[_] = match self {
            Self::Dev => &[],
            Self::Prod => PROD,
            Self::Aks => AKS,
        };
        let given = given.iter().chain(ISSUER);
        let all = given.chain((self != Self::Dev).then_some(COMMON).into_iter().flatten());
        let mut all: Vec<_> = all.map(|(name, value)| (*name, (*value).to_owned())).collect();
        if self != Self::Aks {
            all.push(("IMAGES", images(functions)));
        }
        all
    }
}

/// The variables of every deployment.
pub(super) const ISSUER: &[(&str, &str)] = &[
    ("OIDC_ISSUERS", "https://login.example.com/v2.0,https://other.example.com"),
    ("OIDC_AUDIENCES", "api://shop"),
];

const PROD: &[(&str, &str)] = &[
    (
        "SUBNET_ID",
        "/subscriptions/1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net/subnets/apps",
    ),
    ("INTERNAL", "true"),
    ("ALLOWED_CLIENTS", "203.0.113.0/24,198.51.100.7/32"),
];

const AKS: &[(&str, &str)] = &[("FUNCTION_HOST", "aks"), ("GATEWAY_HOST", "shop.example.com")];

const COMMON: &[(&str, &str)] = &[
    ("PAYMENT_API_KEY", "not-a-key"),
    ("PAYMENT_KEY_ID", "key-1"),
    ("PAYMENT_KEY_EXPIRES", "1800000000"),
    ("MAIL_HOST", "mail.example"),
    ("MAIL_PORT", "2525"),
    ("MAIL_FROM", "shop@example.com"),
    ("MAIL_USER", "shop"),
    ("MAIL_PASSWORD", "not-a-password"),
    ("ALERT_EMAIL", "people@example.com"),
    ("OPERATORS_GROUP_ID", OPERATORS),
    ("MONTHLY_BUDGET", "1500"),
    ("BUDGET_START", "2026-11-01"),
    (
        "PRIVATE_ENDPOINT_SUBNET_ID",
        "/subscriptions/1/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/net/subnets/data",
    ),
];

/// An image of each function.
fn images(functions: &[Function]) -> String {
    let digest = "0".repeat(64);
    let image = |name: &str| format!("registry.example/{name}@sha256:{digest}");
    let images = functions.iter().map(|function| (&function.name, image(&function.name)));
    serde_json::to_string(&images.collect::<BTreeMap<_, _>>()).expect("texts are JSON")
}
