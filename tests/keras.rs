//! Keras' own files, held against what Keras and h5py say of them.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ckpt::bytes::FaultKind;
use ckpt::format;
use ckpt::model::{Checkpoint, Container, Extent, Layer, Payload, Role, Variable, Writer};
use ckpt::store::{self, Local, Memory};
use sha2::{Digest, Sha256};
use support::{Chance, Fixture, disk, fixture, fixtures, hex, in_memory};

fn read(path: &Path) -> Checkpoint {
    format::open(&Local, path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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
    let mut coded_entries = 0;
    for (fixture, path, files) in healthy() {
        let checkpoint = read(&path);
        let mut wanted = BTreeMap::new();
        for dataset in files.iter().flat_map(|file| fixture.json["files"][file]["datasets"].as_array().unwrap()) {
            wanted.insert(dataset["path"].as_str().unwrap().trim_start_matches('/').to_owned(), dataset);
        }
        let keys: Vec<String> = checkpoint.entries.iter().map(|entry| entry.key.to_string()).collect();
        assert_eq!(keys, wanted.keys().cloned().collect::<Vec<_>>(), "{}", fixture.name);
        assert_eq!(checkpoint.faults, Vec::new(), "{}", fixture.name);
        for entry in &checkpoint.entries {
            let wanted = wanted[&entry.key.to_string()];
            let dtype = wanted["dtype"].as_str().unwrap().replace("void16", "bfloat16");
            assert_eq!(entry.dtype.name(), dtype, "{} {:?}", fixture.name, entry.key);
            let shape: Vec<u64> = wanted["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
            assert_eq!(entry.shape.axes(), Some(shape.as_slice()), "{} {:?}", fixture.name, entry.key);
            match &entry.payload {
                Payload::Extent(extent) => {
                    let sum = Sha256::digest(bytes(&checkpoint, extent));
                    assert_eq!(Some(hex(&sum).as_str()), wanted["sha256"].as_str(), "{} {:?}", fixture.name, entry.key);
                }
                Payload::Coded(coded) => {
                    // The ones that a user compressed.
                    let all = coded.pieces.iter().map(|piece| piece.slice.elements().unwrap()).sum::<u64>();
                    assert!(all >= entry.elements() && all > 0, "{} {:?}", fixture.name, entry.key);
                    coded_entries += 1;
                }
                payload => panic!("{} {:?}: {payload:?}", fixture.name, entry.key),
            }
        }
    }
    assert_eq!(coded_entries, 4);
}

/// The bytes of an extent, also of one within an archive.
fn bytes(checkpoint: &Checkpoint, extent: &Extent) -> Vec<u8> {
    let blob = store::open(&Local, &checkpoint.files[extent.file].path).unwrap();
    let mut bytes = vec![0; extent.length as usize];
    blob.read_at(extent.offset, &mut bytes).unwrap();
    bytes
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
            let state = [
                &["moving_mean", "moving_variance", "mean", "variance", "count"][..],
                &["kernel_scale", "kernel_zero", "embeddings_scale", "embeddings_zero", "g_idx"],
            ];
            let is_state = state.concat().contains(&owner.rsplit('/').next().unwrap());
            assert_eq!(variable.role == Role::Statistic, is_state, "{} {key}", fixture.name);
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
    let doubts: Vec<String> =
        doubts.into_iter().flat_map(|(name, keys)| keys.into_iter().map(move |key| format!("{name} {key}"))).collect();
    assert_eq!(doubts, DOUBTS);
}

/// Weights that only have a number: nothing in the file tells the class of an attribute or of what
/// `TimeDistributed` wraps, or the words of a class of the user's own.
const DOUBTS: [&str; 20] = [
    "formats/k2-weights-subclassed norm/vars/0",
    "formats/k2-weights-subclassed norm/vars/1",
    "formats/k2-weights-subclassed second/vars/0",
    "formats/k2-weights-subclassed second/vars/1",
    "formats/k212-weights-subclassed first/vars/0",
    "formats/k212-weights-subclassed first/vars/1",
    "formats/k3-keras-custom dense/vars/0",
    "formats/k3-keras-custom dense/vars/1",
    "formats/k3-keras-custom layers/scale/vars/0",
    "formats/k3-weights-subclassed again/vars/0",
    "formats/k3-weights-subclassed again/vars/1",
    "formats/k3-weights-subclassed blocks/block/inner/vars/0",
    "formats/k3-weights-subclassed blocks/block/inner/vars/1",
    "formats/k3-weights-subclassed blocks/block/vars/0",
    "formats/k3-weights-subclassed blocks/block_1/inner/vars/0",
    "formats/k3-weights-subclassed blocks/block_1/inner/vars/1",
    "formats/k3-weights-subclassed blocks/block_1/vars/0",
    "formats/k3-weights-subclassed vars/0",
    "formats/k3-weights-wrapped layers/time_distributed/layer/vars/0",
    "formats/k3-weights-wrapped layers/time_distributed/layer/vars/1",
];

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

#[test]
fn kinds_and_writers() {
    for (fixture, path, _) in healthy() {
        let checkpoint = read(&path);
        let save = save_of(&path);
        let kind = fixture.json["saves"][&save].as_str().or_else(|| fixture.json["kind"].as_str()).unwrap();
        let container = match kind {
            "keras-h5" => Container::KerasModelH5,
            "keras-h5-weights" => Container::KerasLayersH5,
            "keras-weights-h5" => Container::KerasWeightsH5,
            "keras-sharded-weights" => Container::KerasWeightsShards,
            _ => Container::KerasArchive,
        };
        let writer = match fixture.json["keras"].as_str() {
            _ if fixture.name.contains("keras1") => Writer::Keras1,
            // Without an optimizer and metrics, nothing in the file tells it from one of Keras 3.4.
            _ if fixture.name.contains("/k2") && fixture.name.ends_with("-weights-subclassed") => Writer::Keras,
            _ if fixture.name.contains("/k2") => Writer::Keras2,
            _ => Writer::Keras3,
        };
        assert_eq!((checkpoint.container, checkpoint.writer), (container, writer), "{}", fixture.name);
        let told = matches!(container, Container::KerasModelH5 | Container::KerasArchive);
        assert_eq!(checkpoint.versions.keras.is_some(), told || kind == "keras-h5-weights" && writer != Writer::Keras1);
    }
}

#[test]
fn layers_and_their_classes() {
    let mut compared = 0;
    for (fixture, path, _) in healthy() {
        let checkpoint = read(&path);
        let Some(layers) = fixture.json["layers"].as_array() else { continue };
        let pair = |layer: &serde_json::Value| {
            (layer["name"].as_str().unwrap().to_owned(), layer["class_name"].as_str().unwrap().to_owned())
        };
        let truth: BTreeSet<(String, String)> = layers.iter().map(pair).collect();
        for Layer { name, class, .. } in &checkpoint.layers {
            match class {
                Some(class) => assert!(truth.contains(&(name.clone(), class.clone())), "{} {name}", fixture.name),
                None => assert!(truth.iter().any(|(known, _)| known == name), "{} {name}", fixture.name),
            }
        }
        if checkpoint.layers.iter().all(|layer| layer.class.is_some()) && !checkpoint.layers.is_empty() {
            // What a layer makes for itself is not in the configuration.
            let ours: BTreeSet<&str> = checkpoint.layers.iter().map(|layer| layer.name.as_str()).collect();
            let made: Vec<_> =
                truth.iter().filter(|(name, class)| !ours.contains(&**name) && class != "InputLayer").collect();
            assert!(
                made.iter().all(|(_, class)| class == "LSTMCell" || class == "StringLookup"),
                "{} {made:?}",
                fixture.name
            );
            compared += 1;
        }
    }
    assert!(compared > 12, "{compared}");
}

#[test]
fn bytecode_and_classes_of_the_user() {
    for (name, file) in [("formats/k3-keras-lambda", "model.keras"), ("formats/k3-h5-lambda", "model.h5")] {
        let layers = read(&fixture(name).folder.join(file)).layers;
        let code: Vec<&str> =
            layers.iter().filter(|layer| layer.has_bytecode).map(|layer| layer.name.as_str()).collect();
        assert_eq!(code, ["twice"], "{name}");
        assert!(layers.iter().all(|layer| layer.registered.is_none()), "{name}");
    }
}

/// The kinds of faults of a damaged fixture, and how many entries it has.
fn wounded(name: &str) -> (Vec<FaultKind>, usize) {
    let checkpoint = read(&fixture(&format!("formats/damaged/{name}")).path());
    (checkpoint.faults.into_iter().map(|fault| fault.kind).collect(), checkpoint.entries.len())
}

#[test]
fn nothing_that_is_damaged_stops_the_reader() {
    let mut opened = 0;
    for fixture in fixtures("formats/damaged") {
        let kind = fixture.name.rsplit('/').next().unwrap().split('-').next().unwrap().to_owned();
        if ["h5", "weights", "keras", "shards"].contains(&kind.as_str()) {
            let checkpoint = read(&fixture.path());
            assert_eq!(checkpoint.entries.len(), checkpoint.variables.len());
            opened += 1;
        }
    }
    assert!(opened >= 35, "{opened}");
}

#[test]
fn what_is_listed_and_missing() {
    let missing = FaultKind::WeightMissing { layer: "logits".into(), name: "small/logits/kernel".into() };
    assert_eq!(wounded("h5-dataset-missing"), (vec![missing], 3));
    assert_eq!(wounded("h5-layer-missing"), (vec![FaultKind::LayerMissing { layer: "logits".into() }], 2));
    assert_eq!(wounded("keras-no-config"), (vec![FaultKind::MemberMissing { name: "config.json".into() }], 4));
    let weights = FaultKind::MemberMissing { name: "model.weights.h5".into() };
    assert_eq!(wounded("keras-no-weights"), (vec![weights.clone()], 0));
    assert_eq!(wounded("keras-folder-no-weights"), (vec![weights.clone()], 0));
    assert_eq!(wounded("keras-no-metadata"), (vec![], 4));
    let config = FaultKind::MemberMissing { name: "config.json".into() };
    let below = FaultKind::MembersBelow { folder: "model".into() };
    assert_eq!(wounded("keras-in-folder"), (vec![config, weights.clone(), below], 0));
    assert_eq!(wounded("shards-one-missing"), (vec![FaultKind::Missing], 2));
    assert!(matches!(wounded("shards-list-empty").0[..], [FaultKind::JsonMalformed { .. }]));
    assert!(matches!(wounded("shards-list-cut").0[..], [FaultKind::JsonMalformed { .. }]));
    assert!(
        matches!(wounded("keras-config-cut"), (faults, 4) if matches!(faults[..], [FaultKind::JsonMalformed { .. }]))
    );
    assert!(
        matches!(wounded("keras-truncated"), (faults, 0) if matches!(faults[..], [FaultKind::ArchiveMalformed { .. }]))
    );
}

#[test]
fn links_are_told_and_not_followed_out_of_the_file() {
    for (name, path) in [("h5", "model_weights/logits/small/logits/kernel"), ("weights", "layers/dense_1/vars/0")] {
        let (path, leaves) = (path.to_owned(), |path: &str, file: &str| FaultKind::LinkLeavesFile {
            path: path.to_owned(),
            file: file.to_owned(),
        });
        let (faults, entries) = wounded(&format!("{name}-soft-link"));
        assert_eq!(faults, [FaultKind::LinkInFile { path: path.clone(), target: "/moved".into() }]);
        assert_eq!(entries, 4, "what the link leads to is listed once, under the name of the link");
        let linked = read(&fixture(&format!("formats/damaged/{name}-soft-link")).path());
        let (_, kernel) = linked.find(path.as_bytes()).unwrap();
        assert_eq!(kernel.shape.axes(), Some(&[4, 2][..]));
        assert!(linked.find(b"moved").is_none());
        assert_eq!(wounded(&format!("{name}-external-link")), (vec![leaves(&path, "other.h5")], 4));
        assert_eq!(wounded(&format!("{name}-external-data")), (vec![leaves(&path, "kernel.bin")], 4));
    }
}

/// The files of a fixture on a disk in memory.
fn copied(name: &str) -> Memory {
    disk(&in_memory(&fixture(name)))
}

#[test]
fn shards_lie_beside_their_list() {
    let mut store = copied("formats/k3-shards-small");
    let list = r#"{"weight_map": {"/a": "../secret.h5", "/b": ["/etc/secret.h5", "model_00000.weights.h5"]}}"#;
    store.put("model.weights.json", list.as_bytes().to_vec());
    let checkpoint = format::open(&store, Path::new("model.weights.json")).unwrap();
    let leaves = |path: &str, file: &str| FaultKind::LinkLeavesFile { path: path.into(), file: file.into() };
    let kinds: Vec<FaultKind> = checkpoint.faults.into_iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [leaves("/a", "../secret.h5"), leaves("/b", "/etc/secret.h5")]);
    assert_eq!((checkpoint.files.len(), checkpoint.entries.len()), (2, 2));
}

#[test]
fn weights_as_arrays_are_not_read() {
    let mut store = copied("formats/k3-keras-folder");
    store.remove("model.weights.h5");
    store.put("model.weights.npz", b"PK\x03\x04".to_vec());
    let checkpoint = format::open(&store, Path::new("")).unwrap();
    let kinds: Vec<FaultKind> = checkpoint.faults.into_iter().map(|fault| fault.kind).collect();
    let why = "its weights are Python pickles".into();
    assert_eq!(kinds, [FaultKind::MemberUnread { name: "model.weights.npz".into(), why }]);
    assert!(!checkpoint.layers.is_empty());
}

#[test]
fn a_configuration_that_is_nested_too_deep() {
    let mut store = copied("formats/k3-keras-folder");
    let deep = format!("{}{}", r#"{"config":"#.repeat(5000), "}".repeat(5000));
    store.put("config.json", deep.into_bytes());
    let checkpoint = format::open(&store, Path::new("")).unwrap();
    assert!(matches!(checkpoint.faults[..], [ref fault] if matches!(fault.kind, FaultKind::JsonMalformed { .. })));
    assert_eq!(checkpoint.entries.len(), 14);
}

/// One bit anywhere in a file: whatever becomes of it, there is an answer, and each entry has a variable.
#[test]
fn single_bits() {
    let mut chance = Chance::new(7);
    let places = [
        ("formats/k3-h5-small", "model.h5", "model.h5"),
        ("formats/k2-h5-legacy-adam", "model.h5", "model.h5"),
        ("formats/k3-weights-compiled", "model.weights.h5", "model.weights.h5"),
        ("formats/k3-weights-sharded", "model.weights.json", "model.weights.json"),
        ("formats/k3-keras-folder", "", "config.json"),
        ("formats/k3-keras-small", "model.keras", "model.keras"),
    ];
    for (name, path, wounded) in places {
        let files = in_memory(&fixture(name));
        let (_, whole) = files.iter().find(|(file, _)| file == wounded).unwrap();
        let mut store = disk(&files);
        for _ in 0..400 {
            let mut bytes = whole.clone();
            bytes[chance.below(whole.len())] ^= 1 << chance.below(8);
            store.put(wounded, bytes);
            if let Ok(checkpoint) = format::open(&store, Path::new(path)) {
                assert_eq!(checkpoint.entries.len(), checkpoint.variables.len(), "{name}");
                assert!(checkpoint.entries.is_sorted_by(|a, b| a.key < b.key), "{name}");
            }
        }
    }
}

/// Scales, zero points and groups of rows of quantised layers are not trained; Keras counts them all the same.
#[test]
fn what_quantising_keeps_is_no_weight() {
    for (name, kept) in [
        ("k3-weights-int8", &["hidden/kernel_scale", "logits/kernel_scale"][..]),
        (
            "k3-weights-int4",
            &[
                "hidden/g_idx",
                "hidden/kernel_scale",
                "hidden/kernel_zero",
                "logits/g_idx",
                "logits/kernel_scale",
                "logits/kernel_zero",
            ],
        ),
        (
            "k3-h5-int4",
            &[
                "small/logits/g_idx",
                "small/logits/kernel_scale",
                "small/logits/kernel_zero",
                "small/words/embeddings_scale",
                "small/words/embeddings_zero",
                "small/words/g_idx",
            ],
        ),
    ] {
        let fixture = fixture(&format!("formats/{name}"));
        let checkpoint = read(&fixture.path());
        let statistics = checkpoint.variables.iter().filter(|variable| variable.role == Role::Statistic);
        let names: BTreeSet<String> = statistics.map(|variable| variable.name.to_string()).collect();
        assert_eq!(names, kept.iter().map(|name| (*name).to_owned()).collect(), "{name}");
        let weights = fixture.json["weights"].as_array().unwrap();
        let sizes = weights.iter().map(|weight| {
            weight["shape"].as_array().unwrap().iter().map(|axis| axis.as_u64().unwrap()).product::<u64>()
        });
        assert_eq!(checkpoint.totals().model.params, sizes.sum::<u64>(), "{name}");
    }
}
