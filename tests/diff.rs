//! Two checkpoints held against each other: what is read for it, what the values say, what it is good for.

mod forge;
mod support;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ckpt::store::{Blob, Item, Memory, Store};
use forge::graph::Graph;
use forge::types::{F32, F64, I32, I64, Type};
use forge::{Forge, numbers};
use support::{Answer, ask};

/// A disk that counts the bytes of data that are read.
struct Counting {
    disk: Memory,
    read: Arc<AtomicU64>,
}

struct Counted {
    blob: Box<dyn Blob>,
    read: Arc<AtomicU64>,
}

impl Store for Counting {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        self.disk.stat(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>> {
        self.disk.list(directory)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        let blob = self.disk.open(path)?;
        let is_data = path.to_string_lossy().contains(".data-");
        Ok(if is_data { Box::new(Counted { blob, read: Arc::clone(&self.read) }) } else { blob })
    }
}

impl Blob for Counted {
    fn size(&self) -> u64 {
        self.blob.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.read.fetch_add(into.len() as u64, Ordering::Relaxed);
        self.blob.read_at(offset, into)
    }
}

/// `old` and `new` by name, as a `Saver` writes them.
fn disk(old: Forge, new: Forge) -> Memory {
    let mut disk = Memory::default();
    old.put(&mut disk);
    new.put(&mut disk);
    disk
}

fn old() -> Forge {
    Forge::new("old/model.ckpt")
}

fn new() -> Forge {
    Forge::new("new/model.ckpt")
}

fn diff(disk: &Memory, flags: &[&str]) -> Answer {
    ask(disk, &[&["diff", "old/model.ckpt", "new/model.ckpt"], flags].concat())
}

fn bytes<const N: usize>(numbers: &[f64], one: fn(f64) -> [u8; N]) -> Vec<u8> {
    numbers.iter().flat_map(|number| one(*number)).collect()
}

#[test]
fn only_what_differs_is_read() {
    let side = |forge: Forge, seed| {
        let forge = (0..20).fold(forge, |forge, i| forge.floats(format!("layer_{i}/w"), &[100], &numbers(100, i)));
        forge.floats("head/w", &[7, 3], &numbers(21, seed))
    };
    let disk = disk(side(old(), 100), side(new(), 200));
    let read = Arc::new(AtomicU64::new(0));
    let disk = Counting { disk, read: Arc::clone(&read) };
    let asked = |flags: &[&str]| {
        read.store(0, Ordering::Relaxed);
        ask(&disk, &[&["diff", "old/model.ckpt", "new/model.ckpt"], flags].concat()).expect(1);
        read.load(Ordering::Relaxed)
    };
    assert_eq!(asked(&[]), 0);
    assert_eq!(asked(&["--values"]), 2 * 21 * 4);
    assert_eq!(asked(&["--rtol", "1e-9"]), 2 * 21 * 4);
}

#[test]
fn what_is_tolerated_is_counted_apart() {
    let side = |forge: Forge, shift: f32| {
        forge.floats("a/w", &[2], &[1.0, 2.0]).floats("b/w", &[2], &[1.0 + shift, 2.0]).floats("c/w", &[1], &[shift])
    };
    let disk = disk(side(old(), 0.0), side(new(), 0.25));
    let all = diff(&disk, &["--format", "json", "--atol", "0.25"]).expect(0).json();
    assert_eq!((&all["within_tolerance"], &all["same"]), (&2.into(), &1.into()));
    assert_eq!(all["goals"]["exact"]["ok"], true);
    let said = diff(&disk, &["--atol", "0.25"]).expect(0).out;
    assert!(said.contains("same within tolerance: 3 variables, 2 of them with other values"), "{said}");
    let some = diff(&disk, &["--format", "json", "--rtol", "0.2"]).expect(1).json();
    assert_eq!((&some["within_tolerance"], &some["counts"]["revalue"]), (&1.into(), &1.into()));
    assert_eq!(some["changes"][0]["delta"]["outside_tolerance"], 1);
    assert_eq!(some["changes"][0]["new"], "c/w");
    for wrong in ["-1", "nan", "much"] {
        diff(&disk, &[&format!("--atol={wrong}")]).expect(2);
    }
}

#[test]
fn another_type_may_be_nothing_but_that() {
    let exact = [0.5, -3.0, 1024.0];
    let rough = [0.1, 1.0 / 3.0, 2.0];
    let side = |forge: Forge, float: Type, float_bytes: fn(&[f64]) -> Vec<u8>, int: Type, int_bytes: Vec<u8>| {
        let forge = forge.tensor("exact/w", float, &[3], &float_bytes(&exact));
        forge.tensor("rough/w", float, &[3], &float_bytes(&rough)).tensor("ids/w", int, &[1], &int_bytes)
    };
    let old = side(old(), F64, |numbers| bytes(numbers, f64::to_le_bytes), I64, 7i64.to_le_bytes().to_vec());
    let f32s = |numbers: &[f64]| numbers.iter().flat_map(|number| (*number as f32).to_le_bytes()).collect();
    let new = side(new(), F32, f32s, I32, 8i32.to_le_bytes().to_vec());
    let said = diff(&disk(old, new), &["--values"]).expect(1).out;
    for line in [
        "~ exact/w  float64 -> float32, equal in value",
        "~ rough/w  float64 -> float32, equal after rounding to float32",
        "~ ids/w    int64 -> int32, 1 of 1 differ, rel. L2 14.3 %",
    ] {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed(&said).contains(&squeezed(line)), "{line}\n{said}");
    }
}

#[test]
fn the_most_changed_comes_first() {
    let side = |forge: Forge, seed: u64| {
        let shift = |by: f32| -> Vec<f32> { numbers(40, 1).iter().map(|x| x + by * seed as f32).collect() };
        forge.floats("a/w", &[40], &shift(0.001)).floats("b/w", &[40], &shift(0.1)).floats("c/w", &[40], &shift(0.01))
    };
    let disk = disk(side(old(), 0), side(new(), 1));
    for width in ["60", "80", "160"] {
        let said = diff(&disk, &["--values", "--width", width]).expect(1).out;
        assert!(said.lines().all(|line| line.chars().count() <= width.parse().unwrap()), "{width}\n{said}");
        let at = |name: &str| said.find(&format!("~ {name}/w")).unwrap_or_else(|| panic!("{said}"));
        assert!(at("b") < at("c") && at("c") < at("a"), "{said}");
        let bars: Vec<usize> = ["  b  ", "  c  ", "  a  "]
            .iter()
            .map(|start| said.lines().find(|line| line.starts_with(start)).unwrap().matches('#').count())
            .collect();
        assert!(bars[0] > bars[1] && bars[1] > bars[2], "{said}");
    }
    let piped = diff(&disk, &["--values"]).out;
    assert!(!piped.contains("by layer") && piped.contains("cosine"), "{piped}");
}

/// A model, its head, and what trains it.
fn program(forge: Forge, scope: &str, classes: u64, extra: bool) -> Forge {
    let mut forge = forge
        .floats(format!("{scope}body/kernel"), &[4, 6], &numbers(24, 1))
        .floats(format!("{scope}body/bias"), &[6], &numbers(6, 2))
        .floats(format!("{scope}head/kernel"), &[6, classes], &numbers(6 * classes as usize, 3))
        .floats(format!("{scope}body/kernel/Momentum"), &[4, 6], &numbers(24, 4))
        .count("global_step", 10);
    if extra {
        forge = forge.floats(format!("{scope}norm/gamma"), &[6], &numbers(6, 5));
    }
    forge
}

fn goals(disk: &Memory) -> [bool; 4] {
    let answer = diff(disk, &["--format", "json"]).json();
    let goals = ["exact", "resume", "finetune", "infer"];
    for goal in goals {
        let ok = answer["goals"][goal]["ok"] == true;
        assert_eq!(diff(disk, &["--for", goal]).code, u8::from(!ok), "{goal}");
    }
    goals.map(|goal| answer["goals"][goal]["ok"] == true)
}

#[test]
fn what_a_restore_is_good_for() {
    let case = |scope: &str, classes, extra| disk(program(old(), "", 3, false), program(new(), scope, classes, extra));
    assert_eq!(goals(&case("", 3, false)), [true; 4]);
    assert_eq!(goals(&case("", 5, false)), [false; 4]);
    assert_eq!(goals(&case("", 3, true)), [false; 4]);
    assert_eq!(goals(&case("model/", 3, false)), [false; 4]);
    let last = |disk: &Memory| diff(disk, &[]).out.lines().last().unwrap().to_owned();
    assert_eq!(
        last(&case("", 5, false)),
        "Restore by saver: exact no, resume, finetune and infer NO (raises InvalidArgumentError: 1 reshaped)"
    );
    assert_eq!(
        last(&case("", 3, true)),
        "Restore by saver: exact no, resume, finetune and infer NO (raises NotFoundError: 1 new)"
    );
    assert_eq!(
        last(&case("model/", 3, false)),
        "Restore by saver: exact no, resume NO (raises NotFoundError: 4 renamed), finetune and infer NO (raises \
         NotFoundError: 3 renamed)"
    );
    // Without the optimizer's state a model can be used, and not trained on.
    let bare = Forge::new("old/model.ckpt")
        .floats("body/kernel", &[4, 6], &numbers(24, 1))
        .floats("body/bias", &[6], &numbers(6, 2))
        .floats("head/kernel", &[6, 3], &numbers(18, 3))
        .count("global_step", 10);
    let lost = disk(program(old(), "", 3, false), bare.renamed("new/model.ckpt"));
    assert_eq!(goals(&lost), [false, false, true, true]);
}

/// Everything is restored at once: what raises for the optimizer leaves nothing to train further.
#[test]
fn a_call_that_raises_is_good_for_nothing() {
    let side = |forge: Forge, width: u64| {
        let forge = forge.floats("a/w", &[4], &numbers(4, 1));
        forge.floats("a/w/Momentum", &[width], &numbers(width as usize, 2)).count("global_step", 1)
    };
    let disk = disk(side(old(), 4), side(new(), 5));
    assert_eq!(goals(&disk), [false; 4]);
    let said = diff(&disk, &[]).out;
    assert!(said.contains("resume, finetune and infer NO (raises InvalidArgumentError: 1 reshaped)"), "{said}");
}

/// Objects: `hidden` and `out` of one shape each, held as these names.
fn objects(forge: Forge, names: &[&str]) -> Forge {
    let mut graph = Graph::default();
    let model = graph.object(0, "model");
    let mut forge = forge;
    for (name, (owner, seed)) in names.iter().zip([("hidden", 1), ("out", 2)]) {
        let layer = graph.object(model, name);
        let (_, key) = graph.variable(layer, "w", &format!("{owner}/w"));
        forge = forge.floats(key, &[4, 4], &numbers(16, seed));
    }
    forge.graph(&graph)
}

#[test]
fn values_that_would_land_elsewhere_are_told() {
    let swapped = disk(objects(old(), &["a", "b"]), objects(new(), &["b", "a"]));
    assert_eq!(goals(&swapped), [false; 4]);
    let said = diff(&swapped, &[]).out;
    assert!(said.contains("infer NO (2 filled from others)"), "{said}");
    assert!(said.contains("\n2 variables: "), "the graph is not counted: {said}");
    let moved = disk(objects(old(), &["a", "b"]), objects(new(), &["a", "c"]));
    let said = diff(&moved, &[]).out;
    assert!(said.contains("infer NO (1 stored elsewhere)"), "{said}");
    assert_eq!(goals(&disk(objects(old(), &["a", "b"]), objects(new(), &["a", "b"]))), [true; 4]);
    // A Checkpoint that tracks nothing fills all of nothing: that is no model to use.
    let nothing = disk(objects(old(), &["a", "b"]), objects(new(), &[]));
    let said = diff(&nothing, &[]).out;
    assert!(said.contains("infer NO (the new side has no variable of a model)"), "{said}");
    // An object that is new is left as it is, and nothing raised: one trains further.
    let grown = disk(objects(old(), &["a"]), objects(new(), &["a", "b"]));
    assert_eq!(goals(&grown), [false, false, true, false]);
}

#[test]
fn what_makes_it_fail_can_be_chosen() {
    let renamed = disk(program(old(), "", 3, false), program(new(), "model/", 3, false));
    for (kinds, code) in [("renamed", 1), ("reshaped", 0), ("removed,added", 0)] {
        diff(&renamed, &["--fail-on", kinds]).expect(code);
    }
    let disk = disk(program(old(), "", 3, false), program(new(), "", 5, true));
    for (kinds, code) in [("added", 1), ("removed,reshaped", 1), ("removed", 0), ("retyped,changed", 0)] {
        diff(&disk, &["--fail-on", kinds]).expect(code);
    }
    diff(&disk, &["--fail-on", "everything"]).expect(2);
    diff(&disk, &["--fail-on", "added", "--for", "infer"]).expect(2);
}

#[test]
fn doctor_has_goals_too() {
    let disk = disk(program(old(), "", 3, false), program(new(), "", 5, false));
    let doctor =
        |flags: &[&str]| ask(&disk, &[&["doctor", "old/model.ckpt", "--against", "new/model.ckpt"], flags].concat());
    let said = doctor(&["--for", "finetune"]).expect(1).out;
    let last = "Restore by saver: exact no, resume, finetune and infer NO (raises InvalidArgumentError: 1 reshaped)";
    assert_eq!(said.lines().last(), Some(last));
    let answer = doctor(&["--for", "infer", "--format", "json"]).expect(1).json();
    assert_eq!(answer["goals"][0]["finetune"]["ok"], false);
    assert_eq!(answer["goals"][0]["infer"]["reasons"][0], "raises InvalidArgumentError: 1 reshaped");
    ask(&disk, &["doctor", "old/model.ckpt", "--for", "infer"]).expect(2);
}

#[test]
fn beside_a_file_that_cannot_be_read_nothing_is_told_of_the_program() {
    let mut disk = disk(program(old(), "", 3, false), program(new(), "", 3, true));
    disk.put("old/model.ckpt.index", b"<html>not found</html>".repeat(9));
    let said = diff(&disk, &[]).out;
    assert!(said.contains("resume, finetune and infer NO (raises "), "{said}");
    assert!(!said.contains("what happened"), "{said}");
    let said = ask(&disk, &["doctor", "old/model.ckpt", "--against", "new/model.ckpt"]).out;
    assert!(said.contains("resume, finetune and infer NO (raises ") && !said.contains("O021"), "{said}");
}

/// As git: a letter of its own for what has another name, whatever its values.
#[test]
fn what_is_renamed_and_changed_is_told_as_both() {
    let side = |forge: Forge, name: &str, step| {
        forge.floats(name, &[4, 6], &numbers(24, 1)).floats(format!("{name}/Adam"), &[4, 6], &numbers(24, step))
    };
    let disk = disk(side(old(), "a/kernel", 2), side(new(), "b/kernel", 3));
    let status = diff(&disk, &["--name-status"]).out;
    assert!(status.contains("R100\ta/kernel\tb/kernel\n"), "{status}");
    assert!(status.contains("R\ta/kernel/Adam\tb/kernel/Adam\n"), "{status}");
    assert!(diff(&disk, &["--stat"]).out.contains("renamed    1 of those above"));
    assert!(diff(&disk, &["--format", "markdown"]).out.contains("| rename, revalue |"));
}

/// The lines of a script between the braces of its dictionary.
fn entries(script: &str) -> Vec<&str> {
    let is_entry = |line: &&str| line.starts_with("    \"") && line.ends_with(',');
    script.lines().filter(is_entry).map(str::trim).collect()
}

#[test]
fn a_map_for_programs_and_one_that_restores() {
    let disk = disk(program(old(), "", 3, false), program(new(), "model/", 3, true));
    let folder = std::env::temp_dir().join(format!("ckpt-maps-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let said = diff(&disk, &["--map", &file("map.json")]).expect(1).out;
    assert!(said.contains("Restore by saver"), "the answer is given all the same: {said}");
    let text = std::fs::read_to_string(file("map.json")).unwrap();
    let map: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&map["schema"], &map["kept"]), (&"ckpt/map/1".into(), &serde_json::json!(["global_step"])));
    assert_eq!(map["left_out"], serde_json::json!(["model/norm/gamma"]));
    let renames = map["renames"].as_array().unwrap();
    assert_eq!(renames.len(), 4);
    assert_eq!((&renames[0]["from"], &renames[0]["to"]), (&"body/bias".into(), &"model/body/bias".into()));

    diff(&disk, &["--map", &file("restore.py")]).expect(1);
    let script = std::fs::read_to_string(file("restore.py")).unwrap();
    assert_eq!(diff(&disk, &["--map", "-"]).expect(1).out, script);
    let expected = [
        "\"body/bias\": \"model/body/bias\",",
        "\"body/kernel\": \"model/body/kernel\",",
        "\"body/kernel/Momentum\": \"model/body/kernel/Momentum\",",
        "\"global_step\": \"global_step\",",
        "\"head/kernel\": \"model/head/kernel\",",
    ];
    assert_eq!(entries(&script), expected);
    assert!(script.contains("# Not filled: \"model/norm/gamma\"\n"), "{script}");
    assert!(script.contains("\nCHECKPOINT = \"old/model.ckpt\"\n"), "{script}");
    assert!(script.contains("init_from_checkpoint(checkpoint, NAMES)"), "{script}");
    std::fs::remove_dir_all(&folder).unwrap();
    let wrong = diff(&disk, &["--map", "map.txt"]).expect(2);
    assert!(wrong.err.contains("neither .json nor .py"), "{}", wrong.err);
}

#[test]
fn a_map_goes_by_object_or_by_layer() {
    let moved = disk(objects(old(), &["a", "b"]), objects(new(), &["a", "x.y"]));
    let script = diff(&moved, &["--map", "-"]).expect(1).out;
    let key = |name: &str| format!("model/{name}/w/.ATTRIBUTES/VARIABLE_VALUE");
    let expected = [format!("\"model/a/w\": \"{}\",", key("a")), format!("\"model/x..y/w\": \"{}\",", key("b"))];
    assert_eq!(entries(&script), expected);
    assert!(script.contains("tf.train.load_checkpoint(checkpoint).get_tensor"), "{script}");
    let pair = |side: &str| format!("testdata/renames/h5-k2-renamed/{side}/weights.h5");
    let script = ask(&ckpt::store::Local, &["diff", &pair("old"), &pair("new"), "--map", "-"]).expect(1).out;
    assert!(entries(&script).contains(&"\"attend/kernel\": \"mix_b/mix_b/kernel:0\","), "{script}");
    assert!(script.contains("import h5py\n") && !script.contains("tensorflow"), "{script}");
}

/// What was looked at is not written over.
#[test]
fn a_map_spares_the_inputs() {
    let pair = |side: &str| format!("testdata/renames/h5-k2-renamed/{side}/weights.h5");
    let folder = std::env::temp_dir().join(format!("ckpt-spared-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let input = folder.join("weights.json").display().to_string();
    std::fs::copy(pair("new"), &input).unwrap();
    let before = std::fs::read(&input).unwrap();
    let answer = ask(&ckpt::store::Local, &["diff", &pair("old"), &input, "--map", &input]).expect(2);
    assert!(answer.err.contains("will not be overwritten"), "{}", answer.err);
    assert_eq!(std::fs::read(&input).unwrap(), before);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_happened_is_said_in_sentences() {
    let cases = [
        (program(new(), "model/", 3, false), "renamed by adding model/ (4 variables)"),
        (program(new(), "", 5, false), "head has 5 units or classes, 3 before (1 variable)"),
        (program(new(), "", 3, true), "new: LayerNormalization norm (1 variable)"),
    ];
    for (new, sentence) in cases {
        let disk = disk(program(old(), "", 3, false), new);
        let said = diff(&disk, &[]).expect(1).out;
        assert!(said.contains(&format!("\n  * {sentence}\n")), "{sentence}\n{said}");
        let story = diff(&disk, &["--format", "json"]).json()["story"].clone();
        assert!(story.as_array().unwrap().iter().any(|event| event["message"] == sentence), "{story}");
        let list = diff(&disk, &["--format", "markdown"]).out;
        assert!(list.contains("\n- ") && list.contains("\n<details>\n"), "{list}");
    }
}
