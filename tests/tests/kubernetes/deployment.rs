//! `./makew deploy-kubernetes`, and the shop that it deploys.

use crate::node::{Node, output};
use generate::workspace::root;
use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::system::client::Client;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

/// The time within which kubectl forwards a port.
const FORWARDS_WITHIN: Duration = Duration::from_secs(30);

/// The namespace of the shop.
pub(crate) const SHOP: &str = "saga-shop";

/// A deployed shop.
pub(crate) struct Deployment {
    environment: BTreeMap<String, String>,
}

/// A service by its forwarded port, which ends with this value.
pub(crate) struct Forwarded {
    url: String,
    _kubectl: Child,
    /// kubectl ends when nothing reads what it says.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Deployment {
    /// Deploys the shop, which also places an order.
    pub(crate) fn make(node: &Node) -> Self {
        let mut environment = node.environment();
        let storage = node.folder().join("storage.conf");
        let place = node.folder().join("storage");
        let place = place.display();
        let settings = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{place}\"\nrunroot = \"{place}/run\"\n"
        );
        fs::write(&storage, settings).expect("the folder is there");
        for (name, value) in [
            ("REDIS_IMAGE", "localhost/redis:1"),
            // A single client acts as all customers.
            ("REQUESTS_PER_CALLER", "0"),
            // Where buildah is the builder, it works without privileges of its own.
            ("CONTAINERS_STORAGE_CONF", &storage.to_string_lossy()),
            ("STORAGE_DRIVER", "vfs"),
            ("BUILDAH_ISOLATION", "chroot"),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        let deployment = Self { environment };
        deployment.run(&["--prebuilt", "--profile", "dev"]);
        deployment
    }

    /// A client of the shop, and the forwarded ports through which it reaches it.
    pub(crate) async fn reach(&self) -> (Client, [Forwarded; 3]) {
        let gateway = self.forward("gateway", "80").await;
        let provider = self.forward("payment-provider", "8090").await;
        let mails = self.forward("mails", "8025").await;
        let urls = [&gateway, &provider, &mails].map(|forwarded| forwarded.url.clone());
        // Everyone may do everything, without a token.
        let client = Client::new(reqwest::Client::new(), String::new(), urls);
        (client, [gateway, provider, mails])
    }

    async fn forward(&self, service: &str, port: &str) -> Forwarded {
        let mut command = tokio::process::Command::new("kubectl");
        command.args(["port-forward", "--namespace", SHOP]);
        command.arg(format!("service/{service}")).arg(format!(":{port}"));
        command.envs(&self.environment).stdout(Stdio::piped()).kill_on_drop(true);
        let mut kubectl = command.spawn().expect("there is kubectl");
        let mut said = BufReader::new(kubectl.stdout.take().expect("it is piped")).lines();
        let line = timeout(FORWARDS_WITHIN, said.next_line()).await.expect("it forwards in time");
        let line = line.expect("it is text").expect("it forwards");
        let address = line.strip_prefix("Forwarding from ").and_then(|it| it.split(' ').next());
        let url = format!("http://{}", address.unwrap_or_else(|| panic!("{service}: {line}")));
        Forwarded { url, _kubectl: kubectl, _said: said }
    }

    /// Removes the shop, and the Dapr that was installed with it.
    pub(crate) fn remove(&self) {
        self.run(&["--remove"]);
    }

    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(root().join("makew"));
        command.args(["deploy-kubernetes", "--yes"]).args(arguments).envs(&self.environment);
        eprint!("{}", output(&mut command));
    }
}
