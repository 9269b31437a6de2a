//! The node: `tools/kubernetes/cluster`, with a folder of its own.

use generate::workspace::root;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

/// What it says when it is up.
const UP: &str = "the node is up";

/// The interface of this machine that leads to the node.
const LINK: &str = "/sys/class/net/shop-node0";

/// The script, as the commands of its processes contain it.
const SCRIPT: &str = "tools/kubernetes/cluster";

/// A node, which ends with this value, or with the process that started it: the kernel then closes the pipe from which
/// the script reads. Its folder is removed with this value.
pub(crate) struct Node {
    folder: PathBuf,
    process: Option<Child>,
    /// The process namespace of everything on it.
    namespace: Option<PathBuf>,
}

impl Node {
    /// Starts a node, whose programs are built first if they are missing. It lives as long as what writes to `holder`, the
    /// script's standard input.
    pub(crate) fn start(holder: Stdio) -> Self {
        let folder = env::temp_dir().join(format!("saga-shop-node-{}", std::process::id()));
        let mut node = Self { folder, process: None, namespace: None };
        let mut command = node.command(&["up", "--attached"]);
        let mut process =
            command.stdin(holder).stderr(Stdio::piped()).spawn().expect("it is there");
        let said = process.stderr.take().expect("it is piped");
        node.process = Some(process);
        node.await_up(said);
        node
    }

    /// Reads what the script says, until the node is up.
    fn await_up(&mut self, said: impl Read) {
        let lines = BufReader::new(said).lines().map(|line| line.expect("it is text"));
        let is_up = lines.inspect(|line| eprintln!("{line}")).any(|line| line.contains(UP));
        assert!(is_up, "the node does not start");
        let first = fs::read_to_string(self.folder.join("first.pid")).expect("it has a process");
        self.namespace = Some(namespace(&Path::new("/proc").join(first.trim())).expect("it runs"));
    }

    /// Loads what the cluster cannot download.
    pub(crate) fn provide_images(&self) {
        self.run(&["dapr"]);
        for (image, program) in [("redis", "/usr/bin/redis-server"), ("probe", "/usr/bin/curl")] {
            self.run(&["pack", &format!("localhost/{image}:1"), program]);
        }
    }

    /// The output of kubectl.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> String {
        self.run(&[&["kubectl"], arguments].concat())
    }

    /// The variables with which programs use the node.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let script = format!("{}\nexec env --null", self.run(&["env"]));
        let variables = output(Command::new("bash").args(["-c", &script]));
        let pairs = variables.split('\0').filter_map(|variable| variable.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops it, by the end of its standard input.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.wait().expect("it is a child");
        }
    }

    /// What is left of it on this machine: processes, mounts, control groups, the interface.
    pub(crate) fn remains(&self) -> Vec<String> {
        let folder = self.folder.to_string_lossy();
        let mounts = fs::read_to_string("/proc/mounts").expect("there is /proc");
        let mounts = mounts.lines().filter(|line| line.contains(&*folder)).map(str::to_owned);
        let paths = [PathBuf::from(LINK)].into_iter().filter(|path| path.exists());
        let paths = paths.chain(self.processes()).chain(control_groups());
        mounts.chain(paths.map(|path| path.display().to_string())).collect()
    }

    fn processes(&self) -> impl Iterator<Item = PathBuf> {
        children(Path::new("/proc")).filter(|process| {
            let command = fs::read(process.join("cmdline")).unwrap_or_default();
            let is_member = self.namespace.is_some() && namespace(process) == self.namespace;
            is_member || String::from_utf8_lossy(&command).contains(SCRIPT)
        })
    }

    fn run(&self, arguments: &[&str]) -> String {
        output(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(root().join(SCRIPT));
        command.args(arguments).env("NODE_DIR", &self.folder);
        command
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The standard output of a command, which must succeed.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command.stderr(Stdio::inherit()).output().expect("it can be run");
    let program = command.get_program().display();
    let arguments: Vec<_> = command.get_args().collect();
    assert!(output.status.success(), "{program} {arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("it is text")
}

/// The process namespace of a process, by its folder in /proc; None when it has ended.
fn namespace(process: &Path) -> Option<PathBuf> {
    fs::read_link(process.join("ns/pid")).ok()
}

/// The control groups of pods.
fn control_groups() -> impl Iterator<Item = PathBuf> {
    let hierarchies = children(Path::new("/sys/fs/cgroup"));
    hierarchies.flat_map(|folder| children(&folder)).filter(|path| path.ends_with("kubepods"))
}

fn children(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}
