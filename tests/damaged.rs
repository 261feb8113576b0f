//! The doctor finds what happened to damaged checkpoints, and says what it was.

mod support;

use std::collections::BTreeSet;

use ckpt::store::Local;
use support::{Fixture, ask, disk, fixture, fixtures, in_memory, open, strings};

/// Damage that leaves the same traces as another one, which is as good an answer.
const AS_GOOD: [(&str, &str); 5] = [
    // An entry beyond the end of the data: the end may as well be missing.
    ("damaged/bad-offset", "truncated-file"),
    // A data file too few, by the count in the header: the name of the one may as well be wrong.
    ("damaged/header-two-shards", "renamed-file"),
    // The last bytes are not a table's: the end may as well be missing.
    ("damaged/footer-flip", "truncated-file"),
    ("damaged/state-empty", "truncated-file"),
    // The bytes of a tensor that no entry owns: they may as well have been added.
    ("damaged/variable-missing", "corrupt-data"),
];

fn damaged() -> Vec<Fixture> {
    let fixtures = fixtures("damaged");
    assert!(fixtures.len() >= 40, "only {} damaged fixtures", fixtures.len());
    fixtures
}

#[test]
fn every_damage_is_found_and_its_cause_is_named() {
    let mut missed = Vec::new();
    for fixture in damaged() {
        let path = fixture.path().display().to_string();
        let answer = ask(&Local, &["doctor", "--format", "json", "--fail-on", "info", &path]);
        let json = answer.json();
        let findings = json["findings"].as_array().expect("findings");
        // A cause that is the rule's own name is not said twice.
        let named = |finding: &serde_json::Value| finding["name"].as_str().map(str::to_owned);
        let found: BTreeSet<String> =
            findings.iter().flat_map(|finding| strings(&finding["causes"]).into_iter().chain(named(finding))).collect();
        let mut causes = fixture.list("causes").expect("causes");
        causes.extend(AS_GOOD.iter().filter(|(name, _)| *name == fixture.name).map(|(_, cause)| (*cause).to_owned()));
        if answer.code != 1 {
            missed.push(format!("{}: exit {}", fixture.name, answer.code));
        }
        if !causes.iter().any(|cause| found.contains(cause)) {
            let codes: Vec<&str> = findings.iter().filter_map(|finding| finding["code"].as_str()).collect();
            missed.push(format!("{}: {causes:?} expected, {found:?} found ({codes:?})", fixture.name));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// What TensorFlow cannot restore is an error, not a warning. (Where only the state file is wrong, it
/// restores whoever gives it the path.)
#[test]
fn what_tensorflow_refuses_is_an_error() {
    let mut missed = Vec::new();
    for fixture in damaged() {
        let refused = fixture.json["says"]["read"]["unreadable"].as_u64().is_some_and(|count| count > 0)
            || fixture.json["says"]["read"]["error"].is_string() && fixture.json["path"] != ".";
        let path = fixture.path().display().to_string();
        let answer = ask(&Local, &["doctor", "--format", "json", &path]);
        if refused && answer.code != 1 {
            missed.push(format!("{}: exit {}", fixture.name, answer.code));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// A directory whose newest checkpoint is cut off, between others that are whole, is no success.
#[test]
fn the_newest_checkpoint_of_a_directory_counts() {
    let folder = support::fixture("damaged/demo").folder.display().to_string();
    let json = ask(&Local, &["doctor", "--format", "json", &folder]).expect(1).json();
    let findings = json["findings"].as_array().unwrap();
    let cut = findings.iter().find(|finding| finding["code"] == "F015").expect("the data are cut");
    assert!(cut["path"].as_str().unwrap().ends_with("ckpt-4.data-00000-of-00001"), "{cut}");
    let fix = format!("checkpoint.restore(\"{folder}/ckpt-3\")");
    assert_eq!(cut["fixes"][0]["text"], fix, "the whole one is not recommended");
    let restored = findings.iter().flat_map(|finding| finding["fixes"].as_array().unwrap());
    assert!(!restored.clone().any(|fix| fix["text"].as_str().unwrap().contains("ckpt-4")), "{json}");
}

/// Every finding can be acted on: it has a message, a place or a name, and points to a page.
#[test]
fn findings_are_complete() {
    for fixture in damaged() {
        let path = fixture.path().display().to_string();
        let json = ask(&Local, &["doctor", "--format", "json", &path]).json();
        for finding in json["findings"].as_array().unwrap() {
            let what = format!("{}: {finding}", fixture.name);
            assert!(finding["message"].as_str().is_some_and(|message| !message.is_empty()), "{what}");
            assert!(["error", "warning", "info"].contains(&finding["severity"].as_str().unwrap()), "{what}");
            ask(&Local, &["explain", finding["code"].as_str().unwrap()]).expect(0);
            ask(&Local, &["explain", finding["name"].as_str().unwrap()]).expect(0);
        }
    }
}

/// A rule that is not wanted does not speak, and does not fail.
#[test]
fn ignored_rules_are_silent() {
    for fixture in damaged().iter().take(12) {
        let path = fixture.path().display().to_string();
        let json = ask(&Local, &["doctor", "--format", "json", &path]).json();
        let codes = json["findings"].as_array().unwrap().iter().filter_map(|finding| finding["code"].as_str());
        let ignored: Vec<&str> = codes.collect();
        let answer = ask(&Local, &["doctor", "--format", "json", "--ignore", &ignored.join(","), &path]);
        let again = answer.json();
        for finding in again["findings"].as_array().unwrap() {
            assert!(!ignored.contains(&finding["code"].as_str().unwrap()), "{}: {finding}", fixture.name);
        }
        // Of what could not be opened at all nothing makes a success.
        let code = if json["looked"]["checkpoints"].as_array().unwrap().is_empty() { 2 } else { 0 };
        let zero = ask(&Local, &["doctor", "--exit-zero", &path]);
        assert_eq!(zero.code, code, "{}", fixture.name);
    }
}

/// All other commands look at wrecks too, without a panic.
#[test]
fn wrecks_can_be_listed_and_compared() {
    for fixture in damaged() {
        let path = fixture.path().display().to_string();
        let mut compared = BTreeSet::new();
        for format in ["text", "json", "csv", "markdown"] {
            for flags in [["--stats", "--digests"], ["--tree", "--no-collapse"]] {
                let code = ask(&Local, &["ls", flags[0], flags[1], "--format", format, &path]).code;
                assert!([0, 2].contains(&code), "{}: ls exits {code}", fixture.name);
            }
            let base = support::fixture(fixture.json["base"].as_str().unwrap()).path().display().to_string();
            let diff = ask(&Local, &["diff", "--values", "--format", format, &base, &path]);
            assert!(!diff.out.is_empty() || diff.code == 2, "{}: diff says nothing in {format}", fixture.name);
            assert!(diff.code != 2 || !format!("{}{}", diff.out, diff.err).is_empty(), "{}: no word why", fixture.name);
            compared.insert(diff.code);
        }
        assert_eq!(compared.len(), 1, "{}: diff exits with {compared:?} in different formats", fixture.name);
        for format in ["text", "concise", "markdown", "json-lines"] {
            let said = ask(&Local, &["doctor", "-v", "--format", format, &path]).out;
            assert!(!said.is_empty(), "{}: doctor says nothing in {format}", fixture.name);
        }
    }
}

/// Damage on one side is not passed over in silence: nobody is told that two are the same when one
/// could not be read.
#[test]
fn a_damaged_side_is_never_the_same() {
    for fixture in damaged() {
        let wounded_data =
            fixture.list("causes").unwrap().iter().any(|cause| cause == "corrupt-index" || cause == "truncated-file");
        if !wounded_data || fixture.json["path"] == "." {
            continue;
        }
        let base = support::fixture(fixture.json["base"].as_str().unwrap()).path().display().to_string();
        let answer = ask(&Local, &["diff", &base, &fixture.path().display().to_string()]);
        assert_ne!(answer.code, 0, "{}: {}", fixture.name, answer.out);
    }
}

/// Bytes that text mode added are told by what they are, in the data and in the index.
#[test]
fn a_transfer_in_text_mode_is_called_so() {
    for (name, code) in [("damaged/text-mode", "F017"), ("damaged/text-mode-index", "F018")] {
        let path = support::fixture(name).path().display().to_string();
        let json = ask(&Local, &["doctor", "--format", "json", &path]).expect(1).json();
        let first = &json["findings"][0];
        assert_eq!(first["code"], code, "{name}");
        assert!(first.to_string().contains("a carriage return before each line feed"), "{name}: {first}");
        assert!(first["help"].as_str().unwrap().contains("binary mode"), "{name}: {first}");
    }
    let path = support::fixture("damaged/trailing-bytes").path().display().to_string();
    assert!(!ask(&Local, &["doctor", &path]).out.contains("carriage return"));
}

/// Nobody can tell which records of a damaged block have changed: of an index of one block that is said once, of
/// several blocks in the lines of that one, and of a record that contradicts the format in its own.
#[test]
fn damage_is_marked_where_it_is() {
    let listed = |name: &str| {
        let fixture = fixture(name);
        ask(&Local, &["ls", "--role", "all", "--no-collapse", &fixture.path().display().to_string()]).out
    };
    let marks = |text: &str| (text.matches("[damaged block]").count(), text.matches("[damaged record]").count());
    let once = "no record has a checksum that fits";
    let bit = listed("damaged/index-bit-flip");
    assert_eq!((marks(&bit), bit.matches(once).count()), ((0, 0), 1), "{bit}");
    let entry = listed("damaged/bad-size");
    assert_eq!((marks(&entry), entry.contains(once)), ((0, 1), false), "{entry}");
    assert!(entry.lines().any(|line| line.contains("hidden/kernel ") && line.ends_with("[damaged record]")), "{entry}");

    let wide = fixture("wide");
    let mut disk = disk(&in_memory(&wide));
    let mut index = std::fs::read(wide.prefix().with_extension("index")).unwrap();
    index[1000] ^= 1;
    disk.put("wide.index", index);
    let listed = ask(&disk, &["ls", "--no-collapse", "wide"]).out;
    let (in_block, records) = marks(&listed);
    assert!(in_block > 100 && records < 3 && !listed.contains(once), "{in_block} {records}");
    let of = open(&disk, "wide").entries.len();
    let said = listed.lines().find(|line| line.contains("records lie in damaged blocks")).expect("said");
    assert!(in_block < of && said.contains(&format!("of {},{:03} records", of / 1000, of % 1000)), "{said}");
}

/// What has a row of its own is not named above it as well.
#[test]
fn a_marked_variable_is_shown_once() {
    let path = fixture("damaged/unknown-dtype").path().display().to_string();
    let listed = ask(&Local, &["ls", &path]).out;
    assert_eq!(listed.matches("tiny/hidden/kernel").count(), 1, "{listed}");
}
