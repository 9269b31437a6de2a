//! What Azure allows, and what a reader may expect of the files: names, parameters, outputs, previews.

use super::Tree;
use super::components::components;
use super::text::{between, declaration, is_comment, plain};
use generate::azure::FOLDER;

/// The longest that `uniqueString()` and the parameter `name` of `main.bicep` come to.
const SUFFIX: &str = "uniquestring1";
const NAME: &str = "n2345678901234567890";

/// Names that `main.bicep` makes up: the module, what it writes, and the longest that Azure takes.
const NAMES: [(&str, &str, usize); 5] = [
    ("module registry ", "${replace(name, '-', '')}${suffix}", 50),
    ("var busName ", "${name}-${suffix}", 50),
    ("var secretEventsName ", "${name}-secret-events", 50),
    ("module state ", "${name}-${suffix}", 44),
    ("module secrets ", "shop-${suffix}", 24),
];

/// Names that are too long, or look otherwise than Azure wants.
pub(super) fn long_names(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for function in &tree.functions {
        let name = &function.name;
        // A subscription has at most 50.
        if !is_app_name(name) {
            faults.push(format!("{name} is no name of a container app: 2 to 32 of a-z, 0-9 and -"));
        }
    }
    let main = tree.text("infra/main.bicep");
    let longest = |text: &str| {
        let text = text.replace("${replace(name, '-', '')}", NAME);
        text.replace("${name}", NAME).replace("${suffix}", SUFFIX).len()
    };
    for (opening, written, most) in NAMES {
        if !declaration(main, opening).contains(&format!("'{written}'")) || longest(written) > most
        {
            faults.push(format!("{opening}must have the name {written}, at most {most} long"));
        }
    }
    if !main.contains(&format!("@maxLength({})\nparam name ", NAME.len())) {
        faults.push(format!("the parameter name must be at most {} long", NAME.len()));
    }
    let components = components(tree, FOLDER);
    let identities =
        components.iter().map(|component| format!("{NAME}-component-{}", component.name));
    faults.extend(identities.filter(|name| name.len() > 128));
    faults
}

fn is_app_name(name: &str) -> bool {
    let letters = |letter| matches!(letter, 'a'..='z' | '0'..='9' | '-');
    (2..=32).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.chars().all(letters)
}

/// Words that tell a secret by its name.
const SECRETS: [&str; 7] = [
    "listkeys",
    "connectionstring",
    "instrumentationkey",
    "password",
    "apikey",
    "sharedkey",
    "secretvalue",
];

/// Outputs that tell a secret, and keys that are asked for anywhere.
pub(super) fn told_secrets(tree: &Tree) -> Vec<String> {
    let mut told = Vec::new();
    for (path, text) in tree.files("infra/", ".bicep") {
        for line in text.lines().filter(|line| line.starts_with("output ")) {
            let low = line.to_lowercase();
            if SECRETS.iter().any(|word| low.contains(word)) {
                told.push(format!("{path}: {line}"));
            }
        }
        if plain(text).contains("listKeys(") {
            told.push(format!("{path} asks for keys"));
        }
    }
    told
}

/// Parameters and outputs without a description, parameters that do not say truly whether they are
/// required, and secrets that are not marked so.
pub(super) fn undescribed_parameters(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.files("infra/", ".bicep") {
        let mut decorators = Vec::new();
        for line in text.lines() {
            if line.starts_with('@') {
                decorators.push(line);
                continue;
            }
            faults.extend(fault(line, &decorators).map(|why| format!("{path}: {line}: {why}")));
            decorators.clear();
        }
    }
    faults
}

fn fault(line: &str, decorators: &[&str]) -> Option<&'static str> {
    let description =
        decorators.iter().find_map(|decorator| decorator.strip_prefix("@description('"));
    if line.starts_with("output ") {
        return description.is_none().then_some("it has no description");
    }
    let (name, rest) = line.strip_prefix("param ")?.split_once(' ')?;
    let wanted = if rest.contains(" = ") { "Optional. " } else { "Required. " };
    if !description?.starts_with(wanted) {
        return Some("its description must begin with Required or Optional, as it is");
    }
    let secret = ["key", "password"].iter().any(|word| name.to_lowercase().ends_with(word));
    let marked = decorators.contains(&"@secure()");
    (secret != marked).then_some("secrets, and they alone, are marked @secure()")
}

/// Resource types of which what we need exists in a preview alone.
const PREVIEWS: [&str; 3] = [
    "Microsoft.App/managedEnvironments@2025-10-02-preview",
    "Microsoft.App/managedEnvironments/daprComponents/resiliencyPolicies@2025-10-02-preview",
    "Microsoft.Insights/diagnosticSettings@2021-05-01-preview",
];

/// Previews that are not among [`PREVIEWS`], or that no comment explains.
pub(super) fn unexplained_previews(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.files("infra/", ".bicep") {
        let mut comment = Vec::new();
        for line in text.lines() {
            if is_comment(line) {
                comment.push(line);
                continue;
            }
            let kind = between(line, " '", "'");
            if line.starts_with("resource ") && line.contains("-preview'") {
                let known = kind.first().is_some_and(|kind| PREVIEWS.contains(kind));
                let explained = comment.iter().any(|line| line.starts_with("// Preview"));
                faults.extend((!known || !explained).then(|| format!("{path}: {line}")));
            }
            comment.clear();
        }
    }
    faults
}

/// Queries that look for log lines that no function writes, and queries that nothing loads.
pub(super) fn unknown_queries(tree: &Tree) -> Vec<String> {
    let source: String = tree.files("shared/src/", ".rs").map(|(_, text)| text).collect();
    let functions: Vec<_> = tree.functions.iter().map(|function| function.name.as_str()).collect();
    let alerts = tree.text("infra/alerts.bicep");
    let mut faults = Vec::new();
    for (path, query) in tree.files("infra/queries/", ".kql") {
        let loaded = format!("loadTextContent('{}')", path.trim_start_matches("infra/"));
        faults.extend((!alerts.contains(&loaded)).then(|| format!("nothing loads {path}")));
        let query = plain(query);
        let words = between(&query, "(\"", ")").into_iter().flat_map(|list| list.split("\", \""));
        let words = words.chain(between(&query, "== \"", "\"")).map(|word| word.trim_matches('"'));
        let unknown = words.filter(|word| {
            // `Line["order.id"]` and what the engine calls its spans are not among them.
            let logged = source.contains(&format!("\"{word}\""));
            !logged && !functions.contains(word)
        });
        faults.extend(unknown.map(|word| format!("{path}: nobody logs `{word}`")));
    }
    faults
}
