//! `.keras` archives whose members are damaged, each in turn, and modules of TensorFlow Hub without a graph.

mod support;

use std::io::Write;

use ckpt::store::Memory;
use serde_json::Value;
use support::{ask, fixture, in_memory};
use zip::write::SimpleFileOptions;

const CONFIG: &str = "config.json";
const METADATA: &str = "metadata.json";
const WEIGHTS: &str = "model.weights.h5";

/// The archive of a model, one member of which is changed; none takes it out.
fn archive(member: &str, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) -> Memory {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in in_memory(&fixture("formats/k3-keras-folder")) {
        let bytes = if name == member { change(bytes) } else { Some(bytes) };
        if let Some(bytes) = bytes {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(&bytes).unwrap();
        }
    }
    let mut disk = Memory::default();
    disk.put("m.keras", writer.finish().unwrap().into_inner());
    disk
}

/// A zip archive of nothing that Keras knows, without its end: Keras 3.15 and `zipfile` say what is in the last column.
#[test]
fn a_damaged_archive_is_not_to_be_unpacked() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("a.txt", SimpleFileOptions::default()).unwrap();
    writer.write_all(b"hello").unwrap();
    let whole = writer.finish().unwrap().into_inner();
    let cases = [
        ("m.keras", "K031", "its list of members, at the end, is missing or damaged", "File not found: filepath=..."),
        ("m.weights.h5", "F014", "a damaged zip archive, not a checkpoint", "file signature not found"),
        ("m.zip", "F014", "a damaged zip archive, not a checkpoint", ""),
    ];
    for (name, code, message, raised) in cases {
        let mut disk = Memory::default();
        disk.put(name, whole[..whole.len() - 30].to_vec());
        let found = findings(&disk, name);
        let [[its_code, severity, its_message, says]] = found.as_slice() else { panic!("{name}: {found:?}") };
        assert_eq!((its_code.as_str(), severity.as_str()), (code, "error"), "{name}");
        assert!(its_message.contains(message) && says.contains(raised), "{name}: {its_message}: {says}");
        let said = ask(&disk, &["doctor", name]).out;
        assert!(!said.contains("unzip") && !said.contains("unpack it"), "{said}");
    }
    let mut disk = Memory::default();
    disk.put("m.weights.h5", whole);
    assert!(
        ask(&disk, &["doctor", "m.weights.h5"]).out.contains("unzip -l m.weights.h5"),
        "what is whole can be listed"
    );
}

/// The findings: code, severity, message and what is said of the loaders.
fn findings(disk: &Memory, path: &str) -> Vec<[String; 4]> {
    let answer = ask(disk, &["doctor", "--format", "json", path]).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |finding: &Value| {
        [&finding["code"], &finding["severity"], &finding["message"], &finding["tensorflow"]].map(text)
    };
    answer["findings"].as_array().expect("findings").iter().map(row).collect()
}

fn cut(bytes: Vec<u8>) -> Option<Vec<u8>> {
    Some(bytes[..bytes.len() / 2].to_vec())
}

/// What Keras 3.15 says of the same archives is in the last column.
#[test]
fn damaged_members_have_their_own_names() {
    let html = |_: Vec<u8>| Some(b"<!DOCTYPE html><html><title>404</title>".to_vec());
    let latin = |_: Vec<u8>| Some(b"{\"name\": \"\xe4\"}".to_vec());
    type Change = fn(Vec<u8>) -> Option<Vec<u8>>;
    let cases: [(&str, Change, &str, &str, &str, &str); 13] = [
        (CONFIG, |_| None, "K028", "error", "config.json is not in it", "KeyError"),
        (CONFIG, |_| Some(Vec::new()), "K036", "error", "it is empty", "JSONDecodeError"),
        (CONFIG, cut, "K036", "error", "EOF while parsing", "JSONDecodeError"),
        (CONFIG, html, "K036", "error", "expected value", "JSONDecodeError"),
        (CONFIG, latin, "K036", "error", "byte 10 is not UTF-8", "UnicodeDecodeError"),
        (CONFIG, |_| Some(b"[1, 2]".to_vec()), "K036", "error", "it is not an object", "ValueError"),
        (METADATA, cut, "K036", "info", "metadata.json", ""),
        (METADATA, |_| Some(b"[]".to_vec()), "K036", "info", "it is not an object", ""),
        (WEIGHTS, |_| None, "K028", "error", "model.weights.h5 is not in it", "ValueError"),
        (WEIGHTS, |_| Some(Vec::new()), "F014", "error", "an empty file", "OSError"),
        (WEIGHTS, html, "F014", "error", "an HTML page", "OSError"),
        (WEIGHTS, |bytes| Some(vec![0; bytes.len()]), "F014", "error", "zero bytes", "OSError"),
        (WEIGHTS, cut, "K012", "error", "bytes are there of", "OSError"),
    ];
    for (member, change, code, severity, message, raised) in cases {
        let found = findings(&archive(member, change), "m.keras");
        let [[its_code, its_severity, its_message, says]] = found.as_slice() else { panic!("{member}: {found:?}") };
        assert_eq!((its_code.as_str(), its_severity.as_str()), (code, severity), "{member} {message}");
        assert!(its_message.contains(message), "{its_message}");
        assert!(says.contains(raised), "{member} {message}: {says}");
    }
    assert!(findings(&archive(METADATA, |_| None), "m.keras").is_empty(), "Keras does without");
}

#[test]
fn weights_are_still_listed_without_a_configuration() {
    let disk = archive(CONFIG, cut);
    let listed = ask(&disk, &["ls", "m.keras", "--format", "json"]).json();
    assert_eq!(listed["variables"].as_array().map(Vec::len), Some(14));
    let told = ask(&disk, &["doctor", "m.keras"]).expect(1).out;
    assert!(told.contains("model.load_weights(\"m.keras\")"), "{told}");
}

/// Python writes infinity as JSON does not allow, and Keras reads it back.
#[test]
fn numbers_that_are_not_json_are_no_damage() {
    let infinite = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap().replacen("\"trainable\": true", "\"mask_value\": -Infinity", 1);
        assert!(text.contains("-Infinity"));
        Some(text.into_bytes())
    };
    assert_eq!(findings(&archive(CONFIG, infinite), "m.keras"), Vec::<[String; 4]>::new());
}

#[test]
fn a_module_of_the_hub_that_lost_its_graph() {
    let module = "cache/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
    let mut disk = Memory::default();
    disk.put(format!("{module}/variables/variables.index"), *b"left");
    let codes = |disk: &Memory, path: &str, more: &[&str]| {
        let args = [&["doctor", "--format", "json", path], more].concat();
        let answer = ask(disk, &args).json();
        let codes = answer["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap());
        codes.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_ne!(codes(&disk, module, &[]), ["F023"], "nothing tells that it is a cache");
    disk.put(format!("{module}.descriptor.txt"), *b"Module: https://tfhub.dev/google/nnlm/2\nDownload Time: now\n");
    for path in [module, "cache"] {
        assert_eq!(codes(&disk, path, &[]), ["F023"]);
        assert_eq!(codes(&disk, path, &["--loader", "saved-model"]), ["F023"]);
    }
    let told = ask(&disk, &["doctor", module]).expect(1).out;
    assert!(told.contains("https://tfhub.dev/google/nnlm/2") && told.contains(&format!("rm -r {module}")), "{told}");
    assert!(
        told.contains(&format!("SavedModel file does not exist at: {module}/{{saved_model.pbtxt|saved_model.pb}}"))
    );
}
