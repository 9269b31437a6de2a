//! Dapr's resources and secrets, as one cluster sees them.
//!
//! `components/local` is written for a stock `dapr init`. A cluster runs on a private copy, in which
//! Redis and the secrets file are its own.

use crate::LocalError;
use serde::Deserialize;
use serde_json::json;
use serde_norway::{Deserializer, Value};
use std::io::Write;
use std::path::Path;
use std::{fs, io};
use tempfile::NamedTempFile;
use uuid::Uuid;

/// What a cluster's components use instead of what `components/local` names.
#[derive(Debug)]
pub(crate) struct Own<'a> {
    pub(crate) redis: u16,
    /// The Redis that events go through.
    pub(crate) broker: u16,
    pub(crate) smtp: u16,
    pub(crate) secrets: &'a Path,
}

/// Copies the resources of the folder `from` to the folder `to`, with the cluster's own addresses.
pub(crate) fn render(from: &Path, to: &Path, own: &Own<'_>) -> Result<(), LocalError> {
    let unreadable = LocalError::file("read", from);
    let entries: io::Result<Vec<_>> = fs::read_dir(from).and_then(Iterator::collect);
    for path in entries.map_err(unreadable)?.iter().map(fs::DirEntry::path) {
        let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(is_yaml)) else {
            continue;
        };
        let text = fs::read_to_string(&path).map_err(LocalError::file("read", &path))?;
        let text = render_text(&text, own);
        let text = text.map_err(|source| LocalError::Resource { path: path.clone(), source })?;
        write(&to.join(name), &text)?;
    }
    Ok(())
}

fn is_yaml(extension: &std::ffi::OsStr) -> bool {
    extension == "yaml" || extension == "yml"
}

fn render_text(text: &str, own: &Own<'_>) -> Result<String, serde_norway::Error> {
    let mut rendered = String::new();
    for document in Deserializer::from_str(text) {
        let mut resource = Value::deserialize(document)?;
        let sends_mail = resource["spec"]["type"] == "bindings.smtp";
        let is_broker = resource["spec"]["type"] == "pubsub.redis";
        let redis = if is_broker { own.broker } else { own.redis };
        for entry in metadata(&mut resource) {
            match entry.get("name").and_then(Value::as_str) {
                Some("redisHost") => entry["value"] = format!("127.0.0.1:{redis}").into(),
                Some("port") if sends_mail => entry["value"] = own.smtp.to_string().into(),
                Some("secretsFile") => entry["value"] = own.secrets.to_string_lossy().into(),
                _ => {}
            }
        }
        rendered.push_str("---\n");
        rendered.push_str(&serde_norway::to_string(&resource)?);
    }
    Ok(rendered)
}

/// What the vault is called.
pub(crate) const VAULT: &str = "shop";

/// Replaces the component `secrets` in the folder `to` by the one of Azure, in the file `from`.
pub(crate) fn keep_secrets_in_vault(from: &Path, to: &Path) -> Result<(), LocalError> {
    let text = fs::read_to_string(from).map_err(LocalError::file("read", from))?;
    let text = text
        .replace("${KEY_VAULT_NAME}", VAULT)
        .replace("${CLIENT_ID}", &Uuid::nil().to_string())
        .replace("${AUTH_METHODS}", "managedidentity");
    write(&to.join("secrets.yaml"), &text)
}

/// The entries of a component's metadata; resources of other kinds have none.
fn metadata(resource: &mut Value) -> &mut [Value] {
    let metadata = resource.get_mut("spec").and_then(|spec| spec.get_mut("metadata"));
    metadata.and_then(Value::as_sequence_mut).map_or(&mut [], |entries| entries)
}

/// Writes the configuration of every sidecar to the file `path`. Names are resolved through the
/// database `names`, which needs no multicast and forgets a stopped sidecar immediately. Spans go to the
/// port `otlp`, if there is one.
pub(crate) fn configure(path: &Path, names: &Path, otlp: Option<u16>) -> Result<(), LocalError> {
    let mut configuration = json!({
        "apiVersion": "dapr.io/v1alpha1",
        "kind": "Configuration",
        "metadata": {"name": "local"},
        "spec": {
            // A sidecar would restart whenever its copy of a resource changes.
            "features": [{"name": "HotReload", "enabled": false}],
            // Finished workflows, with the personal data in their inputs.
            "workflow": {"stateRetentionPolicy": {"anyTerminal": "168h"}},
            "nameResolution": {
                "component": "sqlite",
                "version": "v1",
                "configuration": {
                    "connectionString": names,
                    // A name that is not renewed for the interval is gone, by clocks that count whole
                    // seconds. It is renewed a timeout earlier: by default a second, which a loaded
                    // machine is late by, and then there is no such host for a moment.
                    "updateInterval": "15s",
                    "timeout": "5s",
                    // All sidecars make the table concurrently, and each waits for its turn.
                    "busyTimeout": "4s"
                }
            }
        }
    });
    if let Some(port) = otlp {
        configuration["spec"]["tracing"] = json!({
            "samplingRate": "1",
            "otel": {
                "endpointAddress": format!("127.0.0.1:{port}"),
                "protocol": "http",
                "isSecure": false
            }
        });
    }
    // JSON is YAML.
    write(path, &configuration.to_string())
}

fn write(path: &Path, text: &str) -> Result<(), LocalError> {
    fs::write(path, text).map_err(LocalError::file("write", path))
}

/// Makes the secrets file `path` where it is missing, with a random key, for its owner's eyes only.
///
/// # Errors
/// When it cannot be written.
pub fn make_secrets(path: &Path) -> Result<(), LocalError> {
    if path.exists() {
        return Ok(());
    }
    let write = |folder: &Path| {
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", json!({"payment-api-key": format!("sk_test_{}", random())}))?;
        match file.persist_noclobber(path) {
            Err(other) if other.error.kind() != io::ErrorKind::AlreadyExists => Err(other.error),
            // Of two made concurrently, the first is kept.
            _ => Ok(()),
        }
    };
    write(path.parent().unwrap_or(Path::new("."))).map_err(LocalError::file("write", path))
}

/// 244 random bits, in hexadecimal digits.
#[expect(clippy::disallowed_methods, reason = "a secret must be random from its first digit on")]
pub(crate) fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn own() -> Own<'static> {
        Own { redis: 10_001, broker: 10_003, smtp: 10_002, secrets: Path::new("ours.json") }
    }

    fn documents(text: &str) -> Vec<Value> {
        Deserializer::from_str(text).map(|one| Value::deserialize(one).unwrap()).collect()
    }

    #[test]
    fn a_component_gets_the_cluster_s_own_addresses_and_keeps_the_rest() {
        let stock = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: orders}\nspec:\n  \
                     type: state.redis\n  metadata:\n    - {name: redisHost, value: \"localhost:6379\"}\n    \
                     - {name: keyPrefix, value: name}\nscopes: [get-order]\n---\nspec:\n  metadata:\n    \
                     - name: secretsFile\n      value: .local/secrets.json\n";
        let expected = stock
            .replace("localhost:6379", "127.0.0.1:10001")
            .replace(".local/secrets.json", "ours.json");
        let rendered = render_text(stock, &own()).unwrap();
        assert_eq!(documents(&rendered), documents(&expected));
    }

    #[test]
    fn events_go_through_a_redis_of_their_own() {
        let stock = "spec:\n  type: pubsub.redis\n  metadata: [{name: redisHost, value: x}]\n";
        let rendered = documents(&render_text(stock, &own()).unwrap()).remove(0);
        assert_eq!(rendered["spec"]["metadata"][0]["value"], "127.0.0.1:10003");
    }

    #[test]
    fn other_resources_stay_as_they_are() {
        let stock = "# a comment\nkind: Resiliency\nspec: {policies: {timeouts: {a: 5s}}}\n";
        assert_eq!(documents(&render_text(stock, &own()).unwrap()), documents(stock));
    }

    #[test]
    fn only_yaml_is_copied_and_a_broken_one_is_named() {
        let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        fs::write(from.path().join("README.md"), "no: yaml: here").unwrap();
        fs::write(from.path().join("a.yaml"), "kind: Component").unwrap();
        render(from.path(), to.path(), &own()).unwrap();
        assert!(to.path().join("a.yaml").exists() && !to.path().join("README.md").exists());
        fs::write(from.path().join("b.yaml"), "no: yaml: here").unwrap();
        let error = render(from.path(), to.path(), &own()).unwrap_err().to_string();
        assert!(error.ends_with("b.yaml is no Dapr resource"), "{error}");
    }

    #[test]
    fn the_configuration_names_the_database() {
        let file = NamedTempFile::new().unwrap();
        configure(file.path(), Path::new("run/names.db"), None).unwrap();
        let written = documents(&fs::read_to_string(file.path()).unwrap()).remove(0);
        let names = &written["spec"]["nameResolution"]["configuration"]["connectionString"];
        assert_eq!(names, "run/names.db");
    }

    #[test]
    fn secrets_are_made_once_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/secrets.json");
        make_secrets(&path).unwrap();
        let made = fs::read_to_string(&path).unwrap();
        let key =
            serde_json::from_str::<serde_json::Value>(&made).unwrap()["payment-api-key"].clone();
        assert!(key.as_str().unwrap().starts_with("sk_test_") && key.as_str().unwrap().len() == 72);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        make_secrets(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), made);
    }
}
