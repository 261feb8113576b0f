use serde_json::{Value, json};

use super::*;
use crate::model::{Digest, Histogram};
use crate::view::sample::{self, CJK, HOSTILE};
use crate::view::{Show, ShownValues, Tensor};

fn text(outcome: &Outcome, write: fn(&Outcome, &mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(outcome, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn object(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    write(outcome, &sample::Texts(&["1.5", "nan"]), out)
}

fn whole(outcome: &Outcome) -> Value {
    serde_json::from_str(&text(outcome, object)).unwrap()
}

fn listing() -> Outcome {
    Outcome::Listing(Box::new(sample::listing()))
}

#[test]
fn names_come_back_as_they_are() {
    let answer = whole(&listing());
    let names: Vec<&str> =
        answer["variables"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap()).collect();
    assert_eq!(names, [HOSTILE, CJK, &sample::long(), "k\\xff\n", "slot"]);
    let keys = &answer["variables"][3];
    assert_eq!((&keys["key"], &keys["key_hex"]), (&json!("k\\xff\n"), &json!("6bff0a")));
    assert_eq!(answer["variables"][0].get("key_hex"), None);
}

#[test]
fn a_listing_has_a_line_for_each_variable_and_nothing_raw() {
    let text = text(&listing(), object);
    assert_eq!(text.lines().filter(|line| line.starts_with("    {\"name\":")).count(), 5);
    assert!(!text.chars().any(|c| c != '\n' && crate::view::escape::disturbs(c)));
}

#[test]
fn a_listing_tells_what_is_stored() {
    let answer = whole(&listing());
    assert_eq!(answer["schema"], "ckpt/ls/1");
    assert_eq!(answer["tool"], json!({"name": "ckpt", "version": env!("CARGO_PKG_VERSION")}));
    assert_eq!(answer["exit"], 0);
    assert_eq!(answer["checkpoint"]["step"], 10);
    assert_eq!(answer["checkpoint"]["files"][1]["size"], Value::Null);
    assert_eq!(answer["checkpoint"]["files"][1]["modified"], "2001-09-09T01:46:40Z");
    assert_eq!(answer["selected"], json!({"shown": 5, "of": 5}));
    assert_eq!(answer["totals"]["optimizer"], json!({"variables": 1, "params": 640, "bytes": 2560}));
    assert_eq!(answer["totals"]["model"]["bytes"], 2580);
    let [hostile, scalar, long, parts, slot] = [0, 1, 2, 3, 4].map(|i| &answer["variables"][i]);
    let file = "dir/ckpt-4.data-00000-of-00001";
    assert_eq!(hostile["place"], json!({"file": file, "offset": 0, "length": 2560, "crc32c": "000000ab"}));
    assert_eq!(hostile["stats"]["min"], "NaN");
    assert_eq!(hostile["stats"]["mean"], 1e-7);
    assert_eq!(hostile["sha256"], "1f".repeat(32));
    assert_eq!(hostile["intact"], true);
    assert_eq!(hostile.get("value"), None);
    assert_eq!((&scalar["shape"], &scalar["value"]), (&json!([]), &json!("10")));
    assert_eq!((scalar.get("stats"), scalar.get("intact")), (None, None));
    assert_eq!((&long["shape"], &long["place"], long.get("parts")), (&Value::Null, &Value::Null, None));
    assert_eq!(parts["parts"][0]["slice"], "0,1:0,4");
    assert_eq!(parts["parts"][1]["file"], Value::Null);
    assert_eq!((&slot["slot_of"], &slot["group"]), (&json!(HOSTILE), &json!("optimizer")));
}

#[test]
fn a_limit_cuts_the_list_and_says_so() {
    let mut listing = sample::listing();
    listing.limit = Some(2);
    let answer = whole(&Outcome::Listing(Box::new(listing)));
    assert_eq!(answer["variables"].as_array().unwrap().len(), 2);
    assert_eq!(answer["selected"], json!({"shown": 2, "of": 5}));
    assert_eq!(answer["totals"]["model"]["variables"], 4);
}

#[test]
fn lines_stand_alone() {
    let outcomes = [
        (listing(), "ckpt/variable/1", 5),
        (Outcome::Diff(Box::new(sample::diff())), "ckpt/change/1", 3),
        (reports(), "ckpt/finding/1", 2),
    ];
    for (outcome, schema, number) in outcomes {
        let text = text(&outcome, lines);
        let values: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(values.len(), number, "{schema}");
        assert!(values.iter().all(|value| value["schema"] == schema), "{schema}");
    }
}

#[test]
fn a_comparison() {
    let answer = whole(&Outcome::Diff(Box::new(sample::diff())));
    assert_eq!((&answer["schema"], &answer["exit"]), (&json!("ckpt/diff/1"), &json!(1)));
    assert_eq!((&answer["old"]["step"], &answer["new"]["step"]), (&json!(8), &Value::Null));
    assert_eq!(answer["old"]["given"], "old");
    assert_eq!(answer["counts"]["remove"], 1);
    assert_eq!(answer["same"], 2);
    let [removed, added, revalued] = [0, 1, 2].map(|i| &answer["changes"][i]);
    assert_eq!((&removed["kind"], &removed["old"], &removed["new"]), (&json!("remove"), &json!(CJK), &Value::Null));
    assert_eq!((&added["kind"], &added["new_shape"]), (&json!("add"), &json!([2, 4])));
    assert_eq!(revalued["proof"], "same-name");
    let delta = &revalued["delta"];
    let figures = ["total", "changed", "max_abs", "mean_abs", "rel_l2", "cosine", "new_nan", "lost_finite", "rounded"];
    assert_eq!(json!(figures.map(|name| &delta[name])), json!([640, 64, 0.5, 0.25, "Infinity", 0.5, 1, 1, null]));
    let summary = "5 variables: 1 new (k\\xff\n), 1 gone (層), 3 in place; 1 of 3 differ in value";
    assert_eq!(answer["summary"], summary);
    assert_eq!(answer["goals"]["loader"], "checkpoint");
    assert_eq!(answer["goals"]["finetune"], json!({"ok": true, "known": true, "reasons": [format!("new: {HOSTILE}")]}));
    assert_eq!(answer["goals"]["resume"]["ok"], false);
}

fn reports() -> Outcome {
    let one = sample::report("dir", vec![sample::finding("9 of 10 bytes", "dir")]);
    let other = sample::report("elsewhere", vec![sample::finding("8 of 10 bytes", "elsewhere")]);
    Outcome::Reports(Box::new(sample::reports(vec![one, other, sample::report("good", Vec::new())])))
}

#[test]
fn reports_are_merged() {
    let answer = whole(&reports());
    assert_eq!((&answer["schema"], &answer["exit"]), (&json!("ckpt/doctor/1"), &json!(1)));
    assert_eq!(answer["subjects"], json!(["dir", "elsewhere", "good"]));
    assert_eq!(answer["summary"], json!({"error": 2, "warning": 0, "info": 0}));
    assert_eq!(answer["skipped"], json!([{"code": "F015", "name": "data-truncated", "needs": "files"}]));
    let looked = &answer["looked"];
    assert_eq!((&looked["rules"], &looked["tensors"], &looked["complete"]), (&json!(46), &json!(15), &json!(false)));
    assert_eq!(looked["not_examined"][1], "elsewhere: 1 tensor could not be read");
    let [one, other] = [0, 1].map(|i| &answer["findings"][i]);
    assert_eq!((&one["subject"], &other["subject"]), (&json!("dir"), &json!("elsewhere")));
    assert_eq!(one["span"], json!({"offset": 9310, "length": 9311}));
    assert_eq!(one["variables"], json!([HOSTILE]));
    assert_eq!(one["fixes"], json!([{"kind": "python", "text": "a = 1\n```\nb = 2"}]));
}

#[test]
fn a_tensor_is_shown_with_its_slots_and_values() {
    let digest = Digest { crc32c: Some(0xcd), intact: Some(false), stats: None, sha256: None };
    let tensor = Tensor {
        variable: 0,
        digest: Some(digest),
        problems: vec!["checksum".to_owned()],
        histogram: Some(Histogram { low: -1.0, high: 1.0, counts: vec![1, 2] }),
        values: Some(ShownValues { shape: vec![2], shown: 2, total: 640, all: false, widest: 3, precision: 6 }),
        slice: Some("0, :2".to_owned()),
    };
    let show = Show {
        resolved: sample::listing().resolved,
        checkpoint: sample::checkpoint(),
        tensors: vec![tensor],
        written: vec!["a.npy".to_owned()],
    };
    let answer = whole(&Outcome::Show(Box::new(show)));
    assert_eq!((&answer["schema"], &answer["exit"]), (&json!("ckpt/show/1"), &json!(1)));
    let shown = &answer["variables"][0];
    assert_eq!(shown["name"], HOSTILE);
    assert_eq!((&shown["crc32c_computed"], &shown["intact"]), (&json!("000000cd"), &json!(false)));
    assert_eq!(shown["slots"], json!([{"name": "slot", "slot_name": "m`|\n"}]));
    assert_eq!(shown["values"], json!({"shape": [2], "total": 640, "elements": ["1.5", "nan"]}));
    assert_eq!(shown["histogram"], json!({"low": -1.0, "high": 1.0, "counts": [1, 2]}));
    assert_eq!(answer["written"], json!(["a.npy"]));
}

#[test]
fn rules_and_their_pages() {
    let register = whole(&Outcome::Rules(sample::RULES));
    let row = json!({"code": "F015", "name": "data-truncated", "severity": "error", "needs": "files", "since": "0.1",
        "family": "Files and paths"});
    assert_eq!((&register["schema"], &register["rules"]), (&json!("ckpt/rules/1"), &json!([row])));
    let explained = whole(&Outcome::Pages(sample::RULES.to_vec()));
    assert_eq!(explained["schema"], "ckpt/explain/1");
    assert_eq!((&explained["pages"][0]["code"], &explained["pages"][0]["you_see"]), (&json!("F015"), &json!(["seen"])));
}
