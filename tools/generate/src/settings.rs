//! `docs/settings.md`: the settings of the functions, from the code that declares and reads them.

use crate::Generated;
use crate::workspace::{files, read};
use local::manifest::Function;
use std::collections::BTreeSet;
use std::path::Path;
use syn::visit::Visit;
use syn::{Expr, ExprLit, ExprStruct, Ident, Item, ItemConst, ItemFn, Lit, Member, Meta, Type};

/// Where settings are declared.
const DECLARED: &str = "shared/src/host";

/// Where functions are wired from their settings, in one function per part.
const WIRING: &str = "shared/src/wiring";

/// The text above the table.
const HEAD: &str = "\
<!-- Generated from the code by `./makew generate`. -->

# Settings of a function

Settings are read once from the environment when a function starts. Every invalid one is reported with its fix, and the exit code
is then 64. The other [`OTEL_*` variables](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/) are
read by OpenTelemetry's SDK.

| variable | default | meaning | read by |
|---|---|---|---|
";

/// A setting, as its constant declares it.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    /// The constant.
    constant: String,
    /// The variable of the environment.
    variable: String,
    /// None when it must be set.
    default: Option<String>,
    meaning: String,
}

/// `docs/settings.md`.
///
/// # Panics
/// When a file of the code cannot be read, or declares a setting in an unsupported form.
#[must_use]
pub fn page(functions: &[Function]) -> Generated {
    let sources = |folder| files(folder).into_iter().filter(|path: &String| is_rust(path));
    let settings = sources(DECLARED).flat_map(|path| declared(&path, &read(&path)));
    let wiring: Vec<_> = sources(WIRING).flat_map(|path| parsed(&path, &read(&path))).collect();
    let mains: Vec<_> = functions
        .iter()
        .map(|function| {
            (function.name.as_str(), read(&format!("functions/{}/src/main.rs", function.name)))
        })
        .collect();
    let rows = settings.map(|setting| {
        let readers = readers(&setting.constant, &wiring, &mains);
        row(&setting, &readers)
    });
    Generated::new("docs/settings.md", rows.fold(HEAD.to_owned(), |page, row| page + &row))
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "rs")
}

fn row(setting: &Setting, readers: &[&str]) -> String {
    let default = match setting.default.as_deref() {
        None => "must be set".to_owned(),
        Some("") => "none".to_owned(),
        Some(value) => format!("`{value}`"),
    };
    let readers = if readers.is_empty() { "every function".to_owned() } else { readers.join(", ") };
    let meaning = setting.meaning.replace('|', "\\|");
    format!("| `{}` | {default} | {meaning} | {readers} |\n", setting.variable)
}

fn parsed(path: &str, text: &str) -> Vec<Item> {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}")).items
}

/// The settings that a file declares.
fn declared(path: &str, text: &str) -> Vec<Setting> {
    let constants = parsed(path, text).into_iter().filter_map(|item| {
        let Item::Const(constant) = item else { return None };
        is_setting(&constant.ty).then_some(constant)
    });
    let setting = |constant: ItemConst| {
        setting(&constant).unwrap_or_else(|| {
            panic!("{path}: {} is declared in an unsupported form", constant.ident)
        })
    };
    constants.map(setting).collect()
}

fn is_setting(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Setting")
}

fn setting(constant: &ItemConst) -> Option<Setting> {
    let Expr::Struct(fields) = &*constant.expr else { return None };
    let variable = text(field(fields, "name")?)?;
    let default = field(fields, "default")?;
    let default =
        if let Expr::Call(some) = default { Some(text(some.args.first()?)?) } else { None };
    let docs = docs(constant);
    let meaning = docs.strip_prefix(&format!("`{variable}`: ")).unwrap_or(&docs);
    let meaning = meaning.trim_end_matches('.').to_owned();
    Some(Setting { constant: constant.ident.to_string(), variable, default, meaning })
}

fn field<'a>(fields: &'a ExprStruct, name: &str) -> Option<&'a Expr> {
    let mut fields = fields.fields.iter();
    let named = |member: &Member| matches!(member, Member::Named(it) if it == name);
    fields.find(|field| named(&field.member)).map(|field| &field.expr)
}

fn text(expression: &Expr) -> Option<String> {
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = expression else { return None };
    Some(text.value())
}

/// A constant's documentation, on one line.
fn docs(constant: &ItemConst) -> String {
    let lines = constant.attrs.iter().filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else { return None };
        meta.path.is_ident("doc").then(|| text(&meta.value))?
    });
    lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>().join(" ")
}

/// The functions that read a setting, directly or through the wiring; none when the host reads it for all.
fn readers<'a>(constant: &str, wiring: &[Item], mains: &[(&'a str, String)]) -> Vec<&'a str> {
    let parts = parts(constant, wiring);
    let reads = |main: &str| {
        let words = words(main);
        let pairs = words.windows(2);
        words.contains(&constant)
            || pairs.into_iter().any(|it| it[0] == "wiring" && parts.contains(it[1]))
    };
    mains.iter().filter(|(_, main)| reads(main)).map(|(name, _)| *name).collect()
}

/// The functions of the wiring that use a constant, directly or through another.
fn parts(constant: &str, wiring: &[Item]) -> BTreeSet<String> {
    let mut parts = BTreeSet::from([constant.to_owned()]);
    loop {
        let named = wiring.iter().filter_map(|item| {
            let Item::Fn(function) = item else { return None };
            (!idents(function).is_disjoint(&parts)).then_some(&function.sig.ident)
        });
        let named: Vec<_> = named.map(ToString::to_string).collect();
        let before = parts.len();
        parts.extend(named);
        if parts.len() == before {
            return parts;
        }
    }
}

/// The identifiers in a function's body.
fn idents(function: &ItemFn) -> BTreeSet<String> {
    #[derive(Default)]
    struct Idents(BTreeSet<String>);
    impl Visit<'_> for Idents {
        fn visit_ident(&mut self, ident: &Ident) {
            self.0.insert(ident.to_string());
        }
    }
    let mut idents = Idents::default();
    idents.visit_block(&function.block);
    idents.0
}

fn words(code: &str) -> Vec<&str> {
    let words = code.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARATIONS: &str = r#"
        /// `A_URL`: where `a` is:
        /// here | there.
        pub const A: Setting<Url> = Setting { name: "A_URL", default: None, parse: web_address };
        pub const B: super::Setting<u8> = Setting { name: "B", default: Some("1"), parse: |b| b };
        const C: &str = "c";
    "#;

    #[test]
    fn a_setting_is_read_from_its_constant() {
        let declared = declared("a.rs", DECLARATIONS);
        let rows: String = declared.iter().map(|it| row(it, &["x", "y"])).collect();
        let expected = "| `A_URL` | must be set | where `a` is: here \\| there | x, y |\n\
            | `B` | `1` |  | x, y |\n";
        assert_eq!(rows, expected);
        assert_eq!(declared[1].constant, "B");
    }

    #[test]
    fn a_setting_is_listed_with_the_functions_that_read_it_directly_or_through_the_wiring() {
        let wiring = "pub fn part() { inner(); } fn inner() { read(&A) } fn other() { part }";
        let wiring = parsed("wiring.rs", wiring);
        let mains = [
            ("direct", "setup.read(&A)"),
            ("wired", "wiring::part(setup)"),
            ("neither", "part(a, AB)"),
        ];
        let mains = mains.map(|(name, main)| (name, main.to_owned()));
        assert_eq!(readers("A", &wiring, &mains), ["direct", "wired"]);
        assert!(readers("B", &wiring, &mains).is_empty());
    }
}
