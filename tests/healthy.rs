//! The doctor finds nothing wrong with what is sound.

mod support;

use ckpt::store::Local;
use support::{Answer, ask, fixtures, strings};

fn complaints(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let findings = json["findings"].as_array().expect("findings").iter();
    let bad = findings.filter(|finding| finding["severity"] != "info");
    bad.map(|finding| format!("{} {}", finding["code"], finding["message"])).collect()
}

#[test]
fn sound_checkpoints_are_called_sound() {
    let mut seen = 0;
    for fixture in fixtures("") {
        let path = fixture.path();
        let answer = ask(&Local, &["doctor", "--format", "json", &path.display().to_string()]);
        assert_eq!(complaints(&answer), [""; 0], "{}", fixture.name);
        assert_eq!(answer.code, 0, "{}\n{}", fixture.name, answer.err);
        assert_eq!(answer.json()["looked"]["complete"], true, "{}: not everything was looked at", fixture.name);
        seen += 1;
    }
    assert!(seen >= 25, "only {seen} fixtures in testdata");
}

/// As a directory too, where that is what a person would give.
#[test]
fn sound_directories_are_called_sound() {
    let in_directory = |fixture: &&support::Fixture| fixture.json["latest_checkpoint"].is_string();
    for fixture in fixtures("").iter().filter(in_directory) {
        let folder = fixture.folder.display().to_string();
        let answer = ask(&Local, &["doctor", "--all", "--format", "json", &folder]);
        assert_eq!(complaints(&answer), [""; 0], "{}", fixture.name);
        assert_eq!(answer.code, 0, "{}", fixture.name);
    }
}

/// A check that did not happen is no good news.
#[test]
fn a_quick_look_says_that_it_was_quick() {
    let folder = support::fixture("k3-tiny").folder.display().to_string();
    let answer = ask(&Local, &["doctor", "--quick", "--format", "json", &folder]).expect(0);
    let looked = &answer.json()["looked"];
    assert_eq!(looked["depth"], "files");
    let text = ask(&Local, &["doctor", "--quick", &folder]).expect(0).out;
    assert!(!text.contains("every checksum"), "{text}");
    assert!(text.contains("not examined: the data were not read"), "nothing says what was not looked at:\n{text}");
}

#[test]
fn listings_of_sound_checkpoints_are_complete() {
    for fixture in fixtures("") {
        let path = fixture.path().display().to_string();
        let listing = ask(&Local, &["ls", "--format", "json", "--digests", &path]).expect(0).json();
        let told = fixture.json["tensors"].as_array().unwrap();
        let variables = listing["variables"].as_array().expect("variables");
        assert_eq!(variables.len(), told.len(), "{}", fixture.name);
        for variable in variables {
            let key = variable["key"].as_str().unwrap();
            let Some(tensor) = told.iter().find(|tensor| tensor["key"] == key) else {
                assert!(told.iter().any(|tensor| tensor["key_hex"].is_string()), "{}: {key}", fixture.name);
                continue;
            };
            for field in ["dtype", "shape"] {
                assert_eq!(variable[field], tensor[field], "{}: {field} of {key}", fixture.name);
            }
        }
        ask(&Local, &["ls", &path]).expect(0);
        let same = ask(&Local, &["diff", "--format", "json", &path, &path]).expect(0).json();
        assert_eq!(strings(&same["changes"]), [""; 0], "{}: not the same as itself", fixture.name);
    }
}
