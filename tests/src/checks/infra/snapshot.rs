//! The resources that a deployment would create, with loops, conditions and modules expanded.

use super::target::Target;
use serde_json::Value;

/// The resources of a deployment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The deployment.
    pub target: Target,
    value: Value,
}

/// A right: a role, on something, for an identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The role's id.
    pub role: String,
    /// The path of the resource within the namespace, account or vault: `topics/orders`.
    pub scope: String,
    /// The identity's name.
    pub identity: String,
}

impl Snapshot {
    /// A snapshot with its resources sorted by id.
    #[must_use]
    pub fn new(target: Target, mut value: Value) -> Self {
        if let Some(resources) = value["predictedResources"].as_array_mut() {
            resources.sort_by_key(|resource| text(resource, "/id").to_owned());
        }
        Self { target, value }
    }

    /// The snapshot as JSON, as it is committed.
    ///
    /// # Panics
    /// Never: what was JSON is JSON.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(&self.value).expect("snapshots are JSON") + "\n"
    }

    /// What the compiler could not expand.
    #[must_use]
    pub fn diagnostics(&self) -> &Value {
        &self.value["diagnostics"]
    }

    /// Every resource.
    pub fn resources(&self) -> impl Iterator<Item = &Value> {
        self.value["predictedResources"].as_array().into_iter().flatten()
    }

    /// The resources of one type.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.resources().filter(move |resource| resource["type"] == kind)
    }

    /// The resource of this type whose name, or its last segment, is `name`.
    #[must_use]
    pub fn named(&self, kind: &str, name: &str) -> Option<&Value> {
        let is_it = |it: &&Value| it["type"] == kind && last(text(it, "/name")) == name;
        self.resources().find(is_it)
    }

    /// The only resource of this type; null when there is none.
    #[must_use]
    pub fn one(&self, kind: &str) -> &Value {
        self.resources().find(|resource| resource["type"] == kind).unwrap_or(&Value::Null)
    }

    /// The role assignments.
    #[must_use]
    pub fn rights(&self) -> Vec<Right> {
        let control = self.of("Microsoft.Authorization/roleAssignments");
        let data = self.of("Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments");
        control.map(|role| right(role, &scope(role))).chain(data.map(data_right)).collect()
    }
}

/// The text at `pointer`; empty, when there is none.
#[must_use]
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The part after the last slash.
#[must_use]
pub fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The elements of the list at `pointer`.
pub fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn data_right(role: &Value) -> Right {
    right(role, text(role, "/properties/scope"))
}

fn right(role: &Value, scope: &str) -> Right {
    Right {
        role: last(text(role, "/properties/roleDefinitionId")).to_owned(),
        scope: within(scope),
        identity: identity(text(role, "/properties/principalId")).to_owned(),
    }
}

/// The resource of a role assignment, with which its id begins, computed or not.
fn scope(role: &Value) -> String {
    let id = text(role, "/id");
    let computed = id.strip_prefix("[extensionResourceId('").and_then(|id| id.split_once('\''));
    let written = || id.split_once("/providers/Microsoft.Authorization/");
    computed.or_else(written).map_or(id, |(scope, _)| scope).to_owned()
}

/// `…/providers/Microsoft.ServiceBus/namespaces/NAME/topics/orders`: `topics/orders`.
fn within(scope: &str) -> String {
    let path = scope.rsplit_once("/providers/").map_or(scope, |(_, path)| path);
    let parts: Vec<_> = path.split('/').skip(3).collect();
    parts.join("/")
}

/// The identity that is referred to by id or by name.
fn identity(principal: &str) -> &str {
    let referred = principal.strip_prefix("[reference('").and_then(|rest| rest.split_once('\''));
    referred.map_or(principal, |(id, _)| last(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_right_is_read_from_computed_and_from_literal_ids() {
        let topic = "/subscriptions/1/resourceGroups/shop/providers/Microsoft.ServiceBus/namespaces/bus/topics/orders";
        let principal = "[reference('/subscriptions/1/userAssignedIdentities/saga-shop-stock', '2024-11-30').principalId]";
        let properties =
            json!({ "principalId": principal, "roleDefinitionId": "/providers/roleDefinitions/r" });
        let expected = [Right {
            role: "r".to_owned(),
            scope: "topics/orders".to_owned(),
            identity: "saga-shop-stock".to_owned(),
        }];
        let computed = format!(
            "[extensionResourceId('{topic}', 'Microsoft.Authorization/roleAssignments', guid())]"
        );
        let written = format!("{topic}/providers/Microsoft.Authorization/roleAssignments/1");
        for id in [computed, written] {
            let role = json!({ "id": id, "type": "Microsoft.Authorization/roleAssignments", "properties": properties });
            let value = json!({ "predictedResources": [role] });
            assert_eq!(Snapshot::new(Target::Dev, value).rights(), expected);
        }
    }
}
