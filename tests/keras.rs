//! Keras' own files, held against what Keras and h5py say of them.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ckpt::bytes::FaultKind;
use ckpt::format::open_keras;
use ckpt::model::{Checkpoint, Container, DType, Depth, Layer, Role, Variable, Writer};
use ckpt::store::{Local, Memory};
use ckpt::tensor::{self, Request};
use serde_json::Value;
use support::{Fixture, disk, fixture, fixtures, hex, in_memory};

fn read(path: &Path) -> Checkpoint {
    open_keras(&Local, path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fixtures of Keras files, with the path to open for each of their `files` that is opened on its own.
fn healthy() -> Vec<(Fixture, PathBuf, Vec<String>)> {
    let mut all = Vec::new();
    for fixture in fixtures("formats") {
        let files: Vec<String> = match fixture.json["files"].as_object() {
            Some(files) => files.keys().cloned().collect(),
            None => continue,
        };
        match fixture.json["kind"].as_str().unwrap() {
            "one-model" => {
                for file in files {
                    let path = fixture.folder.join(file.split('!').next().unwrap());
                    all.push((support::fixture(&fixture.name), path, vec![file]));
                }
            }
            kind if kind.starts_with("keras-") => {
                let path = fixture.path();
                all.push((fixture, path, files));
            }
            _ => {}
        }
    }
    assert!(all.len() > 40, "{}", all.len());
    all
}

/// What a weight of the fixture is in the file: `owner` without Keras 2's `:0`, by the path of the dataset.
fn owners(fixture: &Fixture, list: &str, save: &str) -> BTreeMap<String, String> {
    let mut owners = BTreeMap::new();
    for weight in fixture.json[list].as_array().into_iter().flatten() {
        let dataset = weight["dataset"].as_str().or_else(|| weight["found"][save].as_str());
        let owner = weight["owner"].as_str().unwrap();
        if let Some(dataset) = dataset {
            owners.insert(dataset.trim_start_matches('/').to_owned(), owner.trim_end_matches(":0").to_owned());
        }
    }
    owners
}

fn save_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn variable<'a>(checkpoint: &'a Checkpoint, key: &str) -> &'a Variable {
    let (id, _) = checkpoint.find(key.as_bytes()).unwrap_or_else(|| panic!("{}: {key}", checkpoint.label));
    &checkpoint.variables[id]
}

#[test]
fn every_dataset_is_an_entry() {
    for (fixture, path, files) in healthy() {
        let checkpoint = read(&path);
        let mut wanted = BTreeMap::new();
        for dataset in files.iter().flat_map(|file| fixture.json["files"][file]["datasets"].as_array().unwrap()) {
            wanted.insert(dataset["path"].as_str().unwrap().trim_start_matches('/').to_owned(), dataset);
        }
        let keys: Vec<String> = checkpoint.entries.iter().map(|entry| entry.key.to_string()).collect();
        assert_eq!(keys, wanted.keys().cloned().collect::<Vec<_>>(), "{}", fixture.name);
        let request = Request { depth: Depth::Bytes, sha256: true, entries: None };
        let digests = tensor::digest(&Local, &checkpoint, &request, &|_| ());
        assert_eq!((&checkpoint.faults, &digests.faults), (&Vec::new(), &Vec::new()), "{}", fixture.name);
        for (id, entry) in checkpoint.entries.iter().enumerate() {
            let wanted = wanted[&entry.key.to_string()];
            let dtype = wanted["dtype"].as_str().unwrap().replace("void16", "bfloat16");
            assert_eq!(entry.dtype.name(), dtype, "{} {:?}", fixture.name, entry.key);
            let shape: Vec<u64> = wanted["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
            assert_eq!(entry.shape.axes(), Some(shape.as_slice()), "{} {:?}", fixture.name, entry.key);
            let sha256 = digests.entries[id].as_ref().and_then(|digest| digest.sha256);
            assert_eq!(
                sha256.map(|sum| hex(&sum)).as_deref(),
                wanted["sha256"].as_str(),
                "{} {:?}",
                fixture.name,
                entry.key
            );
        }
    }
}

#[test]
fn names_and_roles() {
    let mut doubts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (fixture, path, _) in healthy() {
        let checkpoint = read(&path);
        let save = save_of(&path);
        let is_legacy = matches!(checkpoint.container, Container::KerasModelH5 | Container::KerasLayersH5);
        let knows_names = checkpoint.writer == Writer::Keras3 || checkpoint.container == Container::KerasArchive;
        for (key, owner) in owners(&fixture, "weights", &save) {
            let variable = variable(&checkpoint, &key);
            assert!(
                matches!(variable.role, Role::Weight | Role::Statistic),
                "{} {key}: {:?}",
                fixture.name,
                variable.role
            );
            let averages = ["moving_mean", "moving_variance", "mean", "variance", "count"];
            let is_average = averages.contains(&owner.rsplit('/').next().unwrap());
            assert_eq!(variable.role == Role::Statistic, is_average, "{} {key}", fixture.name);
            let (ours, theirs) = (ends(&variable.name), ends(&owner));
            if is_legacy {
                assert_eq!(&*variable.name, owner, "{}", fixture.name);
            } else if ours.1.bytes().all(|b| b.is_ascii_digit()) {
                doubts.entry(fixture.name.clone()).or_default().insert(key);
            } else if knows_names {
                assert_eq!(ours, theirs, "{} {key}", fixture.name);
            } else {
                let word = if theirs.1 == "depthwise_kernel" { "kernel" } else { theirs.1 };
                assert_eq!(ours.1, word, "{} {key}", fixture.name);
            }
        }
        for key in owners(&fixture, "optimizer", &save).keys() {
            let role = variable(&checkpoint, key).role;
            assert!(matches!(role, Role::Slot | Role::Optimizer), "{} {key}: {role:?}", fixture.name);
        }
        for key in owners(&fixture, "metrics", &save).keys() {
            assert_eq!(variable(&checkpoint, key).role, Role::Bookkeeping, "{} {key}", fixture.name);
        }
        let names: BTreeSet<&str> = checkpoint.variables.iter().map(|variable| &*variable.name).collect();
        assert_eq!(names.len(), checkpoint.variables.len(), "{}: {names:?}", fixture.name);
    }
    for (name, keys) in &doubts {
        eprintln!("{name}: {keys:?}");
    }
    assert!(doubts.is_empty());
}

/// The last two parts of a name.
fn ends(name: &str) -> (&str, &str) {
    let (rest, last) = name.rsplit_once('/').unwrap_or(("", name));
    (rest.rsplit('/').next().unwrap(), last)
}

/// Whose slot a variable is and which, as its owner's name tells it.
fn told_slot(name: &str, weights: &BTreeMap<String, String>) -> Option<(String, String)> {
    weights.iter().find_map(|(key, weight)| {
        let (_, rest) = name.split_once('/')?;
        let slot = rest.strip_suffix(weight).map(|slot| slot.trim_end_matches('/'));
        let slot = slot.or_else(|| rest.strip_prefix(weight)?.strip_prefix('/'));
        let slot = slot.or_else(|| rest.strip_prefix(&weight.replace('/', "_"))?.strip_prefix('_'));
        Some((key.clone(), slot?.to_owned()))
    })
}

#[test]
fn slots_belong_to_their_weights() {
    let (mut tied, mut named) = (0, 0);
    for (fixture, path, _) in healthy() {
        let checkpoint = read(&path);
        let save = save_of(&path);
        let weights = owners(&fixture, "weights", &save);
        for (key, owner) in owners(&fixture, "optimizer", &save) {
            let variable = variable(&checkpoint, &key);
            let told = told_slot(&owner, &weights);
            assert_eq!(variable.role == Role::Slot, told.is_some(), "{} {key} {owner}", fixture.name);
            let Some((of, slot)) = told else { continue };
            let Some(found) = variable.slot_of() else { panic!("{} {key} {owner}", fixture.name) };
            assert_eq!(checkpoint.entries[found].key.to_string(), of, "{} {owner}", fixture.name);
            tied += 1;
            let name = variable.slot_name().unwrap();
            if !name.starts_with("slot ") {
                assert_eq!(name, slot, "{} {owner}", fixture.name);
                named += 1;
            }
        }
    }
    assert!(tied > 100 && named > 60, "{tied} {named}");
}
