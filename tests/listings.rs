//! A saved listing in the place of a checkpoint: what is said of it must be what is said of the checkpoint.

mod support;

use ckpt::model::{Checkpoint, Variable};
use ckpt::store::Memory;
use serde_json::Value;
use support::{Fixture, ask, disk, fixture, fixtures, in_memory, open};

fn disk_of(fixture: &Fixture) -> Memory {
    disk(&in_memory(fixture))
}

/// Adds the listing of a checkpoint.
fn list(disk: &mut Memory, path: &str) -> String {
    let listing = ask(disk, &["ls", path, "--format", "json"]).expect(0).out;
    disk.put("expected.json", listing.clone().into_bytes());
    listing
}

/// What doctor says of two, without the name of the target.
fn judged(disk: &Memory, old: &str, new: &str) -> Value {
    let mut answer = ask(disk, &["doctor", "--quick", old, "--against", new, "--format", "json"]).json();
    answer["looked"] = Value::Null;
    let text = answer.to_string().replace(&format!("\"{new}\""), "\"NEW\"").replace(&format!("{new} "), "NEW ");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn predictions_are_those_with_the_checkpoint_itself() {
    let mut outcomes = std::collections::BTreeMap::<String, usize>::new();
    for pair in fixtures("renames") {
        let (old, new) = (pair.json["old"].as_str().unwrap(), pair.json["new"].as_str().unwrap());
        let mut disk = disk_of(&pair);
        list(&mut disk, new);
        let with_checkpoint = judged(&disk, old, new);
        let with_listing = judged(&disk, old, "expected.json");
        assert_eq!(with_checkpoint["predictions"], with_listing["predictions"], "{}", pair.name);
        assert_eq!(with_checkpoint["renamed"], with_listing["renamed"], "{}", pair.name);
        let codes = |answer: &Value| -> Vec<String> {
            answer["findings"].as_array().unwrap().iter().map(|finding| finding["code"].to_string()).collect()
        };
        assert_eq!(codes(&with_checkpoint), codes(&with_listing), "{}", pair.name);
        for prediction in with_listing["predictions"].as_array().unwrap() {
            *outcomes.entry(prediction["outcome"].to_string()).or_default() += 1;
        }
    }
    assert!(outcomes.len() >= 3, "pairs of several outcomes: {outcomes:?}");
}

#[test]
fn a_listing_has_everything_but_the_values() {
    let mut all = fixtures("");
    all.retain(|fixture| !fixture.is_v1());
    let mut judged = 0;
    for fixture in all {
        let prefix = fixture.json["prefix"].as_str().unwrap().to_owned();
        let mut disk = disk_of(&fixture);
        if prefix == "." || ask(&disk, &["ls", &prefix]).code != 0 {
            continue;
        }
        list(&mut disk, &prefix);
        let (was, is) = (open(&disk, &prefix), ckpt::format::open_listing(&disk, "expected.json".as_ref()).unwrap());
        let name = &fixture.name;
        assert_eq!(was.graph, is.graph, "{name}");
        let told = |v: &Variable| {
            let names = (v.name.to_string(), v.full_name().map(str::to_owned), v.slot_name().map(str::to_owned));
            (names, v.entry, v.role, v.paths().to_vec(), v.more_paths(), v.slot_of())
        };
        let all = |checkpoint: &Checkpoint| checkpoint.variables.iter().map(told).collect::<Vec<_>>();
        assert_eq!(all(&was), all(&is), "{name}");
        assert_eq!(was.keras, is.keras, "{name}");
        assert_eq!((was.container, was.flavor, was.writer), (is.container, is.flavor, is.writer), "{name}");
        for (was, is) in was.entries.iter().zip(&is.entries) {
            assert_eq!((&was.key, was.dtype, &was.shape), (&is.key, is.dtype, &is.shape), "{name}");
            assert_eq!((&was.payload, was.checksum), (&is.payload, is.checksum), "{name}: {:?}", was.key);
        }
        assert_eq!(was.entries.len(), is.entries.len(), "{name}");
        let same = ask(&disk, &["diff", &prefix, "expected.json"]).expect(0).out;
        assert!(same.contains("same by the listing") || was.entries.is_empty(), "{name}: {same}");
        judged += 1;
    }
    assert!(judged > 25, "{judged}");
}

#[test]
fn what_is_no_whole_listing_is_refused_with_its_line() {
    let mut disk = disk_of(&fixture("k3-adam"));
    let path = fixture("k3-adam").json["prefix"].as_str().unwrap().to_owned();
    let whole = list(&mut disk, &path);
    let part = ask(&disk, &["ls", &path, "--role", "model", "--format", "json"]).expect(0).out;
    let half: String = whole.chars().take(whole.len() / 2).collect();
    let cut = format!("line {}", half.lines().count());
    let nothing = whole.replacen("\"tensorbundle-v2\"", "\"not-a-checkpoint\"", 1);
    let broken: [(&str, &str, &str); 7] = [
        ("no checkpoint", &nothing, "what it lists was no checkpoint"),
        ("another schema", "{\n  \"schema\": \"ckpt/diff/1\"\n}", "line 2: its schema is \"ckpt/diff/1\""),
        ("no schema", "{\n  \"weights\": [1, 2, 3]\n}", "names no schema"),
        ("no JSON", "{\n  \"schema\": ckpt\n}", "line 2, column 13: expected value"),
        ("cut", &half, &cut),
        ("a part", &part, "variables; list them all"),
        ("another type", &whole.replacen("\"float32\"", "\"float31\"", 1), "\"float31\" is no element type"),
    ];
    for (what, text, complaint) in broken {
        disk.put("expected.json", text.as_bytes().to_vec());
        for command in [["doctor", &path, "--against", "expected.json"].as_slice(), &["diff", &path, "expected.json"]] {
            let err = ask(&disk, command).expect(2).err;
            assert!(err.contains("expected.json") && err.contains(complaint), "{what}: {err}");
        }
    }
}

#[test]
fn a_listing_is_no_checkpoint() {
    let mut disk = disk_of(&fixture("k3-adam"));
    let path = fixture("k3-adam").json["prefix"].as_str().unwrap().to_owned();
    list(&mut disk, &path);
    let report = ask(&disk, &["doctor", "expected.json"]).expect(1).out;
    assert!(report.contains("F014") && report.contains("a listing"), "{report}");
    assert!(ask(&disk, &["ls", "expected.json"]).expect(2).err.contains("a listing"));
    let err = ask(&disk, &["diff", &path, "expected.json", "--values"]).expect(2).err;
    assert!(err.contains("no values to compare"), "{err}");
}
