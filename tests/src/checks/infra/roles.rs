//! Role assignments: a deployment makes exactly these.

use super::Tree;
use super::snapshot::{Right, Snapshot};
use super::target::{OPERATORS, Target};
use super::text::missing_parts;
use local::manifest::Function;
use std::collections::BTreeSet;

const ACR_PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const BUS_SENDER: &str = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39";
const BUS_RECEIVER: &str = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0";
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const SECRETS_OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
const DATA_READER: &str = "00000000-0000-0000-0000-000000000001";
const DATA_CONTRIBUTOR: &str = "00000000-0000-0000-0000-000000000002";

/// `ports::API_KEY` and `ports::PREVIOUS_API_KEY`.
const KEYS: [&str; 2] = ["payment-api-key", "payment-api-key-previous"];

pub(super) fn wrong_roles(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let found: BTreeSet<_> = snapshot.rights().into_iter().collect();
    let wanted: BTreeSet<_> = wanted(tree, snapshot.target).into_iter().collect();
    let missing = wanted.difference(&found).map(|right| format!("missing: {right:?}"));
    let excess = found.difference(&wanted).map(|right| format!("excess: {right:?}"));
    missing.chain(excess).collect()
}

/// Whether the code reads the keys by these names.
pub(super) fn misnamed_keys(tree: &Tree) -> Vec<String> {
    let names = [
        "pub const API_KEY: &str = \"payment-api-key\"",
        "PREVIOUS_API_KEY: &str = \"payment-api-key-previous\"",
    ];
    missing_parts("keys.rs", tree.text("shared/src/ports/keys.rs"), &names)
}

fn wanted(tree: &Tree, target: Target) -> Vec<Right> {
    let shop = Shop { tree, target };
    let pull = tree.functions.iter().map(|function| right(ACR_PULL, "", &function.name));
    let mut rights: Vec<_> = pull.collect();
    rights.extend(shop.messages());
    rights.extend(shop.documents());
    rights.extend(shop.secrets());
    rights.extend(shop.operators());
    rights
}

/// The identity is named after the shop and `user`.
fn right(role: &str, scope: impl Into<String>, user: &str) -> Right {
    let identity = format!("saga-shop-{user}");
    Right { role: role.to_owned(), scope: scope.into(), identity }
}

struct Shop<'a> {
    tree: &'a Tree,
    target: Target,
}

impl Shop<'_> {
    /// The identities that use a component: its own, or on Kubernetes those of its functions.
    fn users(&self, component: &str) -> Vec<String> {
        if self.target != Target::Aks {
            return vec![format!("component-{component}")];
        }
        let uses = |function: &&Function| function.manifest.uses.iter().any(|it| it == component);
        self.tree.functions.iter().filter(uses).map(|function| function.name.clone()).collect()
    }

    fn managers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.subscribers().filter(|(function, _)| {
            let named = self.tree.functions.iter().find(|it| it.name == *function);
            named.is_some_and(|it| !it.manifest.manages.is_empty())
        })
    }

    fn subscribers(&self) -> impl Iterator<Item = (&str, &str)> {
        let topic = |it: &Function| it.manifest.topic.is_some();
        let subscribers = self.tree.functions.iter().filter(move |function| topic(function));
        subscribers.filter_map(|it| Some((it.name.as_str(), it.manifest.topic.as_deref()?)))
    }

    fn messages(&self) -> Vec<Right> {
        let shared = (self.target != Target::Aks).then_some("component-pubsub");
        let publish = self.tree.functions.iter().flat_map(|function| {
            let user = shared.unwrap_or(&function.name);
            let topics = function.manifest.publishes.iter();
            topics.map(move |topic| right(BUS_SENDER, format!("topics/{topic}"), user))
        });
        let mut rights: Vec<_> = publish.collect();
        rights.extend(
            self.subscribers().flat_map(|(function, topic)| self.of_subscriber(function, topic)),
        );
        let announce = |(_, topic)| right(BUS_SENDER, format!("topics/{topic}"), "secret-events");
        rights.extend(self.managers().map(announce));
        rights
    }

    /// The rights of a subscriber: to receive and count its messages, and to publish dead letters; and those of who
    /// records these.
    fn of_subscriber(&self, function: &str, topic: &str) -> Vec<Right> {
        let subscription = format!("topics/{topic}/subscriptions/{function}");
        let shared = (self.target != Target::Aks).then_some("component-pubsub");
        let mut rights: Vec<_> = [Some(function), shared]
            .into_iter()
            .flatten()
            .map(|user| right(BUS_RECEIVER, &*subscription, user))
            .collect();
        let dead = format!("topics/{topic}-{function}-dead");
        rights.push(right(BUS_SENDER, &*dead, shared.unwrap_or(function)));
        let recorders = self.tree.functions.iter().filter(|it| it.manifest.dead_letters);
        let recorders = recorders.map(|it| it.name.as_str());
        rights.extend(recorders.flat_map(|recorder| {
            let scope = format!("{dead}/subscriptions/{recorder}");
            [Some(recorder), shared]
                .into_iter()
                .flatten()
                .map(move |user| right(BUS_RECEIVER, &*scope, user))
        }));
        rights
    }

    /// The rights of operators: to read what lists are rebuilt from.
    fn operators(&self) -> Vec<Right> {
        if self.target == Target::Dev {
            return Vec::new();
        }
        let read = ["orders", "stock-store"].map(|store| Right {
            role: DATA_READER.to_owned(),
            scope: format!("dbs/saga-shop/colls/{store}"),
            identity: OPERATORS.to_owned(),
        });
        read.into()
    }

    fn documents(&self) -> Vec<Right> {
        let stores = super::state::stores(self.tree).into_iter();
        let rights = stores.flat_map(|store| {
            let scope = format!("dbs/saga-shop/colls/{store}");
            let users = self.users(&store).into_iter();
            users.map(move |user| right(DATA_CONTRIBUTOR, &*scope, &user))
        });
        rights.collect()
    }

    fn secrets(&self) -> Vec<Right> {
        let scopes = KEYS.map(|key| format!("secrets/{key}"));
        let users = self.users("secrets");
        let read = scopes.iter().flat_map(|scope| {
            users.iter().map(move |user| right(SECRETS_USER, scope.as_str(), user))
        });
        let write = scopes.iter().flat_map(|scope| {
            self.managers().map(move |(user, _)| right(SECRETS_OFFICER, scope.as_str(), user))
        });
        let mail = (self.target == Target::Prod)
            .then(|| right(SECRETS_USER, "secrets/mail-password", "environment"));
        read.chain(write).chain(mail).collect()
    }
}
