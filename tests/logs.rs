//! Errors that somebody pasted: which rules know them, and whether they are true of the files.

mod support;

use ckpt::store::Memory;
use serde_json::Value;
use support::{ask, disk, fixture, in_memory};

/// A checkpoint `ckpt-4` of some kind, whole, and its path.
fn whole() -> (Memory, String) {
    let fixture = fixture("k3-adam");
    (disk(&in_memory(&fixture)), fixture.json["prefix"].as_str().unwrap().to_owned())
}

/// The same, its data cut in half.
fn cut() -> (Memory, String) {
    let fixture = fixture("k3-adam");
    let mut files = in_memory(&fixture);
    let path = fixture.json["prefix"].as_str().unwrap().to_owned();
    let mut data = files.iter_mut().filter(|(name, _)| name.starts_with(&format!("{path}.data-")));
    data.next().map(|(_, bytes)| bytes.truncate(bytes.len() / 2)).expect("data");
    drop(data);
    (disk(&files), path)
}

fn verdicts(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    answer["log"].as_array().expect("a log").iter().map(|row| (text(&row["code"]), text(&row["verdict"]))).collect()
}

fn pair(code: &str, verdict: &str) -> (String, String) {
    (code.to_owned(), verdict.to_owned())
}

const SHORT: &[u8] =
    b"Epoch 1/5\n\x1b[1m100/100\x1b[0m - loss: 0.4\nTraceback (most recent call last):\n  File \"train.py\", line 3\n\
    2026-01-02 03:04:05.678901: W tensorflow/core/op.cc:1] OutOfRangeError: Read less\n   bytes than requested\n";

#[test]
fn an_error_that_is_true_of_the_files_is_confirmed() {
    let (mut disk, path) = cut();
    disk.put("train.log", SHORT);
    let answer = ask(&disk, &["doctor", &path, "--log", "train.log", "--format", "json"]).expect(1).json();
    assert_eq!(verdicts(&answer)[0], pair("F015", "confirmed"));
    assert!(verdicts(&answer).contains(&pair("F013", "not-here")), "{answer}");
    assert_eq!(answer["log"][0]["line"], 5);
    let text = ask(&disk, &["doctor", &path, "--log", "train.log"]).expect(1).out;
    assert!(text.contains("line 5") && text.contains("confirmed: ckpt finds the same here (F015)"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
}

#[test]
fn an_error_that_is_not_says_so() {
    let (mut disk, path) = whole();
    disk.put("-", SHORT);
    let answer = ask(&disk, &["doctor", &path, "--log", "-", "--format", "json"]).expect(0).json();
    assert!(verdicts(&answer).iter().all(|(_, verdict)| verdict == "not-here"), "{answer}");
    let text = ask(&disk, &["doctor", &path, "--log", "-"]).expect(0).out;
    assert!(text.contains("not what is wrong here: the files are whole now"), "{text}");
}

#[test]
fn what_files_alone_do_not_tell() {
    let (mut disk, path) = whole();
    disk.put(
        "train.log",
        &b"ValueError: Received incompatible tensor with shape (9, 9) when attempting to restore variable with shape (8,) \
           and name elsewhere/kernel:0."[..],
    );
    let answer = ask(&disk, &["doctor", &path, "--log", "train.log", "--format", "json"]).expect(0).json();
    assert!(verdicts(&answer).contains(&pair("O006", "cannot-tell")), "{answer}");
    assert!(answer["log"][0]["why"].as_str().unwrap().contains("--against"), "{answer}");
}

#[test]
fn a_log_of_another_checkpoint() {
    let (mut disk, path) = whole();
    disk.put("train.log", &b"TensorBundle at run/other-77 shard 0 (80 bytes): Checksum does not match: stored 1 vs. calculated on the restored bytes 2"[..]);
    let answer = ask(&disk, &["doctor", &path, "--log", "train.log", "--format", "json"]).expect(0).json();
    let why = answer["log"][0]["why"].as_str().unwrap();
    assert!(why.contains("run/other-77"), "{why}");
    assert_eq!(verdicts(&answer)[0].1, "cannot-tell");
}

#[test]
fn a_log_without_a_known_error() {
    let (mut disk, path) = whole();
    disk.put("train.log", &b"Epoch 1/5\nnothing, with expect_partial()\nall is well\n"[..]);
    let answer = ask(&disk, &["doctor", &path, "--log", "train.log", "--format", "json"]).expect(0).json();
    assert_eq!(answer["log"], serde_json::json!([]));
    assert!(
        ask(&disk, &["doctor", &path, "--log", "train.log"]).expect(0).out.contains("no error in it that a rule knows")
    );
    let none = ask(&disk, &["doctor", &path, "--format", "json"]).expect(0).json();
    assert!(none.get("log").is_none(), "no log was given");
    assert!(ask(&disk, &["doctor", &path, "--log", "absent.log"]).expect(2).err.contains("absent.log"));
}

#[test]
fn explain_knows_texts_as_well_as_codes() {
    let mut disk = Memory::default();
    let text = "not an sstable (bad magic number): perhaps your file is in a different file format and you need to use a \
                different restore operator?";
    disk.put("-", text.as_bytes());
    let piped = ask(&disk, &["explain", "-"]).expect(0).out;
    assert!(piped.starts_with("Matched: ") && piped.contains("most likely"), "{piped}");
    let quoted = ask(&disk, &["explain", text]).expect(0).out;
    assert_eq!(piped, quoted);
    let json = ask(&disk, &["explain", text, "--format", "json"]).expect(0).json();
    let codes: Vec<&str> =
        json["matched"][0]["rules"].as_array().unwrap().iter().map(|rule| rule["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"F003") && codes.contains(&"F013"), "{codes:?}");
    assert!(json["pages"].as_array().unwrap().iter().any(|page| page["code"] == "F003"));
    assert!(ask(&disk, &["explain", "F015"]).expect(0).out.starts_with("F015 data-truncated"));
    assert!(ask(&disk, &["explain", "data-truncatd"]).expect(2).err.contains("did you mean data-truncated?"));
    assert!(ask(&disk, &["explain", "my dog ate it"]).expect(2).err.contains("no rule knows"));
}

/// Messages as TensorFlow and Keras print them, and a rule that must be among those named.
const MESSAGES: [(&str, &str); 12] = [
    ("old/ckpt-1.data-00000-of-00001; No such file or directory", "F008"),
    (
        "Unable to synchronously open file (truncated file: eof = 6932, sblock->base_addr = 0, stored_eof = 13864)",
        "K012",
    ),
    ("Unable to synchronously open file (file signature not found)", "F013"),
    ("No model config found in the file at <tensorflow.python.platform.gfile.GFile object at 0x...>.", "K014"),
    ("Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass", "K017"),
    ("File does not exist. Received: old/model.ckpt.meta.", "F025"),
    ("SavedModel file does not exist at: old/{saved_model.pbtxt|saved_model.pb}", "F022"),
    ("The filename must end in `.weights.h5`. Received: filepath=old/model_weights.h5", "K024"),
    ("File not found: filepath=old/model.keras. Please ensure the file is an accessible `.keras` zip file.", "K031"),
    (
        "Graph execution error:\n\nNode: 'save/RestoreV2'\nKey fc1/bias/Momentum not found in checkpoint\n\t [[{{node}}]]",
        "N005",
    ),
    ("Unresolved object in checkpoint (root).optimizer._iterations: attributes {\n  name: \"VARIABLE_VALUE\"", "O001"),
    ("Layer count mismatch when loading weights from file. Model expected 3 layers, found 2 saved layers.", "O018"),
];

#[test]
fn messages_find_their_rules() {
    for (message, code) in MESSAGES {
        let json = ask(&Memory::default(), &["explain", message, "--format", "json"]).expect(0).json();
        assert_eq!(json["matched"].as_array().unwrap().len(), 1, "{message}: {json}");
        let rules = json["matched"][0]["rules"].to_string();
        assert!(rules.contains(&format!("\"{code}\"")), "{message}: {rules}");
    }
}
