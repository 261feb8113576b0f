//! Every kind of file through the program, held against what TensorFlow, Keras and h5py say of it.

mod support;

use std::collections::BTreeMap;

use ckpt::store::Local;
use serde_json::Value;
use support::{Fixture, ask, fixtures, testdata};

fn of_formats() -> Vec<Fixture> {
    let all: Vec<Fixture> = fixtures("formats").into_iter().filter(|fixture| fixture.json["kind"] != "state").collect();
    assert!(all.len() > 50, "{}", all.len());
    all
}

/// What is rightly said of sound files: of bytecode, of HDF5 under another name, of what
/// `load_model` refuses or takes for something else, as the fixtures say.
fn told(name: &str) -> &'static [&'static str] {
    match name {
        "formats/k3-h5-lambda" | "formats/k3-keras-lambda" => &["S001"],
        "formats/k212-keras-hdf5" => &["K010"],
        "formats/k3-h5" => &["K017"],
        "formats/k3-keras-after-h5" => &["K027"],
        "formats/k2-h5-cudnn" | "formats/k2-h5-cudnn-weights" => &["K026"],
        "formats/k2-h5-multi-gpu" => &["K025", "S001"],
        "formats/k2-h5-multi-gpu-weights" => &["K025"],
        _ => &[],
    }
}

#[test]
fn sound_files_give_no_alarm() {
    for fixture in of_formats() {
        let path = fixture.path().display().to_string();
        let answer = support::ask(&Local, &["doctor", "--format", "json", &path]).json();
        let findings = answer["findings"].as_array().expect("findings");
        let alarms: Vec<&str> = findings
            .iter()
            .filter(|finding| finding["severity"] != "info")
            .map(|finding| finding["code"].as_str().expect("code"))
            .collect();
        assert_eq!(alarms, told(&fixture.name), "{}: {findings:?}", fixture.name);
        let identity = &answer["identities"][0];
        assert!(identity["loader"].is_string() || identity["loader_note"].is_string(), "{}", fixture.name);
    }
}

/// Damage that nothing in the files tells: a value that is another, the last weight of a list, what only a model
/// would miss, and what nobody needs.
const UNTOLD: [&str; 7] = [
    "h5-data-flip",
    "h5-trailing",
    "keras-no-metadata",
    "sm-no-fingerprint",
    "weights-dataset-missing",
    "weights-layer-missing",
    "weights-wrong-shape",
];

#[test]
fn damage_is_found() {
    let mut untold = Vec::new();
    for fixture in fixtures("formats/damaged") {
        let path = fixture.path().display().to_string();
        let answer = ask(&Local, &["doctor", "--format", "json", &path]);
        let json = answer.json();
        let findings = json["findings"].as_array().expect("findings");
        if findings.is_empty() {
            untold.push(fixture.name.rsplit('/').next().unwrap().to_owned());
            continue;
        }
        let refused =
            fixture.json["says"].as_object().unwrap().values().all(|said| !said.as_str().unwrap().starts_with("ok"));
        assert!(!refused || answer.code == 1, "{}: refused by all, and {findings:?}", fixture.name);
    }
    assert_eq!(untold, UNTOLD);
}

/// What is said of files whose damage the program had not seen before.
#[test]
fn damage_is_called_by_its_rule() {
    let told = [
        ("h5-called-weights", "K024", "renamed-file"),
        ("weights-called-h5", "K024", "renamed-file"),
        ("h5-no-layer-names", "K015", "not-a-checkpoint"),
        ("keras-layer-missing", "K028", "corrupt-index"),
        ("keras-dataset-missing", "K028", "corrupt-index"),
        ("weights-first-missing", "K028", "corrupt-index"),
        ("h5-soft-link", "S002", "foreign-link"),
        ("sm-no-asset", "F037", "missing-shard"),
        ("meta-cut", "F035", "truncated-file"),
        ("meta-of-another", "F012", "mixed-shards"),
        ("v1-shard-missing", "F008", "missing-shard"),
    ];
    for (name, code, cause) in told {
        let fixture = support::fixture(&format!("formats/damaged/{name}"));
        assert!(fixture.list("causes").unwrap().contains(&cause.to_owned()), "{name}");
        let json = ask(&Local, &["doctor", "--format", "json", &fixture.path().display().to_string()]).expect(1).json();
        let found = json["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == code);
        let found = found.unwrap_or_else(|| panic!("{name}: {json}"));
        assert_eq!(found["severity"], "error", "{name}");
        let causes = support::strings(&found["causes"]);
        assert!(causes.iter().any(|known| known == cause), "{name}: {found}");
    }
}

/// What `load_model` has to be given is a note, by the names under which Keras asks for it.
#[test]
fn classes_of_the_users_own_are_named() {
    let told = [
        ("k3-keras-custom", "model.keras", "{\"Example>Net\": Net}", None),
        ("k3-keras-own", "model.keras", "{\"Twice\": Twice, \"bend\": bend}", Some("{\"distance\": distance}")),
        ("k3-h5-own", "model.h5", "{\"Twice\": Twice, \"bend\": bend}", Some("{\"distance\": distance}")),
    ];
    for (name, file, model, training) in told {
        let path = support::testdata().join("formats").join(name).join(file).display().to_string();
        let json = ask(&Local, &["doctor", "--format", "json", &path]).expect(0).json();
        let fix = |code: &str| {
            let found = json["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == code)?;
            assert_eq!(found["severity"], "info", "{name}");
            found["fixes"][0]["text"].as_str()?.split_once("custom_objects=").map(|(_, rest)| rest.to_owned())
        };
        assert_eq!(fix("K016"), Some(format!("{model})")), "{name}");
        assert_eq!(fix("K017"), training.map(|training| format!("{training})")), "{name}");
    }
}

/// What is said to be verified was: of an archive its members, of HDF5 nothing.
#[test]
fn checksums_that_were_verified() {
    let told = [
        ("k3-keras-small/model.keras", "every checksum of the archive verified"),
        ("k3-keras-folder", "which have no checksums"),
        ("k3-h5-small/model.h5", "which have no checksums"),
        ("v1-every-dtype/types.ckpt", "every checksum verified"),
    ];
    for (path, words) in told {
        let path = support::testdata().join("formats").join(path).display().to_string();
        let said = ask(&Local, &["doctor", &path]).expect(0).out;
        assert!(said.contains(words), "{said}");
    }
}

/// The graph beside a checkpoint is no part of it: who restores the variables does without.
#[test]
fn a_damaged_graph_beside_a_checkpoint_is_a_warning() {
    for (name, code) in [("meta-cut", "F035"), ("meta-of-another", "F012")] {
        let path = support::fixture(&format!("formats/damaged/{name}")).folder.join("model.ckpt").display().to_string();
        let json = ask(&Local, &["doctor", "--format", "json", &path]).expect(0).json();
        let finding = &json["findings"][0];
        assert_eq!(
            (finding["code"].as_str(), finding["severity"].as_str()),
            (Some(code), Some("warning")),
            "{finding}"
        );
    }
}

/// SHA-256 of the elements, type and shape of each tensor, by its key.
type Tensors = BTreeMap<String, (String, String, Value)>;

fn ours(path: &str) -> Tensors {
    let answer = ask(&Local, &["ls", "--digests", "--format", "json", path]).expect(0).json();
    let row = |row: &Value| {
        let text = |field: &str| row[field].as_str().map(str::to_owned);
        Some((text("key")?, (text("sha256")?, text("dtype")?, row["shape"].clone())))
    };
    answer["variables"].as_array().expect("variables").iter().filter_map(row).collect()
}

/// What a list of the fixture says, by this field. All of it was hashed.
fn theirs(list: &Value, key: &str) -> Tensors {
    let row = |row: &Value| {
        let text = |field: &str| row[field].as_str().map(str::to_owned);
        let name = text(key).expect(key).trim_start_matches('/').to_owned();
        (name, (text("sha256").expect("sha256"), text("dtype").expect("dtype"), row["shape"].clone()))
    };
    list.as_array().into_iter().flatten().map(row).collect()
}

#[test]
fn tensors_are_what_tensorflow_says() {
    let mut compared = 0;
    for fixture in of_formats() {
        if !matches!(fixture.json["kind"].as_str(), Some("v1" | "saved-model")) {
            continue;
        }
        let theirs = theirs(&fixture.json["tensors"], "key");
        let ours = ours(&fixture.path().display().to_string());
        for (key, tensor) in &theirs {
            assert_eq!(ours.get(key), Some(tensor), "{} {key}", fixture.name);
        }
        assert_eq!(ours.len(), theirs.len(), "{}", fixture.name);
        compared += theirs.len();
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn datasets_are_what_h5py_says() {
    let mut compared = 0;
    for fixture in of_formats() {
        if !fixture.json["kind"].as_str().is_some_and(|kind| kind.starts_with("keras-")) {
            continue;
        }
        let ours = ours(&fixture.path().display().to_string());
        let files = fixture.json["files"].as_object().expect("files");
        for theirs in files.values().map(|file| theirs(&file["datasets"], "path")) {
            for (path, (sha256, dtype, shape)) in &theirs {
                let Some((our_sha256, our_dtype, our_shape)) = ours.get(path) else {
                    panic!("{}: {path} is not listed: {:?}", fixture.name, ours.keys())
                };
                assert_eq!((our_sha256, our_shape), (sha256, shape), "{} {path}", fixture.name);
                // HDF5 has no bfloat16: without a word beside it, it is two bytes to h5py.
                let is_same = our_dtype == dtype || (our_dtype == "bfloat16" && dtype == "void16");
                assert!(is_same, "{} {path}: {our_dtype} {dtype}", fixture.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

/// What `model.export` wrote has a second copy of each weight, under the same name.
#[test]
fn an_export_is_itself_and_no_checkpoint_of_the_program() {
    let path = |inner: &str| testdata().join("formats/one-model").join(inner).display().to_string();
    let (export, saved) = (path("export"), path("ckpt-1"));
    let said = ask(&Local, &["diff", &export, &export]).expect(0).out;
    assert!(said.contains("same by the two indexes: ") && said.contains("exact yes"), "{said}");
    let said = ask(&Local, &["doctor", &export, "--against", &saved, "--loader", "checkpoint"]).expect(1).out;
    assert!(said.contains("F038") && said.contains("tf.saved_model.load("), "{said}");
    assert!(!said.contains("_all_variables=_all_variables"), "no keywords make a SavedModel a checkpoint: {said}");
}

/// One model in five kinds of files: whatever two are compared, its weights are the same.
#[test]
fn one_model_is_one_model() {
    let folder = testdata().join("formats/one-model").display().to_string();
    let saves = ["model.keras", "model.weights.h5", "model.h5", "ckpt-1"];
    for old in saves {
        for new in saves {
            let (old, new) = (format!("{folder}/{old}"), format!("{folder}/{new}"));
            let answer = ask(&Local, &["diff", "--role", "model", "--format", "json", &old, &new]).expect(0).json();
            assert_eq!(answer["changes"], serde_json::json!([]), "{old} {new}");
        }
    }
}

#[test]
fn the_first_line_says_what_it_is() {
    let told: Value =
        serde_json::from_str(&std::fs::read_to_string(testdata().join("foreign/foreign.json")).unwrap()).unwrap();
    let words = [
        ("lfs-pointer", "git-lfs pointer"),
        ("html", "HTML page"),
        ("xml", "XML document"),
        ("gzip-h5", "gzip archive"),
        ("gzip-index", "gzip archive"),
        ("zip-checkpoint", "zip archive"),
        ("tar-checkpoint", "tar archive"),
        ("tar-gzip-checkpoint", "gzip archive"),
        ("pickle", "Python pickle"),
        ("pytorch", "PyTorch file"),
        ("pytorch-old", "PyTorch file"),
        ("safetensors", "safetensors file"),
        ("gguf", "GGUF model"),
        ("onnx", "ONNX model"),
        ("npy", "NumPy array"),
        ("npz", "NumPy archive"),
        ("tfrecord", "TensorFlow records"),
        ("text", "text file"),
        ("json-error", "JSON file"),
        ("config-json", "JSON file"),
        ("zeros", "zero bytes"),
        ("empty", "empty"),
        ("state-file", "state file"),
        ("saved-model-pb", "graph of a SavedModel"),
        ("hdf5-model", "Keras model in HDF5"),
        ("hdf5-weights", ".weights.h5"),
        ("keras-archive", ".keras"),
    ];
    let mut wrong = Vec::new();
    for (kind, word) in words {
        let files = told["kinds"][kind]["files"].as_object().unwrap_or_else(|| panic!("{kind}"));
        for file in files.keys() {
            let path = testdata().join("foreign").join(kind).join(file).display().to_string();
            let answer = ask(&Local, &["doctor", "--format", "json", &path]).json();
            let first = format!(
                "{} {}",
                answer["findings"][0]["message"].as_str().unwrap_or_default(),
                answer["identities"][0]["identity"].as_str().unwrap_or_default()
            );
            if !first.contains(word) {
                wrong.push(format!("{kind}/{file}: {first}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `ls` lists of the files of a fixture: path below the fixture's, size, size in the archive; and the size in all.
fn listed_files(fixture: &Fixture) -> (BTreeMap<String, (u64, Option<u64>)>, u64) {
    let path = fixture.path().display().to_string();
    let answer = ask(&Local, &["ls", "--format", "json", &path]).json();
    let files = answer["checkpoint"]["files"].as_array().unwrap_or_else(|| panic!("{}", fixture.name));
    let row = |file: &Value| {
        let below = file["path"].as_str().unwrap().strip_prefix(&path).unwrap().trim_start_matches('/').to_owned();
        (below, (file["size"].as_u64().unwrap(), file["stored_size"].as_u64()))
    };
    let rows: BTreeMap<_, _> = files.iter().map(row).collect();
    assert_eq!(rows.len(), files.len(), "{}: each once", fixture.name);
    (rows, answer["checkpoint"]["size"].as_u64().unwrap())
}

#[test]
fn every_member_of_an_archive_is_listed_with_its_sizes() {
    let mut archives = 0;
    for fixture in of_formats().iter().filter(|fixture| fixture.json["kind"] == "keras-archive") {
        let file = std::fs::File::open(fixture.path()).unwrap();
        let on_disk = file.metadata().unwrap().len();
        let archive = zip::ZipArchive::new(file).unwrap();
        let mut wanted = BTreeMap::from([(String::new(), (on_disk, None))]);
        for number in 0..archive.len() {
            let member = archive.by_index_data(number).unwrap();
            let name = member.name().unwrap().into_owned();
            if !name.ends_with('/') {
                wanted.insert(name, (member.size(), Some(member.compressed_size())));
            }
        }
        assert_eq!(listed_files(fixture), (wanted, on_disk), "{}", fixture.name);
        archives += 1;
    }
    assert!(archives > 5, "{archives}");
}

#[test]
fn every_file_of_a_saved_model_is_listed() {
    let mut models = 0;
    for fixture in
        of_formats().iter().filter(|fixture| fixture.name.contains("/sm-") || fixture.name.contains("folder"))
    {
        let mut wanted = BTreeMap::new();
        let mut open = vec![fixture.path()];
        while let Some(folder) = open.pop() {
            for item in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match item.metadata().unwrap() {
                    metadata if metadata.is_dir() => open.push(item.path()),
                    metadata => {
                        let below = item.path().strip_prefix(fixture.path()).unwrap().display().to_string();
                        wanted.insert(below, (metadata.len(), None));
                    }
                }
            }
        }
        let size = wanted.values().map(|(size, _)| size).sum::<u64>();
        assert_eq!(listed_files(fixture), (wanted, size), "{}", fixture.name);
        models += 1;
    }
    assert!(models > 5, "{models}");
}

/// What lies in the place of an index is named, and its bytes are not those of a checkpoint.
#[test]
fn what_is_no_index_is_no_checkpoint() {
    for (name, what) in [("gzip-index", "a gzip archive"), ("html-index", "an HTML page")] {
        let path = support::fixture(&format!("damaged/{name}")).path().display().to_string();
        let answer = ask(&Local, &["ls", "--format", "json", &path]).json();
        let checkpoint = &answer["checkpoint"];
        assert_eq!(checkpoint["format"], "not-a-checkpoint", "{name}");
        assert_eq!(checkpoint["files"][0]["is"], what);
        assert_eq!(checkpoint["size"], checkpoint["files"][1]["size"], "the data alone");
        let first = ask(&Local, &["ls", &path]).out;
        assert!(first.lines().next().unwrap().ends_with(&format!("its index is {what}")), "{first}");
    }
}
