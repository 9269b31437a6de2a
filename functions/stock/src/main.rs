//! Hosts one actor per product, which owns its stock.

use axum::Router;
use shared::host::{self, SystemClock};
use shared::ports::Clock;
use shared::sidecar::{Sidecar, actor};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(setup.sidecar(), SystemClock))).await
}

fn app(sidecar: &Sidecar, clock: impl Clock) -> Router {
    actor::host(sidecar, clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::testing::fakes::FakeClock;
    use shared::testing::orders::at;
    use shared::testing::{conforms, no_sidecar, send};

    #[tokio::test]
    async fn it_conforms() {
        let turn = "PUT /actors/stock/lamp/method/turn";
        conforms(app(&no_sidecar(), FakeClock(at(0))), &[], &[turn]).await;
    }

    #[tokio::test]
    async fn it_hosts_the_actors_of_every_product() {
        let app = app(&no_sidecar(), FakeClock(at(0)));
        let (_, config) = send(app, "GET /dapr/config", &Value::Null).await;
        assert_eq!(config["entities"], json!(["stock"]));
    }
}
