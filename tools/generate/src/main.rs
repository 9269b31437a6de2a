//! `generate`: writes the generated files that are stale, removes those that are no longer generated, and
//! prints their names. `generate new` creates a function's folder first.

use clap::{Parser, Subcommand};
use generate::scaffold::{self, New};
use generate::workspace::{files, root};
use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

/// Writes the files that are generated from the functions' manifests and the code.
#[derive(Debug, Parser)]
struct Generate {
    #[command(subcommand)]
    command: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Creates a function's folder, which builds and conforms, and the files generated from it.
    New(New),
}

fn main() -> ExitCode {
    match run(&Generate::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Generate) -> Result<(), Box<dyn Error>> {
    if let Some(Task::New(new)) = &command.command {
        scaffold::make(new)?;
    }
    Ok(generate()?)
}

fn generate() -> io::Result<()> {
    let generated = generate::all();
    for file in &generated {
        let path = root().join(&file.path);
        if !fs::read_to_string(&path).is_ok_and(|text| text == file.text) {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            fs::write(&path, &file.text)?;
            println!("{} is written", file.path);
        }
    }
    let current: BTreeSet<_> = generated.into_iter().map(|file| file.path).collect();
    for path in generate::FOLDERS.into_iter().flat_map(files) {
        if !current.contains(&path) {
            fs::remove_file(root().join(&path))?;
            println!("{path} is removed");
        }
    }
    Ok(())
}
