//! The functions' images: how they are built and, where buildah is installed, that one of them runs with
//! only the program in it.

use generate::workspace::{functions, read, root};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use std::{env, fs, process};
use tests::checks::program::{check_with, not_checked, on_path};
use tests::deploy::Sandbox;
use tests::system::wait::until;

const IMAGE: &str = "saga-shop/check-stock:test";

#[test]
fn the_dockerfile_passes_hadolint() {
    check_with("hadolint", &[], &[Path::new("Dockerfile")]);
}

#[test]
fn images_are_built_with_the_toolchain_of_developers() {
    let toolchain = read("rust-toolchain.toml");
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    let argument = format!("ARG RUST={}", channel.trim_matches('"'));
    assert!(read("Dockerfile").lines().any(|line| line == argument), "{argument}");
}

#[test]
fn the_build_context_contains_every_workspace_member() {
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let ignored = read(".dockerignore");
    for member in manifest["workspace"]["members"].as_array().unwrap() {
        let folder = member.as_str().unwrap().split('/').next().unwrap();
        assert!(ignored.lines().any(|line| line == format!("!{folder}")), "{folder}");
    }
}

#[test]
fn every_function_is_built_into_a_labelled_image() {
    let ended = Sandbox::new().run("images", &["--tag", "t1"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let builds: Vec<_> =
        ended.calls.iter().filter(|call| call.starts_with("docker build")).collect();
    assert_eq!(builds.len(), functions().len());
    for (function, build) in functions().iter().zip(builds) {
        assert!(build.contains(&format!("--tag saga-shop/{}:t1 ", function.name)), "{build}");
        assert!(build.contains(&format!("FUNCTION={} ", function.name)), "{build}");
        assert!(build.contains(&format!("DESCRIPTION={} ", function.description)), "{build}");
        assert!(build.contains("FILES=build "), "{build}");
    }
    assert!(ended.text.contains("8.39 MB"), "{}", ended.text);
}

#[test]
fn a_prebuilt_image_contains_only_its_own_program() {
    let sandbox = Sandbox::new();
    sandbox.with("cargo");
    sandbox.with("rustc");
    let built = sandbox.path("target/the-machine/release");
    fs::create_dir_all(&built).unwrap();
    let authorities = sandbox.path("authorities.pem");
    fs::write(&authorities, "authorities").unwrap();
    for function in functions() {
        fs::write(built.join(function.name), "program").unwrap();
    }
    let target = sandbox.path("target");
    let variables = [
        ("CARGO_TARGET_DIR", target.to_str().unwrap()),
        ("CA_BUNDLE", authorities.to_str().unwrap()),
    ];
    let ended = sandbox.run("images", &["--prebuilt", "--tag", "t1"], &variables);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    // One call compiles all functions.
    assert_eq!(ended.calls.iter().filter(|call| call.starts_with("cargo build")).count(), 1);
    let contexts = fs::read_to_string(sandbox.path("contexts")).unwrap();
    let expected = functions().into_iter().map(|it| {
        // In the order in which the shell lists them.
        let mut files = [it.name.clone(), "ca-certificates.crt".to_owned()];
        files.sort();
        format!("{}: {}\n", it.name, files.join(" "))
    });
    assert_eq!(contexts, expected.collect::<String>());
    assert_eq!(sandbox.left_behind(), 0);
}

#[test]
fn invalid_arguments_are_reported_before_any_build() {
    for (arguments, fault) in [
        (&["no-such-function"][..], "unknown function no-such-function"),
        (&["--tag"], "--tag requires a value"),
        (&["--fast"], "unknown option --fast"),
    ] {
        let ended = Sandbox::new().run("images", arguments, &[]);
        assert_eq!(ended.code, Some(64), "{}", ended.text);
        assert!(ended.text.contains(fault), "{}", ended.text);
        assert!(!ended.called("docker build"));
    }
}

#[tokio::test]
async fn an_image_from_scratch_runs_as_a_non_root_user_and_serves() {
    let Some(buildah) = Buildah::find() else { return };
    let built = buildah.build();
    assert!(built.status.success(), "{}", text(&built));
    let config = buildah.config();
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"], serde_json::json!(["/function"]));
    assert_eq!(config["Labels"]["org.opencontainers.image.title"], "check-stock");

    let container = text(&buildah.call(&["from", IMAGE])).trim().to_owned();
    let unset = buildah.call(&["run", &container, "--", "/function"]);
    assert!(text(&unset).contains("check-stock: APP_PORT: must be set"), "{}", text(&unset));
    assert_eq!(unset.status.code(), Some(64), "{}", text(&unset));

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let serving = buildah.serve(&container, port);
    let healthy = async || health(port).filter(|answer| answer.starts_with("HTTP/1.1 200"));
    until("the function is healthy", Duration::from_secs(20), healthy).await;
    assert_eq!(serving.user(), "65532");
}

/// The response of a function on `/healthz`, if it listens.
fn health(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// buildah with a storage folder that is removed on drop.
struct Buildah {
    folder: PathBuf,
}

impl Buildah {
    /// buildah, if it is installed and images are to be tested; reports if not.
    #[expect(clippy::disallowed_methods, reason = "this is no setting of a function")]
    fn find() -> Option<Self> {
        if env::var_os("IMAGES").is_none() {
            not_checked(
                "no image is built and run, as it takes minutes: `./makew test-images` does",
            );
            return None;
        }
        if on_path("buildah").is_none() {
            not_checked("no image is built and run: `buildah` is not on PATH");
            return None;
        }
        let folder = env::temp_dir().join(format!("saga-shop-images-{}", process::id()));
        fs::create_dir_all(&folder).expect("the folder can be created");
        let place = folder.display();
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{place}/images\"\nrunroot = \"{place}/run\"\n"
        );
        fs::write(folder.join("storage.conf"), storage).expect("the file can be written");
        Some(Self { folder })
    }

    /// A command that runs `program` with this storage, and needs only the privilege to call `chroot`.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(root())
            .env("CONTAINERS_STORAGE_CONF", self.folder.join("storage.conf"))
            .env("STORAGE_DRIVER", "vfs")
            .env("BUILDAH_ISOLATION", "chroot")
            .env("BUILDER", "buildah")
            .stdin(Stdio::null());
        command
    }

    /// Builds the image without optimization, which takes a third of the time.
    fn build(&self) -> Output {
        let arguments = ["--prebuilt", "--profile", "dev", "--tag", "test", "check-stock"];
        self.command(&root().join("infra/images")).args(arguments).output().expect("it runs")
    }

    fn call(&self, arguments: &[&str]) -> Output {
        self.command(Path::new("buildah")).args(arguments).output().expect("it runs")
    }

    /// The image's configuration.
    fn config(&self) -> serde_json::Value {
        let inspected = self.call(&["inspect", "--type", "image", IMAGE]);
        let image: serde_json::Value =
            serde_json::from_slice(&inspected.stdout).expect("it is JSON");
        image["OCIv1"]["config"].clone()
    }

    fn serve(&self, container: &str, port: u16) -> Serving {
        let port = format!("APP_PORT={port}");
        let arguments = ["run", "--env", &port, container, "--", "/function"];
        Serving(self.command(Path::new("buildah")).args(arguments).spawn().expect("it runs"))
    }
}

impl Drop for Buildah {
    fn drop(&mut self) {
        let _ = self.call(&["rm", "--all"]);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// buildah running a function.
struct Serving(Child);

impl Serving {
    /// The user id of the function's process.
    fn user(&self) -> String {
        let function = descendant(self.0.id()).expect("the function runs");
        let status = fs::read_to_string(format!("/proc/{function}/status")).expect("it runs");
        let users = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        let user = users.and_then(|users| users.split_whitespace().next());
        user.expect("a process has a user").to_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The function itself, which would outlive buildah.
        let function = descendant(self.0.id()).and_then(|id| i32::try_from(id).ok());
        if let Some(function) = function.and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(function, rustix::process::Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// The last descendant of a process, found by following the last child of each.
fn descendant(process: u32) -> Option<u32> {
    let mut found = None;
    let mut process = process;
    loop {
        let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        let children =
            tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        let children: String = children.collect();
        match children.split_whitespace().last().and_then(|child| child.parse().ok()) {
            Some(child) => process = child,
            None => return found,
        }
        found = Some(process);
    }
}

fn text(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}
