//! The Key Vault simulator from the side of Azure's own client, which runs in a separate process,
//! because it takes its settings from the environment.

#[path = "stand_in/key_vault/program.rs"]
mod program;
#[path = "stand_in/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the other tests use the rest")]
mod support;

use crate::program::{HEADER, Program};
use crate::support::{Signal, TIMEOUT};
use azure_core::http::{RequestContent, StatusCode};
use azure_core::time::{Duration, OffsetDateTime};
use azure_identity::ManagedIdentityCredential;
use azure_security_keyvault_secrets::models::{
    SecretAttributes, SecretClientGetSecretOptions, SetSecretParameters,
};
use azure_security_keyvault_secrets::{ResourceExt, SecretClient, SecretClientOptions};
use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::HashMap;
use std::env;
use std::process::ExitCode;
use tokio::process::Command;
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// The first argument of the process that is the client; the second is the vault's address.
const CLIENT: &str = "client";

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let runtime = Runtime::new().expect("a runtime starts");
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [mode, address] = arguments.as_slice()
        && mode == CLIENT
    {
        return match runtime.block_on(use_vault(address)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:?}");
                ExitCode::FAILURE
            }
        };
    }
    let run = |through: fn(&Program) -> String| move || check(through);
    let trials = vec![
        Trial::test(
            "a_client_finds_its_vault_by_the_proxy",
            run(|_| "https://shop.vault.azure.net".to_owned()),
        ),
        Trial::test(
            "a_client_calls_the_vault_without_the_proxy",
            run(|program| format!("https://localhost:{}", program.vault.port())),
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs the client on the vault at the address that `through` names.
fn check(through: fn(&Program) -> String) -> Result<(), Failed> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let program = Program::start(&[]).await;
        let mut client = Command::new(env::current_exe()?);
        client.kill_on_drop(true).args([CLIENT, &through(&program)]).env_clear().envs([
            ("SSL_CERT_FILE", program.authority().display().to_string()),
            ("IDENTITY_ENDPOINT", format!("http://{}/msi/token", program.identity)),
            ("IDENTITY_HEADER", HEADER.to_owned()),
            ("HTTPS_PROXY", format!("http://{}", program.proxy)),
            ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
        ]);
        let output = timeout(TIMEOUT, client.output()).await??;
        program.running.stop(Signal::TERM).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(stderr.into_owned().into()) }
    })
}

async fn use_vault(address: &str) -> Outcome {
    let provider = rustls::crypto::ring::default_provider().install_default();
    provider.expect("no other provider is installed");
    let credential = ManagedIdentityCredential::new(None)?;
    // A client asks that the vault's host is below the resource of the challenge.
    let verify_challenge_resource = Some(address.ends_with(".vault.azure.net"));
    let options = SecretClientOptions { verify_challenge_resource, ..Default::default() };
    let client = SecretClient::new(address, credential, Some(options))?;
    let first = set(&client, "first").await?;
    let second = set(&client, "second").await?;
    assert_ne!(first, second);
    reads_what_it_set(&client, first).await
}

/// Sets the secret; the version that it got.
async fn set(
    client: &SecretClient,
    value: &str,
) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let attributes = SecretAttributes {
        expires: Some(OffsetDateTime::now_utc() + Duration::days(30)),
        ..Default::default()
    };
    let parameters = SetSecretParameters {
        value: Some(value.to_owned()),
        content_type: Some("text/plain".to_owned()),
        tags: Some(HashMap::from([("kind".to_owned(), "test".to_owned())])),
        secret_attributes: Some(attributes),
    };
    let parameters = RequestContent::try_from(parameters)?;
    let secret = client.set_secret("api-key", parameters, None).await?.into_model()?;
    Ok(secret.resource_id()?.version)
}

async fn reads_what_it_set(client: &SecretClient, first: Option<String>) -> Outcome {
    let current = client.get_secret("api-key", None).await?.into_model()?;
    assert_eq!(current.value.as_deref(), Some("second"));
    assert_eq!(current.content_type.as_deref(), Some("text/plain"));
    assert_eq!(current.tags, Some(HashMap::from([("kind".to_owned(), "test".to_owned())])));
    let expires = current.attributes.and_then(|attributes| attributes.expires);
    assert!(expires.is_some_and(|time| time > OffsetDateTime::now_utc()));
    let options = SecretClientGetSecretOptions { secret_version: first, ..Default::default() };
    let old = client.get_secret("api-key", Some(options)).await?.into_model()?;
    assert_eq!(old.value.as_deref(), Some("first"));
    let missing = client.get_secret("nothing", None).await.expect_err("there is no such secret");
    assert_eq!(missing.http_status(), Some(StatusCode::NotFound));
    Ok(())
}
