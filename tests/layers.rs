//! The architecture, as a test: which module may use which, and what only some may do.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate with the modules that it may use. What a module is not named here for, it
/// may not import; `lib.rs` and `main.rs` connect everything and are free.
const LAYERS: [(&str, &[&str]); 15] = [
    ("bytes", &[]),
    ("error", &[]),
    ("store", &["bytes"]),
    ("model", &["bytes"]),
    ("proto", &["bytes", "model"]),
    ("format", &["bytes", "error", "model", "proto", "store"]),
    ("tensor", &["bytes", "error", "proto", "model", "store"]),
    ("compare", &["bytes", "model"]),
    ("restore", &["bytes", "model", "compare"]),
    ("doctor", &["bytes", "model", "compare", "restore"]),
    ("view", &["bytes", "model", "compare", "restore", "doctor"]),
    ("cli", &[]),
    ("config", &["error", "store", "cli"]),
    (
        "command",
        &[
            "bytes", "error", "store", "model", "format", "tensor", "compare", "restore", "doctor", "view", "cli",
            "config",
        ],
    ),
    ("library", &["error", "store", "model", "tensor", "compare", "doctor", "view", "cli", "command"]),
];

/// Lines that a file may have at the most.
const LINES: usize = 500;

/// A file of `src/`.
struct Source {
    /// Path within `src/`.
    path: PathBuf,
    text: String,
}

impl Source {
    /// The modules that it lies in, the outermost first: `format`, `bundle`, `slices`.
    fn modules(&self) -> Vec<String> {
        let path = self.path.with_extension("");
        let names = path.components().map(|name| name.as_os_str().to_string_lossy().into_owned());
        names.filter(|name| !matches!(name.as_str(), "mod" | "lib" | "main")).collect()
    }

    /// Its code without comments, without what stands in quotes, and without what is compiled for its own
    /// tests only.
    fn code(&self) -> String {
        let mut code = String::new();
        let text = bare(&self.text);
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.trim() == "#[cfg(test)]" {
                // A declaration of one line, or a block that ends with a brace of the same depth.
                let depth = line.len() - line.trim_start().len();
                let end = format!("{}}}", " ".repeat(depth));
                if lines.next().is_some_and(|line| !line.ends_with(';')) {
                    lines.by_ref().find(|line| *line == end);
                }
                continue;
            }
            code.push_str(line);
            code.push('\n');
        }
        code
    }

    /// The files beside or below it that are compiled for tests only.
    fn test_files(&self) -> Vec<PathBuf> {
        let is_root = self.path.ends_with("mod.rs") || self.modules().is_empty();
        let folder = if is_root { self.path.parent().unwrap().to_owned() } else { self.path.with_extension("") };
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        let declared = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
        let names = declared.filter_map(|pair| pair[1].strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name));
        names.map(|name| folder.join(name).with_extension("rs")).collect()
    }

    /// The modules of the crate that its code names.
    fn uses(&self) -> Vec<String> {
        let code = self.code();
        let mut uses = Vec::new();
        for (at, _) in code.match_indices("crate::") {
            uses.extend(heads(&code[at + "crate::".len()..]));
        }
        let modules = self.modules();
        for (at, _) in code.match_indices("super::") {
            let before = &code[..at];
            let up = 1 + before.len().saturating_sub(before.trim_end_matches("super::").len()) / "super::".len();
            let rest = &code[at + "super::".len()..];
            // Only where the way up ends at the root of the crate is another module of it named.
            if up == modules.len() && !rest.starts_with("super::") {
                uses.extend(heads(rest));
            }
        }
        uses.sort();
        uses.dedup();
        uses
    }
}

/// Code without comments and without the characters in its quotes. Lines stay where they are.
fn bare(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let taken = token(rest);
        let (token, after) = rest.split_at(taken);
        match character {
            '/' if taken > 1 => {}
            '"' | '\'' | 'r' | 'b' if taken > 2 => code.push_str("\"\""),
            _ => code.push_str(token),
        }
        if taken > 1 {
            code.extend(token.chars().filter(|c| *c == '\n'));
        }
        rest = after;
    }
    code
}

/// The length of the comment or quotation that a text begins with, or of its first character.
fn token(text: &str) -> usize {
    let until = |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return until("*/", 2);
    }
    let raw = text.strip_prefix("br").or(text.strip_prefix('r')).map(|raw| raw.trim_start_matches('#'));
    if let Some(raw) = raw.filter(|raw| raw.starts_with('"')) {
        let open = text.len() - raw.len() + 1;
        let hashes = text[..open].matches('#').count();
        return until(&format!("\"{}", "#".repeat(hashes)), open);
    }
    let first = text.chars().next().map_or(1, char::len_utf8);
    let Some(quote @ ('"' | '\'')) = text.chars().next() else { return first };
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            // A lifetime is no quotation: it has no quote behind its first character.
            _ if quote == '\'' && !text[1..].starts_with('\\') && text.chars().nth(2) != Some('\'') => return first,
            _ => {}
        }
    }
    first
}

/// Every path that code imports, groups in braces taken apart.
fn imports(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let tree: String = code[at + 4..].split(';').next().unwrap_or_default().split_whitespace().collect();
        branch(&tree, "", &mut paths);
    }
    paths
}

fn branch(tree: &str, stem: &str, paths: &mut Vec<String>) {
    let Some((before, group)) = tree.split_once('{') else {
        paths.push(format!("{stem}{tree}"));
        return;
    };
    let group = group.strip_suffix('}').unwrap_or(group);
    let (mut depth, mut start) = (0, 0);
    for (at, character) in group.char_indices().chain([(group.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branch(&group[start..at], &format!("{stem}{before}"), paths);
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The first names of a path, or of each path in braces.
fn heads(text: &str) -> Vec<String> {
    let name = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = text.strip_prefix('{') else { return vec![name(text)] };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What a file may not do and does: file, and module that it may not use.
fn violations(sources: &[Source]) -> Vec<String> {
    let known: Vec<&str> = LAYERS.iter().map(|(module, _)| *module).collect();
    let mut found = Vec::new();
    for source in sources {
        let modules = source.modules();
        let Some(module) = modules.first() else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| layer == module) else {
            found.push(format!("{}: the module {module} is not in the table", source.path.display()));
            continue;
        };
        for used in source.uses() {
            if known.contains(&used.as_str()) && used != *module && !allowed.contains(&used.as_str()) {
                found.push(format!("{}: {module} may not use {used}", source.path.display()));
            }
        }
    }
    found
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    collect(&root, &root, &mut sources);
    let for_tests: Vec<PathBuf> = sources.iter().flat_map(Source::test_files).collect();
    sources.retain(|source| !for_tests.contains(&source.path));
    assert!(sources.len() > 50, "only {} files in src", sources.len());
    sources
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            sources.push(Source { path: path.strip_prefix(root).unwrap().to_owned(), text });
        }
    }
}

/// The files whose code contains a text, outside of the folders where it may.
fn with(text: &str, allowed: &[&str]) -> Vec<String> {
    let sources = sources();
    let outside = sources.iter().filter(|source| !allowed.iter().any(|folder| source.path.starts_with(folder)));
    outside.filter(|source| contains(&source.code(), text)).map(|source| source.path.display().to_string()).collect()
}

/// True if code names a path, in one piece or in the groups of an import.
fn contains(code: &str, path: &str) -> bool {
    code.contains(path) || imports(code).iter().any(|import| import.contains(path))
}

const NONE: [String; 0] = [];

#[test]
fn modules_use_only_what_lies_below() {
    assert_eq!(violations(&sources()), NONE);
}

#[test]
fn the_table_is_in_order() {
    for (position, (module, allowed)) in LAYERS.iter().enumerate() {
        for below in *allowed {
            let place = LAYERS.iter().position(|(layer, _)| layer == below);
            assert!(place.is_some_and(|place| place < position), "{module} uses {below}, which does not lie below it");
        }
    }
}

#[test]
fn only_the_store_and_the_writing_of_outputs_touch_files() {
    for call in ["std::fs", "File::open", "File::create", "OpenOptions"] {
        assert_eq!(with(call, &["store", "command/output.rs"]), NONE, "{call}");
    }
}

#[test]
fn only_main_knows_the_process() {
    assert_eq!(with("process::exit", &["main.rs"]), NONE);
    assert_eq!(with("env::args", &["main.rs"]), NONE);
    assert_eq!(with("env::var", &["main.rs", "lib.rs"]), NONE);
}

/// Commands make values; how these look is told in one place, whose modules nobody else can name.
#[test]
fn commands_do_not_know_the_renderers() {
    let view = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/view/mod.rs");
    let code = bare(&fs::read_to_string(view).unwrap());
    let open = code.lines().filter(|line| line.starts_with("pub") && line.contains(" mod "));
    assert_eq!(open.collect::<Vec<_>>(), NONE);
}

#[test]
fn files_can_be_read_in_a_sitting() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(lines <= LINES, "{}: {lines} lines", source.path.display());
    }
}

fn planted(path: &str, text: &str) -> Vec<String> {
    violations(&[Source { path: path.into(), text: text.to_owned() }])
}

#[test]
fn the_scan_bites() {
    let found = ["doctor/rules/planted.rs: doctor may not use store".to_owned()];
    assert_eq!(planted("doctor/rules/planted.rs", "use crate::store::Local;\n"), found);
    assert_eq!(planted("doctor/rules/planted.rs", "use crate::{\n    bytes::{Fault, Span},\n    store,\n};\n"), found);
    assert_eq!(planted("doctor/rules/planted.rs", "use super::super::super::store::Local;\n"), found);
    assert_eq!(planted("doctor/rules/planted.rs", "fn f(s: &dyn crate::store::Store) {}\n"), found);
    assert_eq!(planted("model/mod.rs", "use super::format::open;\n"), ["model/mod.rs: model may not use format"]);
    assert_eq!(planted("drawer/mod.rs", ""), ["drawer/mod.rs: the module drawer is not in the table"]);
}

#[test]
fn the_scan_does_not_bite_the_innocent() {
    assert_eq!(planted("doctor/rules/planted.rs", "use super::super::finding::Finding;\n"), NONE);
    assert_eq!(planted("doctor/rules/planted.rs", "/// See [`crate::store`].\nuse crate::model::Depth;\n"), NONE);
    let test = "#[cfg(test)]\nmod tests {\n    use crate::store::Memory;\n    fn f() {\n    }\n}\n";
    assert_eq!(planted("doctor/rules/planted.rs", test), NONE);
    let after = format!("{test}use crate::store::Memory;\n");
    assert_eq!(planted("doctor/rules/planted.rs", &after).len(), 1, "what stands behind the tests counts");
}

#[test]
fn quotations_and_groups_hide_nothing() {
    let address = "const A: &str = \"https://a\"; fn f(s: &dyn crate::store::Store) {}\n";
    assert_eq!(planted("doctor/rules/planted.rs", address).len(), 1, "what stands behind // in quotes counts");
    let raw = "const A: &str = r#\"a \"quote\" // \"#; use crate::store::Local;\n";
    assert_eq!(planted("doctor/rules/planted.rs", raw).len(), 1);
    let characters =
        "fn f<'a>(x: &'a str) -> char { if x == \"'\" { '\"' } else { '\\'' } } use crate::store::Local;\n";
    assert_eq!(planted("doctor/rules/planted.rs", characters).len(), 1);
    assert_eq!(planted("doctor/rules/planted.rs", "const A: &str = \"use crate::store::Local\";\n"), NONE);
    assert_eq!(planted("doctor/rules/planted.rs", "/* use crate::store::Local; */\n"), NONE);
    for code in ["use std::{fs, io};", "use std::{\n    io::Read,\n    fs::{self, File},\n};", "std::fs::read(x)"] {
        assert!(contains(&bare(code), "std::fs"), "{code}");
    }
    assert!(!contains(&bare("use std::{fmt, io};\nconst A: &str = \"std::fs\";"), "std::fs"));
}
