//! The output of a process.

use std::fmt::{self, Display};
use std::fs;
use std::path::PathBuf;

/// How many lines an error quotes.
const QUOTED_LINES: usize = 12;

/// The file with the output of a process. It is displayed as its path and its last lines.
#[derive(Debug, Clone)]
pub struct Log(pub PathBuf);

impl Log {
    /// The output so far; empty when it cannot be read.
    #[must_use]
    pub fn text(&self) -> String {
        fs::read(&self.0)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

impl Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "; see {}", self.0.display())?;
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(QUOTED_LINES)..] {
            write!(f, "\n  | {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_quoted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lines: Vec<String> = (1..=20).map(|line| format!("line {line}")).collect();
        fs::write(file.path(), lines.join("\n")).unwrap();
        let shown = Log(file.path().to_owned()).to_string();
        assert!(shown.starts_with(&format!("; see {}\n  | line 9\n", file.path().display())));
        assert!(shown.ends_with("\n  | line 20"), "{shown}");
    }

    #[test]
    fn a_missing_log_is_empty() {
        assert_eq!(Log(PathBuf::from("/nowhere/a.log")).to_string(), "; see /nowhere/a.log");
    }
}
