//! Graphs: `.meta` files and SavedModels, against what TensorFlow says of them.

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use ckpt::bytes::{Fault, FaultKind, Foreign};
use ckpt::format::{self, open, read_saved_model};
use ckpt::model::{Argument, Checkpoint, Container, Flavor, Payload, SavedModel, Versions, Writer};
use ckpt::store::{Local, Memory};
use serde_json::{Value, json};
use support::{Chance, ask, fixture, fixtures, strings};

const META: [&str; 5] = ["meta-alone", "meta-ref", "meta-resource", "meta-sharded", "meta-two-savers"];
const SAVED: [&str; 7] = ["sm-k2", "sm-module", "sm-small", "sm-v1", "sm-v1-bare", "sm-v1-text", "sm-v1-two"];

/// Key, type and shape of everything, as the fixtures have it.
fn listed(checkpoint: &Checkpoint) -> Vec<(String, String, Option<Vec<u64>>)> {
    let entries = checkpoint.entries.iter();
    entries.map(|e| (e.key.to_string(), e.dtype.to_string(), e.shape.axes().map(<[u64]>::to_vec))).collect()
}

fn tensors(list: &Value) -> Vec<(String, String, Option<Vec<u64>>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let axes = |value: &Value| value.as_array().map(|axes| axes.iter().map(|axis| axis.as_u64().unwrap()).collect());
    list.as_array().unwrap().iter().map(|t| (text(&t["key"]), text(&t["dtype"]), axes(&t["shape"]))).collect()
}

/// What the variables in the truth of a `.meta` file make of the keys that its Saver restores.
fn restored(truth: &Value) -> Vec<(String, String, Option<Vec<u64>>)> {
    let mut variables: BTreeMap<String, Value> = BTreeMap::new();
    for variable in truth["variables"].as_array().unwrap() {
        let full = &variable["full_shape"];
        let shape = if full.is_null() { &variable["shape"] } else { full };
        let key = variable["key"].as_str().unwrap().to_owned();
        variables.insert(key.clone(), json!({"key": key, "dtype": variable["dtype"], "shape": shape}));
    }
    let restores = truth["restores"].as_array().unwrap();
    if !restores.is_empty() {
        variables.retain(|key, _| restores.iter().any(|restore| restore["key"] == key.as_str()));
    }
    tensors(&variables.into_values().collect())
}

#[test]
fn a_meta_file_lists_what_its_saver_restores() {
    for name in META {
        let fixture = fixture(&format!("formats/{name}"));
        let checkpoint = open(&Local, &fixture.path()).unwrap();
        assert_eq!(checkpoint.faults, [], "{name}");
        let truth = &fixture.json;
        let listed = listed(&checkpoint);
        if truth["tensors"].is_null() {
            assert_eq!(listed, restored(truth), "{name}");
        } else {
            assert_eq!(listed, tensors(&truth["tensors"]), "{name}");
        }
        assert_eq!(checkpoint.versions.tensorflow.as_deref(), truth["written_by"].as_str(), "{name}");
        assert_eq!(checkpoint.variables.len(), checkpoint.entries.len(), "{name}");
        assert!(checkpoint.entries.iter().all(|entry| entry.payload == Payload::Nowhere), "{name}");
        let what = (checkpoint.container, checkpoint.flavor, checkpoint.writer);
        assert_eq!(what, (Container::MetaGraph, Flavor::NameBased, Writer::Saver), "{name}");
    }
}

#[test]
fn a_meta_file_beside_a_checkpoint_lists_its_tensors() {
    for (name, file) in [("saver-adam", "model.ckpt-250.meta"), ("saver-partitioned", "model.ckpt.meta")] {
        let fixture = fixture(name);
        let checkpoint = open(&Local, &fixture.path().parent().unwrap().join(file)).unwrap();
        assert_eq!(checkpoint.faults, [], "{name}");
        assert_eq!(listed(&checkpoint), tensors(&fixture.json["tensors"]), "{name}");
    }
}

fn read(directory: &Path) -> (SavedModel, Versions) {
    let mut faults = Vec::new();
    let read = read_saved_model(&Local, directory, &mut faults).unwrap();
    assert_eq!(faults, [], "{}", directory.display());
    read
}

/// Arguments as the fixtures have them: null for an axis of any size.
fn arguments(arguments: &[Argument]) -> Value {
    let axis = |axis: &i64| if *axis < 0 { Value::Null } else { json!(axis) };
    let shape = |argument: &Argument| argument.shape.as_ref().map(|shape| shape.iter().map(axis).collect::<Vec<_>>());
    arguments.iter().map(|a| json!({"name": a.name, "dtype": a.dtype.name(), "shape": shape(a)})).collect()
}

fn expected(arguments: &Value) -> Value {
    let arguments = arguments.as_array().unwrap().iter();
    arguments.map(|a| json!({"name": a["name"], "dtype": a["dtype"], "shape": a["shape"]})).collect()
}

fn compare(name: &str, directory: &Path, truth: &Value) {
    let (model, versions) = read(directory);
    let graphs = truth["meta_graphs"].as_array().unwrap();
    assert_eq!(model.graphs.len(), graphs.len(), "{name}");
    let mut types: BTreeMap<String, usize> = BTreeMap::new();
    let mut variables = Vec::new();
    for (graph, truth) in model.graphs.iter().zip(graphs) {
        assert_eq!(graph.tags, strings(&truth["tags"]), "{name}");
        assert_eq!(versions.tensorflow.as_deref(), truth["written_by"].as_str(), "{name}");
        let signatures = truth["signatures"].as_object().unwrap().iter();
        let signatures: Vec<_> = signatures.filter(|(name, _)| *name != "__saved_model_init_op").collect();
        assert_eq!(graph.signatures.len(), signatures.len(), "{name}");
        for (signature, (called, truth)) in graph.signatures.iter().zip(signatures) {
            assert_eq!(signature.name, *called, "{name}");
            assert_eq!(arguments(&signature.inputs), expected(&truth["inputs"]), "{name}: inputs of {called}");
            assert_eq!(arguments(&signature.outputs), expected(&truth["outputs"]), "{name}: outputs of {called}");
        }
        assert_eq!(model.assets, strings(&truth["assets"]), "{name}");
        for identifier in truth["identifiers"].as_object().unwrap().values() {
            *types.entry(identifier.as_str().unwrap().to_owned()).or_default() += 1;
        }
        let of_objects = truth["variables"].as_array().unwrap().iter();
        variables.extend(of_objects.map(|v| json!({"key": v["name"], "dtype": v["dtype"], "shape": v["shape"]})));
    }
    assert_eq!(model.types, types.into_iter().collect::<Vec<_>>(), "{name}");
    // Where there are no objects the variables are known by their keys.
    let by_object = graphs.iter().any(|graph| graph["objects"] != 0);
    let truth_of_variables = if by_object { Value::from(variables) } else { truth["tensors"].clone() };
    let truth_of_variables = if truth_of_variables.is_null() { Vec::new() } else { tensors(&truth_of_variables) };
    let needs = model.needs.iter();
    let needs: Vec<_> =
        needs.map(|n| (n.name.clone(), n.dtype.to_string(), n.shape.axes().map(<[u64]>::to_vec))).collect();
    assert_eq!(needs, truth_of_variables, "{name}");
    assert_eq!(model.fingerprint, truth["fingerprint"].as_bool().unwrap(), "{name}");
    assert_eq!(model.keras_metadata, !truth["keras_metadata"].is_null(), "{name}");
}

#[test]
fn a_saved_model_says_what_tensorflow_says() {
    for name in SAVED {
        let fixture = fixture(&format!("formats/{name}"));
        compare(name, &fixture.path(), &fixture.json);
    }
    let one = fixture("formats/one-model");
    compare("one-model", &one.path().join("export"), &one.json["saved_model"]);
}

#[test]
fn every_fixture_is_compared() {
    let of = |kind: &str| -> Vec<String> {
        let all = fixtures("formats").into_iter().filter(|fixture| fixture.json["kind"] == kind);
        let mut names: Vec<String> = all.map(|fixture| fixture.name.rsplit('/').next().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(of("meta"), META);
    assert_eq!(of("saved-model"), SAVED);
}

#[test]
fn damaged_saved_models() {
    let read = |name: &str| {
        let mut faults = Vec::new();
        let read = read_saved_model(&Local, &fixture(&format!("formats/damaged/{name}")).path(), &mut faults);
        (read, faults)
    };
    assert_eq!(read("sm-no-graph"), (None, Vec::new()));
    for name in ["sm-graph-cut", "sm-graph-empty"] {
        let (model, faults) = read(name);
        assert!(matches!(faults.as_slice(), [Fault { kind: FaultKind::GraphFileMalformed { .. }, .. }]), "{name}");
        assert_eq!(model.unwrap().0.assets, ["words.txt"], "{name}: what is there is told");
    }
    let (model, faults) = read("sm-v1-no-variables");
    assert_eq!((model.unwrap().0.needs.len(), faults), (2, Vec::new()));
    assert!(!read("sm-no-fingerprint").0.unwrap().0.fingerprint);
    assert!(read("sm-no-asset").0.unwrap().0.assets.is_empty());
}

fn meta(bytes: Vec<u8>) -> Checkpoint {
    let mut disk = Memory::default();
    disk.put("run/model.meta", bytes);
    open(&disk, Path::new("run/model.meta")).unwrap()
}

fn saved(name: &str, bytes: Vec<u8>) -> (SavedModel, Vec<Fault>) {
    let mut disk = Memory::default();
    disk.put(format!("saved/{name}"), bytes);
    let mut faults = Vec::new();
    let (model, _) = read_saved_model(&disk, Path::new("saved"), &mut faults).unwrap();
    (model, faults)
}

fn file(fixture_name: &str, file: &str) -> Vec<u8> {
    std::fs::read(support::testdata().join("formats").join(fixture_name).join(file)).unwrap()
}

#[test]
fn what_is_no_graph() {
    let disk = Memory::default();
    assert!(open(&disk, Path::new("model.meta")).is_err());
    assert_eq!(read_saved_model(&disk, Path::new("saved"), &mut Vec::new()), None);
    let kinds = |bytes: &[u8]| meta(bytes.to_vec()).faults.into_iter().map(|fault| fault.kind).collect::<Vec<_>>();
    assert!(matches!(kinds(b"").as_slice(), [FaultKind::GraphFileMalformed { .. }]));
    assert!(matches!(kinds(b"\x00\x01\x02\x03").as_slice(), [FaultKind::GraphFileMalformed { .. }]));
    let html = b"<!DOCTYPE html><html><head><title>Not found</title></head><body>404</body></html>";
    let mut disk = Memory::default();
    disk.put("run/model.meta", *html);
    let path = Path::new("run/model.meta");
    assert_eq!(format::resolve(&disk, path).foreign, Some(Foreign::Html));
    assert!(open(&disk, path).is_err());
    let (_, faults) = saved("saved_model.cpb", b"anything".to_vec());
    assert!(matches!(faults.as_slice(), [Fault { kind: FaultKind::Unreadable { .. }, .. }]));
}

#[test]
fn a_graph_as_text() {
    let text = r#"
        meta_info_def { stripped_op_list { op { name: "VariableV2" } } tensorflow_version: "1.15.0" }
        graph_def {
          node { name: "w" op: "VariableV2" attr { key: "dtype" value { type: DT_HALF } }
                 attr { key: "container" value { s: "" } }
                 attr { key: "shape" value { shape { dim { size: 3 } dim { size: 2 } } } } }
        }
        collection_def { key: "variables" value { bytes_list { value: "\n\003w:0\022\010w/Assign" } } }
    "#;
    let checkpoint = meta(text.into());
    assert_eq!(checkpoint.faults, []);
    assert_eq!(listed(&checkpoint), [("w".to_owned(), "float16".to_owned(), Some(vec![3, 2]))]);
    assert_eq!(checkpoint.versions.tensorflow.as_deref(), Some("1.15.0"));
    let wrong = "graph_def { node { name: \"w\" op: \"VariableV2\"\n  device: 0 input: 7 } }";
    for fault in [meta(wrong.into()).faults, saved("saved_model.pbtxt", format!("meta_graphs {{ {wrong} }}").into()).1]
    {
        let text = fault[0].kind.to_string();
        assert!(text.starts_with("the graph does not parse: ") && text.contains("expected a string"), "{text}");
    }
    let (text, binary) = (file("sm-v1-text", "saved/saved_model.pbtxt"), file("sm-v1-bare", "saved/saved_model.pb"));
    assert_eq!(saved("saved_model.pbtxt", text), saved("saved_model.pb", binary));
}

/// Cuts of a file: nothing panics, and no cut stays unsaid but one between two fields.
#[test]
fn cuts() {
    let bytes = file("meta-resource", "model.ckpt.meta");
    let cuts: Vec<usize> = (0..bytes.len()).step_by(11).collect();
    let silent = cuts.iter().filter(|&&cut| meta(bytes[..cut].to_vec()).faults.is_empty()).count();
    assert!(silent < 8, "{silent} cuts of a .meta file");
    for (name, path) in [("saved_model.pb", "sm-k2/saved"), ("saved_model.pbtxt", "sm-v1-text/saved")] {
        let bytes = file(path, name);
        let cuts: Vec<usize> = (0..bytes.trim_ascii_end().len() - 1).step_by(37).collect();
        let silent = cuts.iter().filter(|&&cut| saved(name, bytes[..cut].to_vec()).1.is_empty()).count();
        assert!(silent == 0, "{silent} cuts of {name}");
    }
}

#[test]
fn flips() {
    let mut chance = Chance::new(11);
    let files = [
        ("model.meta", 116, file("meta-ref", "model.ckpt.meta")),
        ("saved_model.pb", 54, file("sm-module", "saved/saved_model.pb")),
        ("saved_model.pbtxt", 821, file("sm-v1-text", "saved/saved_model.pbtxt")),
    ];
    // Most bits are those of names, which may be any: so many are noticed, and no fewer.
    for (name, least, bytes) in files {
        let mut seen = 0;
        for _ in 0..2000 {
            let mut wounded = bytes.clone();
            wounded[chance.below(bytes.len())] ^= 1 << chance.below(8);
            let faults = if name == "model.meta" { meta(wounded).faults } else { saved(name, wounded).1 };
            seen += usize::from(!faults.is_empty());
        }
        assert!(seen >= least, "{seen} of 2000 flips in {name} were noticed");
    }
}

/// A field with bytes of its own.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut length = bytes.len();
    let mut out = vec![number << 3 | 2];
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend_from_slice(bytes);
    out
}

fn node(name: &str, op: &str, inputs: &[&str], attribute: &[u8]) -> Vec<u8> {
    let inputs = inputs.iter().map(|input| field(3, input.as_bytes()));
    let parts: Vec<Vec<u8>> = [field(1, name.as_bytes()), field(2, op.as_bytes())].into_iter().chain(inputs).collect();
    field(1, &[parts.concat(), field(5, attribute)].concat())
}

/// The attribute of a constant of strings.
fn value(strings: &[String]) -> Vec<u8> {
    let tensor: Vec<Vec<u8>> = strings.iter().map(|string| field(8, string.as_bytes())).collect();
    [field(1, b"value"), field(2, &field(8, &tensor.concat()))].concat()
}

/// A graph whose Saver restores by the node `all`.
fn graph(nodes: &[Vec<u8>]) -> Vec<u8> {
    [field(2, &nodes.concat()), field(3, &field(3, b"all"))].concat()
}

#[test]
fn a_last_string_stands_for_those_that_follow() {
    let names = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
    let types = [field(1, b"dtypes"), field(2, &field(1, &field(6, &[1, 9, 3])))].concat();
    let checkpoint = meta(graph(&[
        node("all", "NoOp", &["^read"], b""),
        node("read", "RestoreV2", &["file", "names", "slices"], &types),
        node("names", "Const", &[], &value(&names)),
        node("slices", "Const", &[], &value(&["4 2 0,2:-".to_owned()])),
    ]));
    let row = |key: &str, dtype: &str| (key.to_owned(), dtype.to_owned(), Some(vec![4, 2]));
    assert_eq!(listed(&checkpoint), [row("a", "float32"), row("b", "int64"), row("c", "int32")]);
}

#[test]
fn a_graph_that_lies() {
    let malformed = |bytes: Vec<u8>, what: &str| {
        let faults = meta(bytes).faults;
        assert!(matches!(faults.as_slice(), [Fault { kind: FaultKind::GraphFileMalformed { .. }, .. }]), "{what}");
    };
    let mut claim = vec![0x12, 0xff, 0xff, 0xff, 0xff, 0x0f];
    claim.resize(50, 0x0a);
    malformed(claim, "four gigabytes in fifty bytes");
    malformed(field(1, &[0x0b; 100_000]), "groups in groups");
    malformed(field(1, &field(4, &[0xff])), "a tag that is no text");
    let many: Vec<String> = vec![String::new(); 100_000];
    let mut nodes = vec![node("slices", "Const", &[], &value(&many))];
    for i in 0..200 {
        let (read, names, next) = (format!("read{i}"), format!("names{i}"), format!("all{i}"));
        let before = if i == 0 { "all".to_owned() } else { format!("all{}", i - 1) };
        nodes.push(node(&names, "Const", &[], &value(std::slice::from_ref(&names))));
        nodes.push(node(&read, "RestoreV2", &["file", &names, "slices"], b""));
        nodes.push(node(&before, "NoOp", &[&format!("^{read}"), &format!("^{next}")], b""));
    }
    malformed(graph(&nodes), "a large constant that everybody reads");
    let circle = meta(graph(&[node("all", "Identity", &["^b"], b""), node("b", "Assign", &["all", "b:1"], b"")]));
    assert_eq!((circle.faults, circle.entries), (Vec::new(), Vec::new()));
}

/// What TensorFlow says of a SavedModel that has not just one graph is said in its words.
#[test]
fn the_words_of_tensorflow_for_no_graph_or_two() {
    for name in ["damaged/sm-graph-empty", "sm-v1-two"] {
        let fixture = fixture(&format!("formats/{name}"));
        let path = fixture.path().display().to_string();
        let told = fixture.json["says"]["tf.saved_model.load"].as_str().unwrap();
        let answer = ask(&Local, &["doctor", "--loader", "saved-model", "--format", "json", &path]).json();
        let prediction = &answer["predictions"][0];
        let said =
            format!("{}: {}", prediction["exception"].as_str().unwrap(), prediction["message"].as_str().unwrap());
        assert_eq!(said, told, "{name}");
    }
    let path = fixture("formats/damaged/sm-graph-empty").path().display().to_string();
    let finding = &ask(&Local, &["doctor", "--format", "json", &path]).json()["findings"][0];
    assert!(finding["tensorflow"].as_str().unwrap().contains("there are 0 MetaGraphs"), "{finding}");
}

/// A Saver that asks for a slice that no tensor has is told; the other variables are listed all the same.
#[test]
fn impossible_slices_of_a_graph_are_faults() {
    let fixture = fixture("formats/meta-resource");
    let bytes = std::fs::read(fixture.path()).unwrap();
    let slice = b"3 6 0,3:0,3";
    // The operation that saves has it too.
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(slice)).collect();
    assert_eq!(places.len(), 2);
    let faults = |text: &[u8]| {
        let mut bytes = bytes.clone();
        places.iter().for_each(|at| bytes[*at..at + slice.len()].copy_from_slice(text));
        let mut disk = Memory::default();
        disk.put("g.meta", bytes);
        let graph = format::open(&disk, Path::new("g.meta")).unwrap();
        assert_eq!(graph.entries.len(), 5);
        graph.faults.into_iter().map(|fault| fault.kind).collect::<Vec<_>>()
    };
    assert_eq!(faults(slice), []);
    let wrong = [FaultKind::ShapeInvalid { key: "embed/columns".to_owned() }];
    // Not a number, one axis cut of two, three axes cut, no cut at all.
    for text in [b"x 6 0,3:0,3", b"3 6 0,3+0,3", b"3 6 0:3:0,3", b"what's this"] {
        assert_eq!(faults(text), wrong, "{}", String::from_utf8_lossy(text));
    }
}
