//! A stage on which the scripts of deployment run: every program that they would change something
//! with is a stand-in, which notes its calls.

use crate::checks::program::on_path;
use generate::workspace::{files, root};
use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

/// What stands in for the programs.
const FAKE: &str = include_str!("fake.sh");

/// The programs that it stands in for.
const FAKES: [&str; 5] = ["az", "curl", "docker", "helm", "kubectl"];

/// The programs that the scripts may count on: those of POSIX, Bash and Git.
const TOOLS: [&str; 22] = [
    "awk", "base64", "bash", "cat", "cp", "cut", "date", "dirname", "env", "git", "grep", "head",
    "mkdir", "mktemp", "od", "paste", "rm", "sed", "sleep", "sort", "tee", "tr",
];

/// What a deployment to Container Apps is asked for.
pub const TO_ACA: [&str; 3] = ["--yes", "--tag", "t1"];

/// What a deployment to Kubernetes is asked for.
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

/// Both deployments: the task and what it is asked for.
pub const BOTH: [(&str, &[&str]); 2] = [("deploy-aca", &TO_ACA), ("deploy-aks", &TO_AKS)];

/// The key of the payment provider that the scripts are given.
pub const PAYMENT_KEY: &str = "sk_test_never_shown";

/// Who issues callers' tokens, and for whom.
pub const ISSUER: [(&str, &str); 2] =
    [("OIDC_ISSUERS", "https://login.example.com/v2.0"), ("OIDC_AUDIENCES", "api://shop")];

/// The token that the gateway is shown.
pub const SHOP_TOKEN: &str = "shop-token-never-shown";

/// The token of the registry that they are given.
pub const REGISTRY_TOKEN: &str = "registry-token-never-shown";

/// A stage for one test, removed with it.
#[derive(Debug)]
pub struct Stage {
    folder: PathBuf,
}

/// How a script ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it said, on both outputs.
    pub text: String,
    /// The calls that it made, of this run alone.
    pub calls: Vec<String>,
}

impl Stage {
    /// A stage with all stand-ins.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("saga-shop-stage-{}-{number}", process::id());
        let stage = Self { folder: env::temp_dir().join(name) };
        for folder in ["apps", "bin", "made", "temp"] {
            fs::create_dir_all(stage.path(folder)).expect("there is room for a stage");
        }
        for fake in FAKES {
            stage.with(fake);
        }
        for tool in TOOLS {
            if let Some(program) = on_path(tool) {
                symlink(program, stage.path("bin").join(tool)).expect("there is room for a link");
            }
        }
        stage
    }

    /// A file or folder of the stage.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Adds a stand-in for a program that not every script may count on.
    ///
    /// # Panics
    /// When there is no room for it.
    pub fn with(&self, program: &str) {
        let file = self.path("bin").join(program);
        fs::write(&file, FAKE).expect("there is room for a stand-in");
        fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("it is ours");
    }

    /// Takes a stand-in away.
    ///
    /// # Panics
    /// When there is none.
    pub fn without(&self, program: &str) {
        fs::remove_file(self.path("bin").join(program)).expect("there is a stand-in");
    }

    /// Runs a task of the workspace, without a terminal, and `variables` beside the usual ones.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn run(&self, task: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        self.run_in(&root(), task, arguments, variables)
    }

    /// Runs a task of the workspace in a folder, likewise.
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
    ) -> Ended {
        let calls = self.path("calls");
        fs::write(&calls, "").expect("there is room for calls");
        let output = Command::new(folder.join("makew"))
            .arg(task)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", &self.folder)
            .env("TMPDIR", self.path("temp"))
            .env("STAGE", &self.folder)
            .env("POLL_SECONDS", "0")
            .env("PAYMENT_API_KEY", PAYMENT_KEY)
            .envs(ISSUER)
            .env("SHOP_TOKEN", SHOP_TOKEN)
            .env("REGISTRY_TOKEN", REGISTRY_TOKEN)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("./makew {task}: {error}"));
        let text = [output.stdout, output.stderr].concat();
        let calls = fs::read_to_string(calls).expect("calls are noted");
        Ended {
            code: output.status.code(),
            text: String::from_utf8_lossy(&text).into_owned(),
            calls: calls.lines().map(|call| call.trim_end().to_owned()).collect(),
        }
    }

    /// A copy of what the scripts read, to be changed.
    ///
    /// # Panics
    /// When there is no room for it.
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

    /// What is there after a run: what was made, each app with its image, and the payment keys written.
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
        // When a key ends depends on the second in which it was written.
        let keys = keys.lines().filter_map(|line| line.split(' ').next());
        there.insert("keys".to_owned(), keys.collect());
        there
    }

    /// What the scripts left in the folder for temporary files.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn left_behind(&self) -> usize {
        fs::read_dir(self.path("temp")).expect("it is there").count()
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Ended {
    /// Whether a call was made that starts like this.
    #[must_use]
    pub fn called(&self, start: &str) -> bool {
        self.calls.iter().any(|call| call.starts_with(start))
    }

    /// The last thing that the script said.
    #[must_use]
    pub fn last_line(&self) -> &str {
        self.text.lines().next_back().unwrap_or_default()
    }

    /// The calls that start like one of `starts`, each cut down to that.
    #[must_use]
    pub fn order<'a>(&self, starts: &[&'a str]) -> Vec<&'a str> {
        let cut = |call: &String| starts.iter().copied().find(|start| call.starts_with(start));
        let mut order: Vec<_> = self.calls.iter().filter_map(cut).collect();
        order.dedup();
        order
    }
}
