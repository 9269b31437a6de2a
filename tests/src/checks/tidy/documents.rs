//! Whether the links, anchors, paths (`path`) and items (`path:item`) in documents exist.

use super::Offence;
use generate::workspace::{files, read, root};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The folders by which a mention is recognised as a path.
const FOLDERS: [&str; 9] =
    ["components", "docs", "functions", "infra", "page", "schemas", "shared", "tests", "tools"];

/// The references and the anchors of a document.
#[derive(Debug, Default)]
struct Document {
    /// The targets of links and images, and their lines.
    links: Vec<(usize, String)>,
    /// The content of code spans, and their lines.
    mentions: Vec<(usize, String)>,
    /// The anchors of its headings.
    anchors: BTreeSet<String>,
}

/// The documents in the root, in `docs` and in `infra`, except the change log.
///
/// # Panics
/// When a folder cannot be read.
#[must_use]
pub fn documents() -> Vec<String> {
    let entries = root().read_dir().expect("the root can be read");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let below = ["docs", "infra"].into_iter().flat_map(files);
    let mut documents: Vec<_> =
        names.chain(below).filter(|path| is_document(path) && path != "CHANGELOG.md").collect();
    documents.sort();
    documents
}

/// The references of the document at `path` to what does not exist.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn dangling_references(path: &str) -> Vec<Offence> {
    let named = Document::parse(&read(path));
    let offence = |(line, text): &(usize, String)| Offence {
        path: path.to_owned(),
        line: *line,
        text: format!("`{text}` does not exist"),
    };
    let links = named.links.iter().filter(|(_, target)| !target_exists(path, target, &named));
    let mentions = named.mentions.iter().filter(|(_, mention)| !exists(mention));
    links.chain(mentions).map(offence).collect()
}

fn is_document(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "md")
}

impl Document {
    fn parse(text: &str) -> Self {
        let mut named = Self::default();
        let mut heading = None;
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = text[..range.start].matches('\n').count() + 1;
            named.add(&event, line);
            if let Event::Start(Tag::Heading { .. }) = event {
                heading = Some(String::new());
            } else if let Event::End(TagEnd::Heading(_)) = event {
                named.anchors.extend(heading.take().map(|heading| anchor(&heading)));
            } else if let (Event::Text(words) | Event::Code(words), Some(heading)) =
                (event, &mut heading)
            {
                heading.push_str(&words);
            }
        }
        named
    }

    /// Adds a link or a mention.
    fn add(&mut self, event: &Event<'_>, line: usize) {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
            self.links.push((line, dest_url.to_string()));
        } else if let Event::Code(code) = event {
            self.mentions.push((line, code.to_string()));
        }
    }
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
}

/// Whether the target of a link in the document at `path` exists. Other sites are not requested.
fn target_exists(path: &str, target: &str, own: &Document) -> bool {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
        return true;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    if file.is_empty() {
        return own.anchors.contains(anchor);
    }
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let Some(file) = normal(&folder.join(file)) else { return false };
    let is_there = root().join(&file).exists();
    let text = |file: &Path| read(&file.display().to_string());
    is_there && (anchor.is_empty() || Document::parse(&text(&file)).anchors.contains(anchor))
}

/// `path` without `.` and `..`; None when it is outside the workspace.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => normal.push(part),
            Component::CurDir => {}
            Component::ParentDir => normal.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}

/// Whether a mention exists, if it is a path, or a path and an item of that file.
fn exists(mention: &str) -> bool {
    let (path, item) = mention.split_once(':').unwrap_or((mention, ""));
    let first = path.split('/').next().unwrap_or_default();
    let is_path = path.contains('/') && FOLDERS.contains(&first);
    if !is_path || path.contains(['<', '*', ' ', '{', '…']) {
        return true;
    }
    let file = root().join(path);
    if item.is_empty() { file.exists() } else { file.is_file() && declares(&read(path), item) }
}

/// Whether a Rust file declares an item of that name.
fn declares(text: &str, item: &str) -> bool {
    const KINDS: [&str; 8] = ["const", "enum", "fn", "mod", "static", "struct", "trait", "type"];
    let name = item.rsplit("::").next().unwrap_or(item).trim_end_matches("()");
    let words: Vec<_> =
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    words.windows(2).any(|pair| KINDS.contains(&pair[0]) && pair[1] == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_mentions_and_anchors_are_distinguished() {
        let text = "# A `b`, c!\n\n[d](e.md#f) `g/h`\n![i](j.png)\n```text\n[k](l)\n```\n";
        let named = Document::parse(text);
        assert_eq!(named.links, [(3, "e.md#f".to_owned()), (4, "j.png".to_owned())]);
        assert_eq!(named.mentions, [(1, "b".to_owned()), (3, "g/h".to_owned())]);
        assert_eq!(named.anchors, BTreeSet::from(["a-b-c".to_owned()]));
    }

    #[test]
    fn a_link_points_to_a_file_a_folder_or_a_heading() {
        let own = Document::parse("# Here\n");
        for there in
            ["../Cargo.toml", "#here", ".", "https://example.com/none", "../README.md#start"]
        {
            assert!(target_exists("infra/README.md", there, &own), "{there}");
        }
        for none in ["../Cargo.lock2", "#there", "../../..", "../README.md#stop"] {
            assert!(!target_exists("infra/README.md", none, &own), "{none}");
        }
    }

    #[test]
    fn a_mention_is_a_path_with_an_optional_item() {
        let own = "tests/src/checks/tidy/documents.rs";
        assert!(["a/b", "tests/<name>/c", "tests/src", "cargo test"].into_iter().all(exists));
        assert!(exists(&format!("{own}:exists")) && exists(&format!("{own}:Document::parse")));
        assert!(!exists("tests/none.rs") && !exists(&format!("{own}:existed")));
    }
}
