//! `generate`: writes every generated file that is not current and removes those that are no longer
//! generated, and names them. `generate new` makes a function's folder first.

use clap::{Parser, Subcommand};
use generate::scaffold::{self, New};
use generate::workspace::{files, root};
use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

/// Writes what is generated from the functions' manifests and from the code.
#[derive(Debug, Parser)]
struct Generate {
    #[command(subcommand)]
    command: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Makes a new function's folder, which builds, conforms and is generated for.
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
