//! `generate`: writes every generated file that is not current and removes those that are no longer
//! generated, and names them.

use generate::workspace::{files, root};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

fn main() -> ExitCode {
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate: {error}");
            ExitCode::FAILURE
        }
    }
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
