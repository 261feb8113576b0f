//! What the program says of loading, held against what the calls did when the fixtures were made.

mod support;

use ckpt::store::{Local, Memory};
use serde_json::Value;
use support::{Fixture, ask, fixture, fixtures, testdata};

fn all() -> Vec<Fixture> {
    let mut all = fixtures("formats");
    all.extend(fixtures("formats/damaged"));
    all.retain(|fixture| fixture.json["says"].as_object().is_some_and(|says| !says.is_empty()));
    assert!(all.len() > 70, "{}", all.len());
    all
}

fn doctor(path: &str) -> Value {
    ask(&Local, &["doctor", "--format", "json", path]).json()
}

/// True for an answer that is no exception.
fn went_well(said: &Value) -> bool {
    said.as_str().is_some_and(|said| said.starts_with("ok"))
}

/// What the file alone does not tell: the shapes that the model has, and weights after the last one.
const NOT_TOLD: [&str; 3] = [
    "formats/damaged/weights-dataset-missing",
    "formats/damaged/weights-layer-missing",
    "formats/damaged/weights-wrong-shape",
];

#[test]
fn no_call_is_named_that_raised() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for fixture in all().into_iter().filter(|fixture| !NOT_TOLD.contains(&fixture.name.as_str())) {
        let path = fixture.path().display().to_string();
        let answer = doctor(&path);
        let identity = &answer["identities"][0];
        // Of a call with more arguments than the path nothing was recorded.
        let bare = |call: &str| format!("{call}(\"{path}\")");
        let Some(loader) = identity["loader"].as_str() else { continue };
        for (call, said) in fixture.json["says"].as_object().expect("says") {
            if loader == bare(call) {
                judged += 1;
                if !went_well(said) {
                    wrong.push(format!("{}: {loader}: {said}", fixture.name));
                }
            }
        }
        let weights: Vec<&Value> = ["keras.Model.load_weights", "tf_keras.Model.load_weights"]
            .iter()
            .filter_map(|call| fixture.json["says"].get(call))
            .collect();
        if loader.starts_with("model.load_weights(") && !weights.is_empty() {
            judged += 1;
            if !weights.into_iter().any(went_well) {
                wrong.push(format!("{}: {loader}", fixture.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judged >= 25, "only {judged}");
}

#[test]
fn a_call_gets_what_it_needs() {
    let needs = [
        ("k3-h5/model.h5", "compile=False"),
        ("k3-h5-lambda/model.h5", "safe_mode=False"),
        ("k3-keras-lambda/model.keras", "safe_mode=False"),
        ("k3-keras-custom/model.keras", "custom_objects={\"Example>Net\": Net}"),
        ("sm-v1-two/saved", "tags=[\"serve\", \"gpu\"]"),
        ("sm-k2/saved/saved_model.pb", "/sm-k2/saved\")"),
        ("k3-shards-small/model_00000.weights.h5", "model.weights.json"),
        ("damaged/h5-no-config/model.h5", "model.load_weights("),
        ("meta-ref/model.ckpt.meta", "import_meta_graph("),
    ];
    for (file, need) in needs {
        let path = testdata().join("formats").join(file).display().to_string();
        let loader = doctor(&path)["identities"][0]["loader"].clone();
        assert!(loader.as_str().is_some_and(|loader| loader.contains(need)), "{file}: {loader}");
        let listed = ask(&Local, &["ls", "--format", "json", &path]).json();
        if !file.ends_with(".meta") {
            assert_eq!(listed["loader"], loader, "{file}");
        }
    }
    for (file, word) in [
        ("k212-keras/model.keras", "TensorFlow 2.12"),
        ("k212-weights/model.weights.h5", "Keras 2.12"),
        ("k3-h5-bfloat16/model.h5", "bfloat16"),
    ] {
        let path = testdata().join("formats").join(file).display().to_string();
        let note = doctor(&path)["identities"][0]["loader_note"].clone();
        assert!(note.as_str().is_some_and(|note| note.contains(word)), "{file}: {note}");
    }
}

/// A file whose name does not fit its content is said to be one, and its copy under the other name is sound.
#[test]
fn a_copy_under_the_right_name_is_loaded() {
    for (kind, file, right) in [
        ("keras-archive", "model.h5", "model.keras"),
        ("hdf5-weights", "model.h5", "model.weights.h5"),
        ("hdf5-model", "model.keras", "model.h5"),
    ] {
        let path = testdata().join("foreign").join(kind).join(file);
        let answer = doctor(&path.display().to_string());
        let finding = &answer["findings"][0];
        let code = finding["code"].as_str().expect("a code");
        assert_eq!(code, if kind == "hdf5-model" { "K010" } else { "K024" }, "{kind}: {answer}");
        let fix = finding["fixes"][0]["text"].as_str().expect("a fix");
        assert!(fix.starts_with("cp ") && fix.ends_with(&format!("/{right}")), "{fix}");
        assert!(answer["identities"][0]["loader"].is_null(), "{kind}: {answer}");
        let mut disk = Memory::default();
        disk.put(right, std::fs::read(path).unwrap());
        let answer = ask(&disk, &["doctor", "--format", "json", right]).expect(0).json();
        assert!(!answer.to_string().contains("renamed-file") && !answer.to_string().contains(code), "{kind}: {answer}");
        assert!(answer["identities"][0]["loader"].is_string(), "{kind}: {answer}");
    }
}

/// Which words are quoted of Keras, which goes by the end of a name.
#[test]
fn foreign_files_are_told_in_the_words_of_their_readers() {
    let text = std::fs::read_to_string(testdata().join("foreign/foreign.json")).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for (kind, about) in told["kinds"].as_object().unwrap() {
        for (file, facts) in about["files"].as_object().unwrap() {
            let said = facts["says"]["keras.models.load_model"].as_str().unwrap_or_default();
            let path = testdata().join("foreign").join(kind).join(file).display().to_string();
            let answer = doctor(&path);
            let finding = &answer["findings"][0];
            if said.is_empty() || finding["code"] != "F014" && finding["code"] != "F013" {
                continue;
            }
            let ours = finding["tensorflow"].as_str().expect("a reaction");
            let words = ["file signature not found", "File not found", "There is no item named 'config.json'"];
            let word =
                words.iter().find(|word| said.contains(**word)).unwrap_or_else(|| panic!("{kind}/{file}: {said}"));
            assert!(ours.contains(word), "{kind}/{file}: {ours}; Keras: {said}");
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
}

#[test]
fn a_configuration_that_does_not_fit_its_weights_is_an_error() {
    for name in ["h5-wrong-shape", "keras-config-edited"] {
        let fixture = fixture(&format!("formats/damaged/{name}"));
        let said = fixture.json["says"]["keras.models.load_model"].as_str().expect("said");
        assert!(said.starts_with("ValueError"), "{name}: {said}");
        let answer = doctor(&fixture.path().display().to_string());
        assert_eq!(answer["findings"][0]["code"], "K032", "{name}: {answer}");
        assert_eq!(answer["findings"][0]["severity"], "error", "{name}");
    }
}

#[test]
fn what_is_damaged_is_never_shown_or_listed_quietly() {
    let path = |file: &str| testdata().join("formats/damaged").join(file).display().to_string();
    let shown = ask(&Local, &["show", &path("v1-bit-flip/types.ckpt"), "type/float32"]).expect(1);
    assert!(shown.out.contains("damaged block"), "{}", shown.out);
    let shown = ask(&Local, &["show", &path("h5-external-link/model.h5"), "small/logits/kernel"]).expect(1);
    assert!(shown.out.contains("lies in another file, other.h5"), "{}", shown.out);
    let shown = ask(&Local, &["show", &path("weights-truncated/model.weights.h5"), "hidden/kernel"]).expect(2);
    assert!(shown.err.contains("ckpt doctor"), "{}", shown.err);
    ask(&Local, &["ls", &path("h5-truncated/model.h5")]).expect(2);
    let html = testdata().join("foreign/html/ckpt-1.index").display().to_string();
    let listed = ask(&Local, &["ls", "--format", "json", &html]).expect(2).json();
    assert!(listed["checkpoint"]["writer"].is_null() && listed["loader"].is_null(), "{listed}");
}

#[test]
fn a_graph_and_its_checkpoint_have_one_structure() {
    let path = testdata().join("formats/meta-ref/model.ckpt").display().to_string();
    let answer = ask(&Local, &["diff", &format!("{path}.meta"), &path]).expect(0);
    assert!(answer.out.contains("same structure") && answer.out.contains("no values"), "{}", answer.out);
    let nested = testdata().join("formats/damaged/keras-in-folder/model.keras").display().to_string();
    let help = doctor(&nested)["findings"][0]["help"].clone();
    assert!(help.as_str().is_some_and(|help| help.contains("zip again")), "{help}");
}

#[test]
fn nothing_is_gone_from_a_file_that_cannot_be_read() {
    let path = |file: &str| testdata().join("formats").join(file).display().to_string();
    let old = path("k3-h5-small/model.h5");
    for damaged in ["damaged/h5-truncated/model.h5", "damaged/h5-external-link/model.h5"] {
        let answer = ask(&Local, &["diff", "--name-status", &old, &path(damaged)]).expect(1);
        assert!(!answer.out.is_empty() && answer.out.lines().all(|line| line.starts_with('?')), "{}", answer.out);
    }
}

/// A directory is told what in it can be loaded.
#[test]
fn directories_of_other_files_are_told_of_them() {
    for (folder, file) in [
        ("k3-h5", "model.h5"),
        ("k3-shards-small", "model.weights.json"),
        ("meta-alone", "graph.meta"),
        ("sm-k2", "saved/saved_model.pb"),
    ] {
        let path = testdata().join("formats").join(folder).display().to_string();
        let listed = ask(&Local, &["ls", &path]).expect(2);
        assert!(listed.err.contains(&format!("{path}/{file}")), "{}", listed.err);
        let report = ask(&Local, &["doctor", &path]).expect(1);
        assert!(report.out.contains(&format!("ckpt doctor {path}/{file}")), "{}", report.out);
        assert!(!report.out.contains("latest_checkpoint(\""), "{}", report.out);
    }
}

/// A directory is refused before any value is looked at: what follows is true of the prefix alone.
#[test]
fn what_the_path_raises_comes_before_what_raises_nothing() {
    let pair = testdata().join("renames/k3-frozen-equal");
    let [folder, prefix, new] = ["old", "old/ckpt", "new/ckpt"].map(|path| pair.join(path).display().to_string());
    let says = |path: &str| {
        let json =
            ask(&Local, &["doctor", path, "--against", &new, "--loader", "checkpoint", "--format", "json"]).json();
        let findings = json["findings"].as_array().unwrap().clone();
        let shifted = findings.iter().find(|finding| finding["code"] == "O016").expect("O016");
        shifted["tensorflow"].as_str().unwrap().to_owned()
    };
    assert!(says(&prefix).starts_with("no exception: "), "{}", says(&prefix));
    assert_eq!(
        says(&folder),
        "the DataLossError for the path comes first; without it, these would be in the wrong layers"
    );
}
