//! Every format of a report: what it looks like for one awkward report, and whether those who defined it would take
//! it. With `CKPT_UPDATE=1` in the environment the files in `snapshots/` are written anew.

mod forge;
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use ckpt::store::{Local, Memory, Store};
use forge::{Forge, state_file};
use jsonschema::Validator;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};
use support::{ask, fixtures, testdata};

/// Blanks, commas, colons, percents, brackets, and letters that are none of ASCII's.
const FOLDER: &str = "runs, 50%:old/my [model] 層";

/// A variable whose name would clear the screen, end a line, a cell, a string, a tag and a command, or be one.
const HOSTILE: &str = "a\x1b[2J\nb|c`d\"e,f<g>&::error::{0}[x](y)\u{202e}\u{ffff}##[z]";

/// A directory whose newest checkpoint is cut off and has NaN, beside one that is whole, and whose state file comes
/// from elsewhere; and a checkpoint that is sound.
fn awkward() -> Memory {
    let mut disk = Memory::default();
    for step in [1, 2] {
        let forge = Forge::new(&format!("{FOLDER}/ckpt-{step}"))
            .floats(HOSTILE, &[2, 2], &[1., 2., f32::NAN, step as f32])
            .floats("層/核", &[3], &[1., 2., 3.])
            .floats("層/核/Momentum", &[3], &[0., 0., f32::INFINITY])
            .count("global_step", step);
        forge.put(&mut disk);
    }
    let data = format!("{FOLDER}/ckpt-2.data-00000-of-00001");
    let whole = disk.remove(&data).expect("the forge writes it");
    disk.put(&data, &whole[..whole.len() - 10]);
    disk.put(format!("{FOLDER}/checkpoint"), state_file(&["/home/alice/old\nrun/ckpt-2"]));
    Forge::new("good, too/ckpt").floats("w", &[1], &[1.]).put(&mut disk);
    disk
}

const PATHS: [&str; 2] = [FOLDER, "good, too/ckpt"];

const FORMATS: [(&str, &str); 9] = [
    ("text", "txt"),
    ("concise", "concise.txt"),
    ("markdown", "md"),
    ("json", "json"),
    ("json-lines", "jsonl"),
    ("sarif", "sarif"),
    ("junit", "junit.xml"),
    ("github", "github.txt"),
    ("gitlab", "gitlab.json"),
];

fn report(store: &dyn Store, paths: &[&str], format: &str) -> String {
    let answer = ask(store, &[&["doctor", "--format", format], paths].concat());
    assert!(answer.code < 2, "{}", answer.err);
    answer.out
}

/// What changes with every rule that is added, and with every version, is no change of a format.
fn settled(text: &str, format: &str) -> String {
    let rules = ckpt::doctor::rules::ALL.len();
    let version = format!("ersion\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let text = text.replace(&format!("{rules} rules"), "N rules").replace(&version, "ersion\": \"V\"");
    let text = text.replace(&format!("\"rules\": {rules},"), "\"rules\": N,");
    if format != "sarif" {
        return text;
    }
    // Of the register only the rules that speak.
    let mut log: Value = serde_json::from_str(&text).unwrap();
    let run = &mut log["runs"][0];
    let spoken: BTreeSet<String> =
        run["results"].as_array().unwrap().iter().map(|row| row["ruleId"].as_str().unwrap().to_owned()).collect();
    let register = run["tool"]["driver"]["rules"].as_array_mut().unwrap();
    assert_eq!(register.len(), rules);
    register.retain(|rule| spoken.contains(rule["id"].as_str().unwrap()));
    for row in run["results"].as_array_mut().unwrap() {
        row["ruleIndex"] = json!("N");
    }
    serde_json::to_string_pretty(&log).unwrap() + "\n"
}

#[test]
fn awkward_reports_look_as_agreed() {
    let disk = awkward();
    let mut changed = Vec::new();
    for (format, ending) in FORMATS {
        let text = settled(&report(&disk, &PATHS, format), format);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(format!("awkward.{ending}"));
        if std::env::var_os("CKPT_UPDATE").is_some() {
            std::fs::write(file, text).unwrap();
        } else if std::fs::read_to_string(&file).unwrap_or_default() != text {
            changed.push(format!("{}:\n{text}", file.display()));
        }
    }
    assert!(changed.is_empty(), "CKPT_UPDATE=1 cargo test writes what is new\n{}", changed.join("\n"));
}

#[test]
fn no_format_lets_a_name_through() {
    let disk = awkward();
    for (format, _) in FORMATS {
        let text = report(&disk, &PATHS, format);
        assert!(!text.contains(['\x1b', '\u{202e}', '\u{ffff}']), "{format}: {text:?}");
        assert!(!text.contains("##["), "{format}: {text}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("b|c")), "{format}: {text}");
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

#[track_caller]
fn assert_valid(validator: &Validator, value: &Value, what: &str) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}\n{}", errors.join("\n"));
}

/// Every fixture that is damaged, and some that are not.
fn subjects() -> Vec<String> {
    let damaged = fixtures("damaged").into_iter().map(|fixture| fixture.path().display().to_string());
    let healthy = ["k3-adam", "bert-like", "nowhere"].map(|name| testdata().join(name).display().to_string());
    let subjects: Vec<String> = damaged.chain(healthy).collect();
    assert!(subjects.len() > 10);
    subjects
}

#[test]
fn sarif_is_valid_by_the_schema_of_oasis() {
    let text = std::fs::read_to_string("tests/standards/sarif-schema-2.1.0.json").unwrap();
    let validator = validator(&serde_json::from_str(&text).unwrap());
    assert!(!validator.is_valid(&json!({"version": "2.1.0", "runs": [{}]})), "a run has a tool");
    let log: Value = serde_json::from_str(&report(&awkward(), &PATHS, "sarif")).unwrap();
    assert_valid(&validator, &log, "awkward");
    for subject in subjects() {
        let log: Value = serde_json::from_str(&report(&Local, &[&subject], "sarif")).unwrap();
        assert_valid(&validator, &log, &subject);
        let run = &log["runs"][0];
        for row in run["results"].as_array().unwrap() {
            let rule = &run["tool"]["driver"]["rules"][row["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], row["ruleId"]);
        }
    }
}

/// The attributes of every element, in order, and the text of all.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = Reader::from_str(xml);
    let mut elements = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) | Event::Empty(start) => {
                let attribute = |attribute: quick_xml::events::attributes::Attribute| {
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0).unwrap().into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                };
                let attributes = start.attributes().map(|one| attribute(one.unwrap())).collect();
                elements.push((start.name().as_ref().to_owned(), attributes));
            }
            Event::Eof => return elements,
            _ => {}
        }
    }
}

#[test]
fn junit_counts_what_it_lists() {
    for (fail_on, code) in [("error", 1), ("never", 0)] {
        let args = [&["doctor", "--format", "junit", "--fail-on", fail_on], PATHS.as_slice()].concat();
        let elements = elements(&ask(&awkward(), &args).expect(code).out);
        let of = |name: &str| elements.iter().filter(|(element, _)| element == name).count().to_string();
        let (root, attributes) = &elements[0];
        assert_eq!(root, "testsuites");
        let expected = [
            ("name", "ckpt doctor".to_owned()),
            ("tests", of("testcase")),
            ("failures", of("failure")),
            ("errors", "0".to_owned()),
        ];
        assert_eq!(*attributes, expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(of("failure") != "0", code == 1);
        assert_eq!(of("testsuite"), "2");
        for (element, attributes) in &elements {
            let names: Vec<&str> = attributes.iter().map(|(name, _)| name.as_str()).collect();
            match element.as_str() {
                "testcase" => assert_eq!(names, ["classname", "name"]),
                "failure" => assert_eq!(names, ["message", "type"]),
                "skipped" => assert_eq!(names, ["message"]),
                "testsuite" => assert_eq!(names, ["name", "tests", "failures", "errors", "skipped"]),
                _ => {}
            }
        }
    }
}

#[test]
fn gitlab_has_what_gitlab_asks_for() {
    let mut fingerprints = BTreeSet::new();
    let all: Vec<Value> = serde_json::from_str(&report(&awkward(), &PATHS, "gitlab")).unwrap();
    assert!(all.len() >= 2);
    for row in &all {
        for field in ["description", "check_name", "fingerprint"] {
            assert!(row[field].as_str().is_some_and(|text| !text.is_empty()), "{row}");
        }
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&row["severity"].as_str().unwrap()));
        assert!(!row["location"]["path"].as_str().unwrap().starts_with("./"));
        assert!(row["location"]["lines"]["begin"].as_u64().is_some());
        assert!(fingerprints.insert(row["fingerprint"].to_string()), "{row} shows up once");
    }
    assert_eq!(report(&awkward(), &PATHS[1..], "gitlab"), "[]\n");
}

#[test]
fn github_takes_each_line_for_one_command() {
    let text = report(&awkward(), &PATHS, "github");
    assert!(text.lines().count() >= 2);
    for line in text.lines() {
        let (head, message) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).expect("a command");
        let (command, properties) = head.split_once(' ').expect("properties");
        assert!(["error", "warning", "notice"].contains(&command), "{line}");
        let names: Vec<&str> = properties.split(',').map(|one| one.split_once('=').expect("a value").0).collect();
        assert_eq!(names, ["file", "title"], "{line}");
        assert!(!message.is_empty());
    }
    assert!(text.contains("file=runs%2C 50%25%3Aold/my [model] 層/"), "{text}");
}

/// The schemas that the program prints, by their kind.
fn schema(kind: &str) -> Validator {
    let schema = ask(&Memory::default(), &["schema", kind]).expect(0).json();
    validator(&schema)
}

#[test]
fn answers_are_valid_by_their_own_schemas() {
    let of = |args: &[&str]| ask(&Local, args).json();
    let data = |name: &str| testdata().join(name).display().to_string();
    let doctor = schema("doctor");
    for subject in subjects() {
        assert_valid(&doctor, &of(&["doctor", "--format", "json", &subject]), &subject);
    }
    let (adam, k3) = (data("k3-adam"), data("renames/k3-frozen-equal"));
    let (old, new) = (format!("{k3}/old/ckpt"), format!("{k3}/new/ckpt"));
    assert_valid(&doctor, &of(&["doctor", "--format", "json", &old, "--against", &new]), "against");
    let ls = schema("ls");
    for name in ["k3-adam", "bert-like", "k3-tiny/ckpt-1", "damaged/demo"] {
        assert_valid(&ls, &of(&["ls", "--stats", "--digests", "--format", "json", &data(name)]), name);
    }
    let kernel = of(&["ls", "--format", "json", &adam])["variables"][0]["name"].as_str().unwrap().to_owned();
    assert_valid(&schema("show"), &of(&["show", "--format", "json", &adam, &kernel]), "show");
    let diff = schema("diff");
    assert_valid(&diff, &of(&["diff", "--values", "--format", "json", &old, &new]), "diff");
    assert_valid(&diff, &of(&["diff", "--format", "json", &adam, &data("bert-like")]), "diff");
    assert_valid(&schema("rules"), &of(&["rules", "--format", "json"]), "rules");
    assert_valid(&schema("schemas"), &of(&["schema", "--format", "json"]), "schemas");
    let explain = schema("explain");
    assert_valid(&explain, &of(&["explain", "--all", "--format", "json"]), "explain");
    assert_valid(&explain, &of(&["explain", "Read less bytes than requested", "--format", "json"]), "explain");
}

#[test]
fn lines_are_valid_by_their_own_schemas() {
    let adam = testdata().join("k3-adam").display().to_string();
    let before = format!("{adam}/ckpt-3");
    let demo = testdata().join("damaged/demo").display().to_string();
    let cases: [(&str, &[&str]); 4] = [
        ("variable", &["ls", &adam]),
        ("history", &["ls", "--all", &adam]),
        ("change", &["diff", "--values", &before, &adam]),
        ("finding", &["doctor", &demo]),
    ];
    for (kind, args) in cases {
        let validator = schema(kind);
        let answer = ask(&Local, &[args, &["--format", "json-lines"]].concat());
        assert!(answer.out.lines().count() > 0, "{kind}: {}", answer.err);
        for line in answer.out.lines() {
            assert_valid(&validator, &serde_json::from_str(line).unwrap(), kind);
        }
    }
}

/// A schema that takes everything would prove nothing.
#[test]
fn schemas_refuse_what_is_not_theirs() {
    let demo = testdata().join("damaged/demo").display().to_string();
    let whole = ask(&Local, &["doctor", "--format", "json", &demo]).json();
    let doctor = schema("doctor");
    for field in ["findings", "looked", "summary", "schema", "exit"] {
        let mut less = whole.clone();
        less.as_object_mut().unwrap().remove(field);
        assert!(!doctor.is_valid(&less), "{field} is not asked for");
    }
    assert!(!schema("ls").is_valid(&whole));
}

#[test]
fn schemas_are_listed_and_named() {
    let listed = ask(&Memory::default(), &["schema"]).expect(0).out;
    assert!(listed.contains("doctor    ckpt doctor --format json\n"), "{listed}");
    let kinds = ask(&Memory::default(), &["schema", "--format", "json"]).expect(0).json();
    for row in kinds["schemas"].as_array().unwrap() {
        let id = row["schema"].as_str().unwrap();
        let one = ask(&Memory::default(), &["schema", id]).expect(0).json();
        assert_eq!(one["title"], id);
    }
    let answer = ask(&Memory::default(), &["schema", "doktor"]).expect(2);
    assert!(answer.err.contains("doctor"), "{}", answer.err);
}

/// The file has the format that was asked for; who waits at the terminal sees what it comes to.
#[test]
fn a_report_goes_to_a_file_and_its_text_to_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.sarif").display().to_string();
    let disk = awkward();
    let args = ["doctor", FOLDER, "--format", "sarif", "--output", &file];
    let printed = |more: &[&str]| {
        let answer = ask(&disk, &[args.as_slice(), more].concat()).expect(1);
        let written = std::fs::read_to_string(&file).unwrap();
        assert_eq!(written, report(&disk, &[FOLDER], "sarif"), "{more:?}: the file is whole");
        std::fs::remove_file(&file).unwrap();
        answer.out
    };
    assert_eq!(printed(&[]), report(&disk, &[FOLDER], "text"));
    assert_eq!(printed(&["-q"]), ask(&disk, &["doctor", "-q", FOLDER]).out);
    assert_eq!(printed(&["-qq"]), "");
}

/// As a report, a comparison has a verdict; a listing has none, and is where it was asked for.
#[test]
fn a_comparison_goes_to_a_file_and_its_text_to_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("diff.json").display().to_string();
    let disk = awkward();
    let sides = [format!("{FOLDER}/ckpt-1"), "good, too/ckpt".to_owned()];
    let diff = ["diff", &sides[0], &sides[1]];
    let answer = ask(&disk, &[diff.as_slice(), &["--format", "json", "-o", &file]].concat()).expect(1);
    assert_eq!(answer.out, ask(&disk, &diff).out);
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(written["schema"], "ckpt/diff/1");
    let listing = ask(&disk, &["ls", &sides[1], "--format", "json", "-o", &file]).expect(0);
    assert_eq!(listing.out, "");
}

#[test]
fn quiet_is_a_verdict_to_people_and_no_change_to_programs() {
    let disk = awkward();
    for (format, _) in FORMATS {
        let of = |flag: &str| ask(&disk, &["doctor", flag, "--format", format, FOLDER]).expect(1).out;
        assert_eq!(of("-qq"), "", "{format}");
        let whole = report(&disk, &[FOLDER], format);
        match format {
            "text" | "concise" | "markdown" => assert!(of("-q").lines().count() < whole.lines().count(), "{format}"),
            _ => assert_eq!(of("-q"), whole, "{format}"),
        }
    }
}

/// What makes the exit status 1 is said, even if no finding does.
#[test]
fn a_goal_that_is_missed_is_told() {
    let mut disk = Memory::default();
    for (name, value) in [("a", 1.), ("b", 2.)] {
        Forge::new(name).floats("w", &[1], &[value]).put(&mut disk);
    }
    let args = ["doctor", "a", "--against", "b", "--for", "exact", "--format"];
    let of = |format| ask(&disk, &[args.as_slice(), &[format]].concat()).expect(1).out;
    let told = "a restore does not do for exact: 1 changed in value";
    for format in ["junit", "github", "sarif"] {
        assert!(of(format).contains(told), "{}", of(format));
    }
    assert!(of("junit").contains("failures=\"1\""), "{}", of("junit"));
}

#[test]
fn formats_of_findings_are_for_those_who_find() {
    let disk = awkward();
    for format in ["sarif", "junit", "github", "gitlab", "concise"] {
        let answer = ask(&disk, &["ls", "--format", format, "good, too/ckpt"]).expect(2);
        assert!(answer.err.contains("for doctor"), "{}", answer.err);
    }
}
