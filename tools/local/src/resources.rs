//! The Dapr resources and the secrets of a cluster.
//!
//! `components/local` is written for a plain `dapr init`. A cluster uses a copy with its own Redis and secrets
//! file.

use crate::LocalError;
use crate::manifest::Function;
use serde::Deserialize;
use serde_json::json;
use serde_norway::{Deserializer, Value};
use std::io::Write;
use std::path::Path;
use std::{fs, io};
use tempfile::NamedTempFile;
use uuid::Uuid;

/// The values that replace those in `components/local`.
#[derive(Debug)]
pub(crate) struct Overrides<'a> {
    pub(crate) redis: u16,
    /// The port of the Redis of events.
    pub(crate) broker: u16,
    pub(crate) smtp: u16,
    pub(crate) secrets: &'a Path,
    /// Functions that may use the components that they name, beside those in the scopes.
    pub(crate) guests: &'a [Function],
}

/// Copies the resources of the folder `from` to the folder `to`, with the cluster's own addresses.
pub(crate) fn render(from: &Path, to: &Path, overrides: &Overrides<'_>) -> Result<(), LocalError> {
    let unreadable = LocalError::file("read", from);
    let entries: io::Result<Vec<_>> = fs::read_dir(from).and_then(Iterator::collect);
    for path in entries.map_err(unreadable)?.iter().map(fs::DirEntry::path) {
        let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(is_yaml)) else {
            continue;
        };
        let text = fs::read_to_string(&path).map_err(LocalError::file("read", &path))?;
        let text = render_text(&text, overrides);
        let text = text.map_err(|source| LocalError::Resource { path: path.clone(), source })?;
        write(&to.join(name), &text)?;
    }
    Ok(())
}

fn is_yaml(extension: &std::ffi::OsStr) -> bool {
    extension == "yaml" || extension == "yml"
}

fn render_text(text: &str, overrides: &Overrides<'_>) -> Result<String, serde_norway::Error> {
    let mut rendered = String::new();
    for document in Deserializer::from_str(text) {
        let mut resource = Value::deserialize(document)?;
        let sends_mail = resource["spec"]["type"] == "bindings.smtp";
        let is_broker = resource["spec"]["type"] == "pubsub.redis";
        let redis = if is_broker { overrides.broker } else { overrides.redis };
        for entry in metadata(&mut resource) {
            match entry.get("name").and_then(Value::as_str) {
                Some("redisHost") => entry["value"] = format!("127.0.0.1:{redis}").into(),
                Some("port") if sends_mail => entry["value"] = overrides.smtp.to_string().into(),
                Some("secretsFile") => entry["value"] = overrides.secrets.to_string_lossy().into(),
                _ => {}
            }
        }
        admit(overrides.guests, &mut resource);
        rendered.push_str("---\n");
        rendered.push_str(&serde_norway::to_string(&resource)?);
    }
    Ok(rendered)
}

/// Adds the guests that use a component to its scopes.
fn admit(guests: &[Function], resource: &mut Value) {
    let name = resource["metadata"]["name"].as_str().map(str::to_owned);
    let uses =
        |guest: &&Function| guest.manifest.uses.iter().any(|used| Some(used) == name.as_ref());
    if let Some(scopes) = resource.get_mut("scopes").and_then(Value::as_sequence_mut) {
        scopes.extend(guests.iter().filter(uses).map(|guest| guest.name.as_str().into()));
    }
}

/// The name of the vault.
pub(crate) const VAULT: &str = "shop";

/// Replaces the component `secrets` in the folder `to` by the one for Azure, in the file `from`.
pub(crate) fn use_vault(from: &Path, to: &Path) -> Result<(), LocalError> {
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

/// Writes the configuration of all sidecars to the file `path`. Names are resolved through the database
/// `names`, which needs no multicast and removes a stopped sidecar immediately. Spans are exported to the port
/// `otlp`, if there is one.
pub(crate) fn configure(path: &Path, names: &Path, otlp: Option<u16>) -> Result<(), LocalError> {
    let mut configuration = json!({
        "apiVersion": "dapr.io/v1alpha1",
        "kind": "Configuration",
        "metadata": {"name": "local"},
        "spec": {
            // Otherwise sidecars would restart when their resources change.
            "features": [{"name": "HotReload", "enabled": false}],
            // Finished workflows, with the personal data in their inputs.
            "workflow": {"stateRetentionPolicy": {"anyTerminal": "168h"}},
            "nameResolution": {
                "component": "sqlite",
                "version": "v1",
                "configuration": {
                    "connectionString": names,
                    // A name expires when it is not renewed for the interval, in whole seconds. It is
                    // renewed a timeout earlier: with the default of a second, a loaded machine is late,
                    // and the name is missing for a moment.
                    "updateInterval": "15s",
                    "timeout": "5s",
                    // All sidecars create the table concurrently.
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

/// Creates the secrets file `path` if it is missing, with a random key, readable only by its owner.
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
            // Another process may have created it meanwhile.
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

    fn overrides() -> Overrides<'static> {
        let secrets = Path::new("ours.json");
        Overrides { redis: 10_001, broker: 10_003, smtp: 10_002, secrets, guests: &[] }
    }

    fn documents(text: &str) -> Vec<Value> {
        Deserializer::from_str(text).map(|one| Value::deserialize(one).unwrap()).collect()
    }

    #[test]
    fn only_addresses_and_files_are_overridden() {
        let stock = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {name: orders}\nspec:\n  \
                     type: state.redis\n  metadata:\n    - {name: redisHost, value: \"localhost:6379\"}\n    \
                     - {name: keyPrefix, value: name}\nscopes: [get-order]\n---\nspec:\n  metadata:\n    \
                     - name: secretsFile\n      value: .local/secrets.json\n";
        let expected = stock
            .replace("localhost:6379", "127.0.0.1:10001")
            .replace(".local/secrets.json", "ours.json");
        let rendered = render_text(stock, &overrides()).unwrap();
        assert_eq!(documents(&rendered), documents(&expected));
    }

    #[test]
    fn events_can_have_their_own_redis() {
        let stock = "spec:\n  type: pubsub.redis\n  metadata: [{name: redisHost, value: x}]\n";
        let rendered = documents(&render_text(stock, &overrides()).unwrap()).remove(0);
        assert_eq!(rendered["spec"]["metadata"][0]["value"], "127.0.0.1:10003");
    }

    #[test]
    fn a_guest_is_in_the_scopes_of_what_it_uses() {
        let uses = json!({
            "kind": "http", "service": "order", "port": 1, "uses": ["orders"], "calls": {}
        });
        let guests = [Function {
            name: "guest".to_owned(),
            description: String::new(),
            manifest: serde_json::from_value(uses).unwrap(),
        }];
        for (component, expected) in [("orders", 2), ("payments", 1)] {
            let stock = format!("metadata: {{name: {component}}}\nspec: {{}}\nscopes: [a]\n");
            let rendered = render_text(&stock, &Overrides { guests: &guests, ..overrides() });
            let scopes = documents(&rendered.unwrap()).remove(0)["scopes"].clone();
            assert_eq!(scopes.as_sequence().unwrap().len(), expected, "{component}");
        }
    }

    #[test]
    fn other_resources_are_not_changed() {
        let stock = "# a comment\nkind: Resiliency\nspec: {policies: {timeouts: {a: 5s}}}\n";
        assert_eq!(documents(&render_text(stock, &overrides()).unwrap()), documents(stock));
    }

    #[test]
    fn only_yaml_is_copied_and_an_invalid_file_is_named() {
        let [from, to] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        fs::write(from.path().join("README.md"), "no: yaml: here").unwrap();
        fs::write(from.path().join("a.yaml"), "kind: Component").unwrap();
        render(from.path(), to.path(), &overrides()).unwrap();
        assert!(to.path().join("a.yaml").exists() && !to.path().join("README.md").exists());
        fs::write(from.path().join("b.yaml"), "no: yaml: here").unwrap();
        let error = render(from.path(), to.path(), &overrides()).unwrap_err().to_string();
        assert!(error.ends_with("b.yaml is not a Dapr resource"), "{error}");
    }

    #[test]
    fn the_configuration_has_the_path_of_the_database() {
        let file = NamedTempFile::new().unwrap();
        configure(file.path(), Path::new("run/names.db"), None).unwrap();
        let written = documents(&fs::read_to_string(file.path()).unwrap()).remove(0);
        let names = &written["spec"]["nameResolution"]["configuration"]["connectionString"];
        assert_eq!(names, "run/names.db");
    }

    #[test]
    fn secrets_are_created_once_and_readable_only_by_their_owner() {
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
