//! What loaders are predicted to do, and why, held against what they did when the pairs were made.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ckpt::store::Local;
use serde_json::Value;
use support::{ask, testdata};

/// The answer of a command to a pair, for the loader and the options of the call.
fn answer(command: &[&str], outcome: &Value) -> Value {
    let loader = outcome["loader"].as_str().expect("loader");
    let mut call = [command, &["--loader", loader, "--format", "json"]].concat();
    let flags = [("by_name", "--by-name"), ("skip_mismatch", "--skip-mismatch")];
    call.extend(flags.iter().filter(|(name, _)| outcome["options"][name] == true).map(|(_, flag)| *flag));
    ask(&Local, &call).json()
}

/// The two sides of a pair, by path.
fn sides(folder: &Path, outcome: &Value) -> [String; 2] {
    ["old", "new"].map(|side| folder.join(outcome[side].as_str().expect(side)).display().to_string())
}

fn report(folder: &Path, outcome: &Value) -> Value {
    let [old, new] = sides(folder, outcome);
    answer(&["doctor", &old, "--against", &new], outcome)
}

/// Every pair, with what its loader did.
fn pairs() -> Vec<(PathBuf, Value)> {
    let folders = std::fs::read_dir(testdata().join("restores")).expect("restores");
    let pair = |folder: PathBuf| {
        let text = std::fs::read_to_string(folder.join("outcome.json")).expect("outcome.json");
        (folder, serde_json::from_str(&text).expect("JSON"))
    };
    folders.map(|entry| pair(entry.expect("entry").path())).collect()
}

fn set(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What is wrong with the answer to a pair.
fn judge(name: &str, outcome: &Value, answer: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let predicted = &answer["predictions"][0];
    for field in ["outcome", "exception"] {
        if predicted[field] != outcome[field] {
            wrong.push(format!("{name}: {field}: {} for {}", predicted[field], outcome[field]));
        }
    }
    // After an exception what is left out depends on how far it came.
    if outcome["outcome"] != "error" {
        for field in ["not_restored", "unused"] {
            let (said, truth) = (set(&predicted[field]), set(&outcome[field]));
            if said != truth {
                wrong.push(format!("{name}: {field}: {said:?} for {truth:?}"));
            }
        }
    }
    let findings = answer["findings"].as_array().expect("findings");
    let named = findings.iter().filter_map(|finding| finding["name"].as_str().map(str::to_owned));
    let told: BTreeSet<String> = findings.iter().flat_map(|finding| set(&finding["causes"])).chain(named).collect();
    let causes = set(&outcome["causes"]);
    wrong.extend(causes.difference(&told).map(|cause| format!("{name}: {cause} is not among {told:?}")));
    let is_loud = |finding: &&Value| finding["severity"] != "info";
    if causes.is_empty() && outcome["outcome"] == "ok" {
        wrong.extend(findings.iter().filter(is_loud).map(|finding| format!("{name}: false alarm: {finding}")));
    }
    wrong
}

#[test]
fn loaders_do_what_they_did() {
    let (mut judged, mut wrong) = (0, Vec::new());
    for (folder, outcome) in pairs() {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        wrong.extend(judge(&name, &outcome, &report(&folder, &outcome)));
        judged += 1;
    }
    assert!(judged >= 15, "{judged}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `diff` and `doctor` are asked the same of a restore; only `doctor` looks at all values.
#[test]
fn diff_and_doctor_agree() {
    let mut differ = Vec::new();
    for (folder, outcome) in pairs() {
        let [old, new] = sides(&folder, &outcome);
        let said = [answer(&["diff", &old, &new], &outcome)["goals"].take(), {
            answer(&["doctor", &old, "--against", &new], &outcome)["goals"][0].take()
        }];
        for field in ["loader", "by_name", "skip_mismatch", "resume", "finetune", "infer"] {
            let [diff, doctor] = [&said[0][field], &said[1][field]];
            assert_eq!(diff, doctor, "{}: {field}", folder.display());
        }
        // Without its options the call is another one.
        if outcome["options"]["by_name"] == true || outcome["options"]["skip_mismatch"] == true {
            let bare = answer(&["diff", &old, &new], &serde_json::json!({ "loader": outcome["loader"] }));
            differ.push(["resume", "finetune", "infer"].iter().any(|goal| bare["goals"][goal] != said[0][goal]));
        }
    }
    assert!(differ.contains(&true), "{differ:?}");
}
