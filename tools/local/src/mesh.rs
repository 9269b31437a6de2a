//! The sidecars of functions under mutual TLS, each with its own configuration, with one program in place of all
//! functions: shows who may call whom.

mod commands;

use self::commands::{Commands, ControlPlane};
use crate::dapr::{Choice, Dapr};
use crate::guard::Guard;
use crate::ports::{self, Block};
use crate::probe::Probe;
use crate::process::Process;
use crate::progress::Progress;
use crate::{LocalError, resources};
use futures::future::try_join_all;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};
use tempfile::TempDir;

/// The longest that a process may take to become ready, also on a machine that compiles at the same time.
const START_LIMIT: Duration = Duration::from_mins(2);

/// What to start.
#[derive(Debug)]
pub struct Options<'a> {
    /// The workspace that pins Dapr.
    pub workspace: &'a Path,
    /// The namespace in the sidecars' identities.
    pub namespace: &'a str,
    /// Dapr's configuration of each function, as YAML.
    pub configurations: &'a BTreeMap<String, String>,
    /// The resources that all sidecars read, as YAML.
    pub resources: &'a [String],
    /// The port of the program that stands for all functions.
    pub app: u16,
}

/// Running sidecars. When it is dropped, they are killed and their files deleted.
pub struct Mesh {
    // Dropped in this order: processes before their ports and files.
    _guard: Guard,
    _processes: Vec<Process>,
    sidecars: BTreeMap<String, ports::Sidecar>,
    _block: Block,
    _folder: TempDir,
}

impl Mesh {
    /// Starts Dapr's control plane with a certificate authority, and a sidecar for each configuration.
    ///
    /// # Errors
    /// When one of them is not ready in time.
    pub async fn start(options: &Options<'_>) -> Result<Self, LocalError> {
        let guard = Guard::start()?;
        let dapr = Dapr::find(Choice::Pinned, options.workspace, &guard, Progress::Quiet).await?;
        let folder = tempfile::Builder::new().prefix("saga-shop-mesh-").tempdir();
        let folder = folder.map_err(LocalError::file("write in", &env::temp_dir()))?;
        let block = Block::claim()?;
        let mut free = block.ports();
        let files = Files(folder.path());
        files.prepare(options)?;
        let plane = ControlPlane::take(&mut free);
        let commands = Commands { dapr: &dapr, files, plane };
        let authority = commands.process(&guard, commands.authority())?;
        ready(&authority).await?;
        let mut processes = vec![authority];
        for server in commands.servers() {
            processes.push(commands.process(&guard, server)?);
        }
        let anchors = files.read("ca.crt")?;
        let mut sidecars = BTreeMap::new();
        for function in options.configurations.keys() {
            let ports = ports::Function::take(&mut free).sidecar;
            let sidecar = commands.sidecar(options, function, ports, &anchors);
            processes.push(commands.process(&guard, sidecar)?);
            sidecars.insert(function.clone(), ports);
        }
        try_join_all(processes.iter().map(ready)).await?;
        Ok(Self { _guard: guard, _processes: processes, sidecars, _block: block, _folder: folder })
    }

    /// The URL of the HTTP API of a function's sidecar.
    ///
    /// # Panics
    /// When the function has none, as does the next one.
    #[must_use]
    pub fn http_url(&self, function: &str) -> String {
        format!("http://127.0.0.1:{}", self.sidecar(function).http)
    }

    /// The URL of the gRPC API of a function's sidecar.
    #[must_use]
    pub fn grpc_url(&self, function: &str) -> String {
        format!("http://127.0.0.1:{}", self.sidecar(function).grpc)
    }

    fn sidecar(&self, function: &str) -> &ports::Sidecar {
        self.sidecars.get(function).unwrap_or_else(|| panic!("there is no sidecar of {function}"))
    }
}

/// Starts a process and waits until it is ready.
async fn ready(process: &Process) -> Result<(), LocalError> {
    process.start().await?;
    process.ready(START_LIMIT).await
}

/// A process: its name, its command and its readiness probe.
type Spec = (String, Command, Probe);

/// The folder of all files.
#[derive(Clone, Copy)]
struct Files<'a>(&'a Path);

impl Files<'_> {
    /// Writes what the processes read.
    fn prepare(self, options: &Options<'_>) -> Result<(), LocalError> {
        let folder = self.resources();
        fs::create_dir(&folder).map_err(LocalError::file("create", &folder))?;
        for (number, resource) in options.resources.iter().enumerate() {
            Self::write(&folder.join(format!("{number}.yaml")), resource)?;
        }
        for (function, configuration) in options.configurations {
            Self::write(&self.configuration(function), configuration)?;
        }
        resources::configure(&self.configuration("names"), &self.path("names.db"), None)
    }

    fn resources(self) -> PathBuf {
        self.path("resources")
    }

    fn configuration(self, name: &str) -> PathBuf {
        self.path(&format!("{name}.yaml"))
    }

    fn path(self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(path: &Path, text: &str) -> Result<(), LocalError> {
        fs::write(path, text).map_err(LocalError::file("write", path))
    }

    fn read(self, name: &str) -> Result<String, LocalError> {
        let path = self.path(name);
        fs::read_to_string(&path).map_err(LocalError::file("read", &path))
    }
}
