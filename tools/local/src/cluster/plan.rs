//! The functions and ports of a cluster.

use super::{Credentials, Place};
use crate::manifest::Function;
use crate::ports::{self, Block, ControlPlane};
use crate::{LocalError, redis, resources};
use std::collections::BTreeMap;

/// The ports of the mail sink.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mail {
    pub(super) smtp: u16,
    pub(super) http: u16,
}

/// The ports of the trace sink.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traces {
    pub(super) otlp: u16,
    pub(super) http: u16,
}

/// The ports of the Key Vault simulator.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyVault {
    pub(super) vault: u16,
    pub(super) identity: u16,
    pub(super) proxy: u16,
}

/// The functions and ports of a cluster. Nothing else uses the ports.
pub(super) struct Plan {
    pub(super) functions: Vec<Function>,
    pub(super) control_plane: ControlPlane,
    pub(super) simulator: u16,
    /// None, when everyone may do everything.
    pub(super) issuer: Option<u16>,
    /// Where the shop's page makes things fail, if it can.
    pub(super) controls: Option<u16>,
    pub(super) mail: Mail,
    /// None when traces are not collected.
    pub(super) traces: Option<Traces>,
    /// None when credentials are in a file.
    pub(super) key_vault: Option<KeyVault>,
    /// The Redis that stores the state.
    pub(super) redis: u16,
    /// The Redis of events, if it is another one.
    pub(super) broker: Option<u16>,
    /// The token that sidecars send to functions.
    pub(super) token: String,
    ports: BTreeMap<String, ports::Function>,
    /// The ports of second processes, by function.
    pub(super) seconds: BTreeMap<String, ports::Function>,
    /// Reserves the ports of a private cluster.
    block: Option<Block>,
}

impl Plan {
    pub(super) async fn new(
        place: Place,
        functions: Vec<Function>,
        traced: bool,
        credentials: Credentials,
    ) -> Result<Self, LocalError> {
        let mut plan = match place {
            Place::Private => Self::private(functions),
            Place::Workspace => Self::workspace(functions).await,
        }?;
        plan.traces = plan.traces.filter(|_| traced);
        plan.key_vault = plan.key_vault.filter(|_| credentials == Credentials::KeyVault);
        Ok(plan)
    }

    fn private(functions: Vec<Function>) -> Result<Self, LocalError> {
        let block = Block::claim()?;
        let mut free = block.ports();
        let control_plane = ControlPlane::take(&mut free);
        let simulator = ports::next(&mut free);
        let issuer = Some(ports::next(&mut free));
        let controls = Some(ports::next(&mut free));
        let traces = Traces { otlp: ports::next(&mut free), http: ports::next(&mut free) };
        let mail = Mail { smtp: ports::next(&mut free), http: ports::next(&mut free) };
        let key_vault = KeyVault {
            vault: ports::next(&mut free),
            identity: ports::next(&mut free),
            proxy: ports::next(&mut free),
        };
        let ports = with_ports(&functions, |_| ports::Function::take(&mut free));
        Ok(Self {
            functions,
            control_plane,
            simulator,
            issuer,
            controls,
            mail,
            traces: Some(traces),
            key_vault: Some(key_vault),
            redis: control_plane.redis,
            broker: None,
            token: resources::random(),
            ports,
            seconds: BTreeMap::new(),
            block: Some(block),
        })
    }

    async fn workspace(functions: Vec<Function>) -> Result<Self, LocalError> {
        let ports = with_ports(&functions, |function| ports::Function::at(function.manifest.port));
        let control_plane = ControlPlane::fixed();
        let mut needed = ports::fixed(&ports);
        let mut redis = ports::DEFAULT_REDIS;
        if !redis::answers(redis).await {
            redis = control_plane.redis;
            needed.push((redis, "Redis".to_owned()));
        }
        ports::check_free(needed)?;
        Ok(Self {
            functions,
            control_plane,
            simulator: ports::SIMULATOR,
            issuer: Some(ports::ISSUER),
            controls: Some(ports::CONTROLS),
            traces: Some(Traces { otlp: ports::TRACE_OTLP, http: ports::TRACE_HTTP }),
            key_vault: Some(KeyVault {
                vault: ports::KEY_VAULT,
                identity: ports::KEY_VAULT_IDENTITY,
                proxy: ports::KEY_VAULT_PROXY,
            }),
            mail: Mail { smtp: ports::MAIL_SMTP, http: ports::MAIL_HTTP },
            redis,
            broker: None,
            token: resources::random(),
            ports,
            seconds: BTreeMap::new(),
            block: None,
        })
    }

    /// Adds a Redis for events.
    pub(super) fn add_broker(&mut self) {
        self.broker = self.block.as_ref().map(|block| block.ports().end - 1);
    }

    /// Adds a second process of each of `functions`.
    pub(super) fn add_seconds(&mut self, functions: &[String]) {
        let Some(block) = &self.block else { return };
        let of = |ports: &ports::Function| ports.sidecar.metrics;
        let last = self.ports.values().map(of).max().unwrap_or_default();
        let mut free = last + 1..block.ports().end;
        let second = |name: &String| (name.clone(), ports::Function::take(&mut free));
        self.seconds = functions.iter().map(second).collect();
    }

    pub(super) fn owns_redis(&self) -> bool {
        self.redis == self.control_plane.redis
    }

    pub(super) fn ports(&self, function: &str) -> &ports::Function {
        self.ports.get(function).unwrap_or_else(|| panic!("there is no function {function}"))
    }
}

fn with_ports(
    functions: &[Function],
    mut ports: impl FnMut(&Function) -> ports::Function,
) -> BTreeMap<String, ports::Function> {
    functions.iter().map(|function| (function.name.clone(), ports(function))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{manifest, workspace};

    #[tokio::test]
    async fn private_plans_share_no_port() {
        let functions = manifest::functions(&workspace::root()).unwrap();
        let one =
            Plan::new(Place::Private, functions.clone(), true, Credentials::File).await.unwrap();
        let other = Plan::new(Place::Private, functions, true, Credentials::File).await.unwrap();
        let ports = |plan: &Plan| [plan.simulator, plan.redis, plan.ports("gateway").app];
        assert!(ports(&one).iter().all(|port| !ports(&other).contains(port)));
        assert_ne!(one.token, other.token);
    }
}
