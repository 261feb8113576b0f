//! The cache of TensorFlow Hub: a directory for each module, called by the SHA-1 of its address, and beside
//! it a text that names the address.

use std::path::Path;

use super::directory::label;
use super::saved_model::{BESIDE, FOLDERS};
use crate::bytes::limits;
use crate::model::HollowModule;
use crate::store::{self, Item, ItemKind, Store};

/// How the cache is called where nobody chose another place.
const CACHE: &str = "tfhub_modules";
const DESCRIPTOR: &str = ".descriptor.txt";

/// The modules without a graph at a path: a module, or a cache and those in it.
pub(super) fn hollow(store: &dyn Store, path: &Path) -> Vec<HollowModule> {
    if is_digest(&name(path)) {
        let is_module = name(path.parent().unwrap_or(Path::new(""))) == CACHE || descriptor(store, path).is_some();
        return module(store, path).filter(|_| is_module).into_iter().collect();
    }
    let items = store.list(path).unwrap_or_default();
    let is_descriptor = |item: &Item| item.name.strip_suffix(DESCRIPTOR).is_some_and(is_digest);
    if name(path) != CACHE && !items.iter().any(is_descriptor) {
        return Vec::new();
    }
    let modules = items.iter().filter(|item| item.kind == ItemKind::Directory && is_digest(&item.name));
    modules.filter_map(|item| module(store, &path.join(&item.name))).collect()
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_digest(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A module, if it has no graph and nothing that is no part of one.
fn module(store: &dyn Store, path: &Path) -> Option<HollowModule> {
    let left: Vec<String> = store.list(path).ok()?.iter().map(|item| item.name.clone()).collect();
    let is_part = |name: &str| name == "variables" || FOLDERS.contains(&name) || BESIDE.contains(&name);
    if !left.iter().all(|name| is_part(name)) {
        return None;
    }
    let text = descriptor(store, path).unwrap_or_default();
    let handle = text.lines().find_map(|line| line.strip_prefix("Module: ")).map(|handle| handle.trim().to_owned());
    Some(HollowModule { label: label(path), left, handle })
}

/// The text beside a module.
fn descriptor(store: &dyn Store, module: &Path) -> Option<String> {
    let mut path = module.as_os_str().to_owned();
    path.push(DESCRIPTOR);
    let bytes = store::read(store, Path::new(&path), limits::DESCRIPTOR).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    const A: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

    fn disk(files: &[&str]) -> Memory {
        let mut disk = Memory::default();
        for file in files {
            disk.put(file.replace('A', A), *b"Module: https://tfhub.dev/x/1\nDownload Time: now\n");
        }
        disk
    }

    fn labels(files: &[&str], path: &str) -> Vec<String> {
        let found = hollow(&disk(files), Path::new(&path.replace('A', A)));
        found.into_iter().map(|module| format!("{} {}", module.label.replace(A, "A"), module.left.join(" "))).collect()
    }

    #[test]
    fn a_module_without_its_graph_is_hollow() {
        assert_eq!(
            labels(&["tfhub_modules/A/variables/variables.index"], "tfhub_modules/A"),
            ["tfhub_modules/A variables"]
        );
        assert_eq!(labels(&["tfhub_modules/A/assets/vocab.txt"], "tfhub_modules"), ["tfhub_modules/A assets"]);
        let elsewhere = ["hub/A/variables/x", "hub/A.descriptor.txt"];
        assert_eq!(labels(&elsewhere, "hub/A"), ["hub/A variables"]);
        assert_eq!(labels(&elsewhere, "hub"), ["hub/A variables"]);
        let module = hollow(&disk(&elsewhere), Path::new("hub")).remove(0);
        assert_eq!(module.handle.as_deref(), Some("https://tfhub.dev/x/1"));
    }

    #[test]
    fn others_are_not() {
        for (files, path) in [
            // It has its graph.
            (&["tfhub_modules/A/saved_model.pb", "tfhub_modules/A/variables/x"][..], "tfhub_modules"),
            // Something else than a SavedModel was fetched.
            (&["tfhub_modules/A/model.tflite"], "tfhub_modules/A"),
            // A snapshot of another hub.
            (&["snapshots/A/variables/x"], "snapshots/A"),
            (&["tfhub_modules/run/variables/x"], "tfhub_modules"),
        ] {
            assert_eq!(labels(files, path), Vec::<String>::new(), "{files:?}");
        }
    }
}
