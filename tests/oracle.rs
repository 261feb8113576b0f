//! Checkpoints that TensorFlow and Keras wrote, against what TensorFlow says of them.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use ckpt::model::{Checkpoint, Container, Entry, Flavor, Group, Role, Variable};
use ckpt::store::Local;
use serde_json::Value;
use support::{Fixture, digest, fixtures, hex, open};

/// Every fixture, and enough of them.
fn readable() -> Vec<Fixture> {
    let fixtures = fixtures("");
    assert!(fixtures.len() >= 25, "only {} fixtures in testdata", fixtures.len());
    fixtures
}

/// The key of a tensor as bytes: names that are not UTF-8 are spelled in hexadecimal digits.
fn key(tensor: &Value) -> Vec<u8> {
    match tensor["key_hex"].as_str() {
        Some(digits) => {
            (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
        }
        None => tensor["key"].as_str().expect("a key").as_bytes().to_vec(),
    }
}

fn entry<'a>(fixture: &Fixture, checkpoint: &'a Checkpoint, key: &[u8]) -> (usize, &'a Entry) {
    let missing = || panic!("{}: no entry {}", fixture.name, String::from_utf8_lossy(key));
    checkpoint.find(key).unwrap_or_else(missing)
}

fn variable<'a>(fixture: &Fixture, checkpoint: &'a Checkpoint, key: &str) -> &'a Variable {
    let (id, _) = entry(fixture, checkpoint, key.as_bytes());
    checkpoint.variable_of(id).unwrap_or_else(|| panic!("{}: {key} has no variable", fixture.name)).1
}

/// The tensors that are listed: as many, and each with its type, shape and elements.
fn same_tensors(name: &str, prefix: &std::path::Path, told: &[Value]) {
    let checkpoint = open(&Local, prefix);
    assert_eq!(checkpoint.faults, [], "{name}");
    assert_eq!(checkpoint.entries.len(), told.len(), "{name}: number of tensors");
    let digests = digest(&Local, &checkpoint, true);
    assert_eq!(digests.faults, [], "{name}");
    for tensor in told {
        let key = key(tensor);
        let what = format!("{name}: {}", String::from_utf8_lossy(&key));
        let (id, entry) = checkpoint.find(&key).unwrap_or_else(|| panic!("{what} is not there"));
        assert_eq!(entry.dtype.to_string(), tensor["dtype"].as_str().unwrap(), "{what}");
        let shape: Vec<u64> = tensor["shape"].as_array().unwrap().iter().map(|axis| axis.as_u64().unwrap()).collect();
        assert_eq!(entry.shape.axes(), Some(shape.as_slice()), "{what}");
        let found = digests.get(id).unwrap_or_else(|| panic!("{what} was not read"));
        // V1 has checksums of its blocks alone.
        let sealed = (checkpoint.container == Container::Bundle).then_some(true);
        assert_eq!(found.intact, sealed, "{what}: checksum");
        if let Some(sha256) = tensor["sha256"].as_str() {
            assert_eq!(hex(&found.sha256.unwrap()), sha256, "{what}: elements");
        }
        let plain = checkpoint.container == Container::Bundle && entry.dtype.is_numeric();
        if let (Some(bytes), true) = (tensor["bytes"].as_u64(), plain) {
            assert_eq!(entry.stored_bytes(), bytes, "{what}: size");
        }
    }
}

#[test]
fn tensors_are_those_that_tensorflow_reads() {
    for fixture in readable() {
        same_tensors(&fixture.name, &fixture.prefix(), fixture.json["tensors"].as_array().unwrap());
        for (prefix, tensors) in fixture.json["others"].as_object().into_iter().flatten() {
            let name = format!("{}/{prefix}", fixture.name);
            same_tensors(&name, &fixture.folder.join(prefix), tensors.as_array().unwrap());
        }
    }
}

/// What was saved and TensorFlow cannot read back: slices of types that it does not put together.
#[test]
fn tensors_that_tensorflow_cannot_read_are_those_that_were_saved() {
    let mut seen = 0;
    for fixture in readable() {
        let checkpoint = open(&Local, fixture.prefix());
        let digests = digest(&Local, &checkpoint, true);
        for (key, sha256) in fixture.json["written"].as_object().into_iter().flatten() {
            let (id, _) = entry(&fixture, &checkpoint, key.as_bytes());
            let found = digests.get(id).and_then(|digest| digest.sha256).map(|sha256| hex(&sha256));
            assert_eq!(found.as_deref(), sha256.as_str(), "{}: {key}", fixture.name);
            seen += 1;
        }
    }
    assert!(seen > 0, "no fixture has such a tensor");
}

#[test]
fn headers_are_read() {
    for fixture in readable() {
        let checkpoint = open(&Local, fixture.prefix());
        let shards = fixture.json["num_shards"].as_u64().map(|shards| shards as u32);
        assert_eq!(checkpoint.declared_shards, shards, "{}", fixture.name);
        let flavor = if fixture.json["kind"] == "object-based" { Flavor::ObjectBased } else { Flavor::NameBased };
        assert_eq!(checkpoint.flavor, flavor, "{}", fixture.name);
    }
}

#[test]
fn every_entry_is_a_variable_of_its_own_name() {
    for fixture in readable() {
        let checkpoint = open(&Local, fixture.prefix());
        let entries: BTreeSet<usize> = checkpoint.variables.iter().map(|variable| variable.entry).collect();
        assert_eq!(entries.len(), checkpoint.entries.len(), "{}", fixture.name);
        assert_eq!(checkpoint.variables.len(), checkpoint.entries.len(), "{}", fixture.name);
        let names: BTreeSet<&str> = checkpoint.variables.iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(names.len(), checkpoint.variables.len(), "{}: a name names two", fixture.name);
    }
}

/// Paths and full names, as TensorFlow's own message classes give them.
#[test]
fn object_graphs_are_those_that_tensorflow_reads() {
    for fixture in readable() {
        let checkpoint = open(&Local, fixture.prefix());
        let graph = &fixture.json["graph"];
        assert_eq!(checkpoint.graph.is_some(), !graph.is_null(), "{}", fixture.name);
        let nodes = checkpoint.graph.as_ref().map(|graph| graph.nodes.len() as u64);
        assert_eq!(nodes, graph["nodes"].as_u64(), "{}: nodes", fixture.name);
        for told in graph["variables"].as_array().into_iter().flatten() {
            let key = told["key"].as_str().unwrap();
            let Some((id, _)) = checkpoint.find(key.as_bytes()) else {
                continue; // The beginning of several keys: tables, iterators.
            };
            let variable = checkpoint.variable_of(id).unwrap().1;
            let what = format!("{}: {key}", fixture.name);
            let full_name = told["full_name"].as_str().filter(|name| !name.is_empty());
            assert_eq!(variable.full_name(), full_name, "{what}");
            same_paths(&what, variable, told, graph["paths_complete_to"].as_u64());
        }
    }
}

/// Every path that TensorFlow's graph has must be listed, and none that it has not; where there are
/// too many to list, the shortest must be right.
fn same_paths(what: &str, variable: &Variable, told: &Value, complete_to: Option<u64>) {
    let ours: BTreeSet<&str> = variable.paths().iter().map(String::as_str).collect();
    let theirs: BTreeSet<&str> = told["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    let cut = variable.more_paths() || complete_to.is_some() || theirs.len() >= 64;
    // A slot variable of a legacy optimizer is nobody's child: its key alone says where it is.
    let is_slot = told["slot_of"].is_string();
    if cut {
        assert_eq!(
            variable.paths().first().map(|path| path.split('/').count()),
            shortest(&theirs),
            "{what}: shortest path"
        );
    } else if !is_slot {
        assert_eq!(ours, theirs, "{what}: paths");
    }
}

fn shortest(paths: &BTreeSet<&str>) -> Option<usize> {
    paths.iter().map(|path| path.split('/').count()).min()
}

/// What the program that saved it knows: which weights are the model's, and what its optimizer owns.
#[test]
fn roles_are_those_that_the_saving_program_knows() {
    for fixture in readable() {
        let checkpoint = open(&Local, fixture.prefix());
        let group = |key: &str| variable(&fixture, &checkpoint, key).role.group();
        let slots: BTreeSet<&str> = slots(&fixture).into_keys().collect();
        for key in fixture.list("model_keys").into_iter().flatten() {
            assert_eq!(group(&key), Group::Model, "{}: {key}", fixture.name);
        }
        for key in fixture.list("optimizer_keys").into_iter().flatten() {
            assert_eq!(group(&key), Group::Optimizer, "{}: {key}", fixture.name);
            let is_slot = variable(&fixture, &checkpoint, &key).role == Role::Slot;
            assert_eq!(is_slot, slots.contains(key.as_str()), "{}: is {key} a slot?", fixture.name);
        }
        if let (Some(model), Some(optimizer)) = (fixture.list("model_keys"), fixture.list("optimizer_keys")) {
            let counts = |of: Group| checkpoint.variables.iter().filter(|variable| variable.role.group() == of).count();
            assert_eq!(
                counts(Group::Optimizer),
                optimizer.len(),
                "{}: number of the optimizer's variables",
                fixture.name
            );
            assert!(counts(Group::Model) >= model.len(), "{}: number of the model's variables", fixture.name);
        }
    }
}

/// The slots by their keys: of which variable, and which.
fn slots(fixture: &Fixture) -> BTreeMap<&str, (&str, &str)> {
    let told = fixture.json["slots"].as_array().into_iter().flatten();
    told.map(|slot| {
        let text = |field: &str| slot[field].as_str().expect(field);
        (text("slot_key"), (text("variable_key"), text("slot_name")))
    })
    .collect()
}

#[test]
fn slots_belong_to_the_variables_that_the_saving_program_knows() {
    let mut seen = 0;
    for fixture in readable() {
        let checkpoint = open(&Local, fixture.prefix());
        for (slot, (of, name)) in slots(&fixture) {
            let found = variable(&fixture, &checkpoint, slot);
            let what = format!("{}: {slot}", fixture.name);
            assert_eq!(found.role, Role::Slot, "{what}");
            let owner = found.slot_of().map(|of| checkpoint.entry(&checkpoint.variables[of]).unwrap().key.to_string());
            assert_eq!(owner.as_deref(), Some(of), "{what}");
            let same = |ours: &str| ours == name || name.starts_with("Exponential") && ours == "average";
            assert!(found.slot_name().is_some_and(same), "{what}: {:?} is called {name}", found.slot_name());
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} slots in all fixtures");
}

/// The checkpoint that a directory stands for is the one that TensorFlow takes.
#[test]
fn directories_resolve_to_the_latest_checkpoint() {
    for fixture in readable() {
        let Some(latest) = fixture.json["latest_checkpoint"].as_str() else { continue };
        let resolved = ckpt::format::resolve(&Local, &fixture.folder);
        assert_eq!(resolved.prefix, Some(fixture.folder.join(latest)), "{}", fixture.name);
    }
}

#[test]
fn the_path_of_every_fixture_resolves() {
    for fixture in readable() {
        let resolved = ckpt::format::resolve(&Local, &fixture.path());
        let same = |path: std::path::PathBuf| path.as_os_str() == fixture.prefix().as_os_str();
        assert!(resolved.prefix.clone().is_some_and(same), "{}: {:?}", fixture.name, resolved.prefix);
        if fixture.is_v1() {
            continue;
        }
        let index = format!("{}.index", fixture.prefix().display());
        let resolved = ckpt::format::resolve(&Local, std::path::Path::new(&index));
        assert_eq!(resolved.stripped.as_deref(), Some(".index"), "{}", fixture.name);
    }
}
