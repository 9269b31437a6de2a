//! A sandbox for the deployment scripts: every program with which they would change something is replaced by a
//! fake, which records its calls.

use crate::checks::program::on_path;
use generate::workspace::{files, root};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

/// The script that fakes the programs.
const FAKE: &str = include_str!("fake.sh");

/// The faked programs.
const FAKES: [&str; 6] = ["az", "curl", "docker", "helm", "kind", "kubectl"];

/// The programs that the scripts may require: those of POSIX, Bash and Git.
const TOOLS: [&str; 22] = [
    "awk", "base64", "bash", "cat", "cp", "cut", "date", "dirname", "env", "git", "grep", "head",
    "mkdir", "mktemp", "od", "paste", "rm", "sed", "sleep", "sort", "tee", "tr",
];

/// The arguments of a deployment to Container Apps.
pub const TO_ACA: [&str; 3] = ["--yes", "--tag", "t1"];

/// The arguments of a deployment to Kubernetes.
pub const TO_AKS: [&str; 9] = [
    "--yes",
    "--tag",
    "t1",
    "--host",
    "shop.example.com",
    "--tls-cert",
    "cert.pem",
    "--tls-key",
    "key.pem",
];

/// Both deployments to Azure: the task and its arguments.
pub const BOTH: [(&str, &[&str]); 2] = [("deploy-aca", &TO_ACA), ("deploy-aks", &TO_AKS)];

/// The payment provider's key in the scripts' environment.
pub const PAYMENT_KEY: &str = "sk_test_never_shown";

/// The issuer and the audience of callers' tokens.
pub const ISSUER: [(&str, &str); 2] =
    [("OIDC_ISSUERS", "https://login.example.com/v2.0"), ("OIDC_AUDIENCES", "api://shop")];

/// The caller's token for the gateway.
pub const SHOP_TOKEN: &str = "shop-token-never-shown";

/// The token of the registry.
pub const REGISTRY_TOKEN: &str = "registry-token-never-shown";

/// The sandbox of a test, removed on drop.
#[derive(Debug)]
pub struct Sandbox {
    folder: PathBuf,
}

/// The result of a script.
#[derive(Debug)]
pub struct ScriptResult {
    /// Its exit code.
    pub code: Option<i32>,
    /// Its standard output and standard error.
    pub text: String,
    /// The calls of this run.
    pub calls: Vec<String>,
}

impl Sandbox {
    /// A sandbox with all fakes.
    ///
    /// # Panics
    /// When it cannot be created.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (id, number) = (process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let name = format!("saga-shop-sandbox-{id}-{number}");
        let sandbox = Self { folder: env::temp_dir().join(name) };
        for folder in ["apps", "bin", "made", "temp"] {
            fs::create_dir_all(sandbox.path(folder)).expect("there is room for a sandbox");
        }
        for fake in FAKES {
            sandbox.with(fake);
        }
        for (tool, program) in TOOLS.iter().filter_map(|tool| Some((tool, on_path(tool)?))) {
            symlink(program, sandbox.path("bin").join(tool)).expect("there is room for a link");
        }
        sandbox
    }

    /// A file or folder of the sandbox.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Adds a fake of a program that not every script may require.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn with(&self, program: &str) {
        let file = self.path("bin").join(program);
        fs::write(&file, FAKE).expect("there is room for a stand-in");
        fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("it is ours");
    }

    /// Removes a fake.
    ///
    /// # Panics
    /// When it does not exist.
    pub fn without(&self, program: &str) {
        fs::remove_file(self.path("bin").join(program)).expect("there is a stand-in");
    }

    /// Runs a task of the workspace, without a terminal, with `variables` in addition to the usual ones.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn run(&self, task: &str, arguments: &[&str], variables: &[(&str, &str)]) -> ScriptResult {
        self.run_in(&root(), task, arguments, variables)
    }

    /// Runs a task likewise, in the given folder.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn run_in(
        &self,
        folder: &Path,
        task: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> ScriptResult {
        let variables = self.environment(variables);
        let mut command = Command::new(folder.join("makew"));
        command.arg(task).args(arguments).current_dir(folder).env_clear().envs(variables);
        self.result(command.stdin(Stdio::null()))
    }

    /// Runs a task likewise, on a terminal whose user gives `answers`, one to each question. None where Python is
    /// not installed, which makes the terminal.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn run_on_a_terminal(
        &self,
        (task, arguments): (&str, &[&str]),
        variables: &[(&str, &str)],
        answers: &[&str],
    ) -> Option<ScriptResult> {
        let mut command = Command::new(on_path("python3")?);
        command.arg(root().join("tests/src/deploy/terminal.py")).args(["env", "-i"]);
        for (name, value) in self.environment(variables) {
            let mut variable = OsString::from(name + "=");
            variable.push(value);
            command.arg(variable);
        }
        command.arg(root().join("makew")).arg(task).args(arguments).current_dir(root());
        let file = self.path("answers");
        fs::write(&file, answers.join("\n")).expect("there is room for answers");
        let file = fs::File::open(file).expect("it was written");
        Some(self.result(command.stdin(file)))
    }

    /// The variables of the scripts: the usual ones, and `more`.
    fn environment(&self, more: &[(&str, &str)]) -> BTreeMap<String, OsString> {
        let folders = [("PATH", "bin"), ("HOME", "."), ("TMPDIR", "temp"), ("STAGE", ".")];
        let folders = folders.map(|(name, folder)| (name, self.path(folder).into_os_string()));
        let usual = [
            ("POLL_SECONDS", "0"),
            ("PAYMENT_API_KEY", PAYMENT_KEY),
            ("SHOP_TOKEN", SHOP_TOKEN),
            ("REGISTRY_TOKEN", REGISTRY_TOKEN),
        ];
        let texts = usual.iter().chain(&ISSUER).chain(more).copied();
        let texts = texts.map(|(name, value)| (name, OsString::from(value)));
        folders.into_iter().chain(texts).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn result(&self, command: &mut Command) -> ScriptResult {
        let calls = self.path("calls");
        fs::write(&calls, "").expect("there is room for calls");
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let text = [output.stdout, output.stderr].concat();
        let calls = fs::read_to_string(calls).expect("calls are noted");
        ScriptResult {
            code: output.status.code(),
            text: String::from_utf8_lossy(&text).into_owned(),
            calls: calls.lines().map(|call| call.trim_end().to_owned()).collect(),
        }
    }

    /// A copy of the files that the scripts read, to be modified.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn copy_of_the_workspace(&self) -> PathBuf {
        let copy = self.path("workspace");
        for file in ["makew", "Makefile.toml", "Cargo.toml"]
            .map(str::to_owned)
            .into_iter()
            .chain(files("infra"))
        {
            let to = copy.join(&file);
            fs::create_dir_all(to.parent().expect("it is in a folder")).expect("there is room");
            fs::copy(root().join(&file), to).expect("there is room for a copy");
        }
        copy
    }

    /// The state after a run: the created resources, each app with its image, and the written payment keys.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn there(&self) -> BTreeMap<String, String> {
        let mut there = BTreeMap::new();
        for folder in ["apps", "made"] {
            for entry in fs::read_dir(self.path(folder)).expect("it is there") {
                let path = entry.expect("a folder that opened can be read").path();
                let text = fs::read_to_string(&path).expect("it is text");
                let name = path.strip_prefix(&self.folder).expect("it is inside");
                there.insert(name.display().to_string(), text);
            }
        }
        let keys = fs::read_to_string(self.path("keys")).unwrap_or_default();
        // A key's expiry depends on the second in which it was written.
        let keys = keys.lines().filter_map(|line| line.split(' ').next());
        there.insert("keys".to_owned(), keys.collect());
        there
    }

    /// The manifests that were applied, by path.
    ///
    /// # Panics
    /// When they cannot be read.
    #[must_use]
    pub fn manifests(&self) -> BTreeMap<PathBuf, String> {
        let folders = ["", "functions", "components"].map(|it| self.path("applied").join(it));
        let entries = folders.iter().flat_map(|it| fs::read_dir(it).expect("it was applied"));
        let files = entries.map(|it| it.expect("it is listed").path()).filter(|it| it.is_file());
        files.map(|it| (it.clone(), fs::read_to_string(it).expect("it is readable"))).collect()
    }

    /// The files that the scripts left in the folder for temporary files.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn left_behind(&self) -> usize {
        fs::read_dir(self.path("temp")).expect("it is there").count()
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // An error is ignored: it is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl ScriptResult {
    /// Whether there was a call with this prefix.
    #[must_use]
    pub fn called(&self, start: &str) -> bool {
        self.calls.iter().any(|call| call.starts_with(start))
    }

    /// The last line of the script's output.
    #[must_use]
    pub fn last_line(&self) -> &str {
        self.text.lines().next_back().unwrap_or_default()
    }

    /// The calls with one of these prefixes, truncated to it.
    #[must_use]
    pub fn order<'a>(&self, starts: &[&'a str]) -> Vec<&'a str> {
        let cut = |call: &String| starts.iter().copied().find(|start| call.starts_with(start));
        let mut order: Vec<_> = self.calls.iter().filter_map(cut).collect();
        order.dedup();
        order
    }
}
