//! Pairs of checkpoints before and after a change, held against the record of which variable is which.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use ckpt::store::Local;
use serde_json::Value;
use support::{Fixture, ask, disk, fixtures, in_memory, strings};

/// Of a hundred renamed variables that can be told, so many must be.
const RECALL_PERCENT: usize = 98;

/// Keys of the old side, and those of the new.
type Keys = BTreeMap<String, String>;

fn pairs() -> Vec<Fixture> {
    let all = fixtures("renames");
    assert!(all.len() >= 85, "{}", all.len());
    all
}

fn path(fixture: &Fixture, side: &str) -> String {
    fixture.folder.join(fixture.json[side].as_str().expect(side)).display().to_string()
}

fn keys(map: &Value) -> Keys {
    let pair = |(old, new): (&String, &Value)| (old.clone(), new.as_str().expect("a key").to_owned());
    map.as_object().expect("keys by keys").iter().map(pair).collect()
}

/// What the record of a pair says.
struct Record {
    /// Which variable is which.
    pairs: Keys,
    /// The same, for those that have another shape or type now. They may be named, and need not be.
    reshaped: Keys,
}

impl Record {
    fn of(fixture: &Fixture) -> Self {
        Self { pairs: keys(&fixture.json["pairs"]), reshaped: keys(&fixture.json["reshaped"]) }
    }

    fn allows(&self, old: &str, new: &str) -> bool {
        [&self.pairs, &self.reshaped].iter().any(|keys| keys.get(old).is_some_and(|key| key == new))
    }

    /// Those that are stored under another key.
    fn moved(&self) -> impl Iterator<Item = (&String, &String)> {
        self.pairs.iter().filter(|(old, new)| old != new)
    }
}

/// `{from: to}` as the program says it, with the proof.
fn said(fixture: &Fixture) -> BTreeMap<String, (String, String)> {
    let (old, new) = (path(fixture, "old"), path(fixture, "new"));
    let answer = ask(&Local, &["diff", "--format", "json", &old, &new]).json();
    let renamed = answer["renamed"].as_array().unwrap_or_else(|| panic!("{}: nothing is said of names", fixture.name));
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_else(|| panic!("{row}")).to_owned();
    let all = renamed.iter().map(|row| (text(row, "from"), (text(row, "to"), text(row, "proof"))));
    let said: BTreeMap<_, _> = all.collect();
    let news: BTreeSet<&String> = said.values().map(|(new, _)| new).collect();
    assert_eq!((said.len(), news.len()), (renamed.len(), renamed.len()), "{}: one variable twice", fixture.name);
    said
}

/// How one pair went.
#[derive(Default)]
struct Score {
    moved: usize,
    missed: Vec<String>,
    wrong: Vec<String>,
}

fn score(fixture: &Fixture) -> Score {
    let (record, said) = (Record::of(fixture), said(fixture));
    let mut score = Score { moved: record.moved().count(), ..Score::default() };
    for (old, new) in record.moved() {
        if said.get(old).is_none_or(|(key, _)| key != new) {
            score.missed.push(format!("{old} -> {new}"));
        }
    }
    for (old, (new, proof)) in &said {
        if !record.allows(old, new) {
            score.wrong.push(format!("{old} -> {new} ({proof})"));
        }
    }
    score
}

#[test]
fn renamed_variables_are_recognised() {
    let (mut moved, mut missed, mut wrong) = (0, 0, 0);
    let mut table = String::new();
    for fixture in pairs() {
        let score = score(&fixture);
        moved += score.moved;
        missed += score.missed.len();
        wrong += score.wrong.len();
        if score.missed.is_empty() && score.wrong.is_empty() {
            continue;
        }
        let (of, lost, bad) = (score.moved, score.missed.len(), score.wrong.len());
        writeln!(table, "{:40} {lost:4} of {of:4} missed, {bad:4} wrong", fixture.name).unwrap();
        let lines = [("missed", &score.missed), ("WRONG", &score.wrong)];
        for (word, line) in lines.iter().flat_map(|(word, lines)| lines.iter().map(move |line| (word, line))) {
            writeln!(table, "    {word} {line}").unwrap();
        }
    }
    assert!(moved > 1000, "{moved}");
    assert_eq!(wrong, 0, "{missed} of {moved} missed\n{table}");
    assert!((moved - missed) * 100 >= moved * RECALL_PERCENT, "{missed} of {moved} missed\n{table}");
}

/// The keys of a list of the record, and of one side of its groups that nothing tells apart.
fn also(fixture: &Fixture, list: &str, side: &str) -> Vec<String> {
    let groups = fixture.json["undecidable"].as_array().expect("groups");
    strings(&fixture.json[list]).into_iter().chain(groups.iter().flat_map(|group| strings(&group[side]))).collect()
}

#[test]
fn every_variable_is_in_the_record() {
    for fixture in pairs() {
        let record = Record::of(&fixture);
        let known: Vec<(String, String)> = record.pairs.into_iter().chain(record.reshaped).collect();
        let (mut old, mut new): (Vec<String>, Vec<String>) = known.into_iter().unzip();
        old.extend(also(&fixture, "gone", "old"));
        new.extend(also(&fixture, "added", "new"));
        for (side, mut told) in [("old", old), ("new", new)] {
            let answer = ask(&Local, &["ls", "--format", "json", &path(&fixture, side)]).expect(0).json();
            let rows = answer["variables"].as_array().expect("variables").iter();
            let rows = rows.filter(|row| row["key"] != "_CHECKPOINTABLE_OBJECT_GRAPH");
            let mut listed: Vec<String> = rows.map(|row| row["key"].as_str().expect("a key").to_owned()).collect();
            told.sort();
            listed.sort();
            assert_eq!(listed, told, "{} {side}", fixture.name);
        }
    }
}

/// What damage hides of the new side is not what the new program lacks: then nothing is known of a restore into it.
#[test]
fn into_a_damaged_program_nothing_is_promised() {
    let mut cuts = 0;
    for pair in pairs() {
        let files = in_memory(&pair);
        let [old, new] = ["old", "new"].map(|side| pair.json[side].as_str().expect(side));
        let tells = |name: &str| name.starts_with("new/") && !name.contains(".data-") && !name.ends_with("checkpoint");
        for (name, bytes) in files.iter().filter(|(name, _)| tells(name)) {
            for percent in [30, 60, 97] {
                let mut disk = disk(&files);
                disk.put(name, bytes[..bytes.len() * percent / 100].to_vec());
                let doctor = ask(&disk, &["doctor", old, "--against", new, "--format", "json"]);
                let diff = ask(&disk, &["diff", old, new, "--for", "finetune"]);
                let what = format!("{}: {name} cut to {percent} %", pair.name);
                assert!(doctor.code != 0 && diff.code != 0, "{what}\n{}{}", doctor.out, diff.out);
                assert!(!diff.out.contains("what happened"), "{what}\n{}", diff.out);
                cuts += 1;
                // Of some files nothing at all can be opened.
                let Some(goals) = (doctor.code == 1).then(|| doctor.json()["goals"][0].clone()) else { continue };
                for goal in ["exact", "resume", "finetune", "infer"] {
                    let verdict = &goals[goal];
                    assert!(verdict["ok"] == false && verdict["known"] == false, "{what}: {goal}: {verdict}");
                }
            }
        }
    }
    assert!(cuts >= 3 * 85, "{cuts}");
}
