//! Directories with a state file: what TensorFlow takes for the latest, what its manager keeps.

mod support;

use std::collections::BTreeSet;

use ckpt::format;
use ckpt::model::Latest;
use ckpt::store::Local;
use serde_json::Value;
use support::{Fixture, ask, fixtures};

fn states() -> Vec<Fixture> {
    let all: Vec<Fixture> = fixtures("formats").into_iter().filter(|fixture| fixture.json["kind"] == "state").collect();
    assert!(all.len() > 10, "{}", all.len());
    all
}

/// A path that TensorFlow gave, with the folder as it is here.
fn placed(fixture: &Fixture, path: &Value) -> Option<String> {
    Some(path.as_str()?.replace("{dir}", &fixture.folder.display().to_string()))
}

#[test]
fn the_latest_is_what_tensorflow_returns() {
    for fixture in states() {
        let resolved = format::resolve(&Local, &fixture.folder);
        let latest = &resolved.directory.expect("listed").latest;
        let told = &fixture.json["latest_checkpoint"];
        match (latest, told.as_str()) {
            (Latest::Path(path), Some(_)) => {
                let tidy = |text: &str| text.replace("/./", "/");
                let told = placed(&fixture, told).map(|told| tidy(&told));
                assert_eq!(Some(tidy(&path.display().to_string())), told, "{}", fixture.name);
            }
            (Latest::Nothing(_), None) => assert!(told.is_null(), "{}: {told}", fixture.name),
            (Latest::Raises, Some(told)) => assert!(told.starts_with("ValueError"), "{}: {told}", fixture.name),
            (Latest::Raises, None) => assert!(!told.is_null(), "{}", fixture.name),
            (latest, told) => panic!("{}: {latest:?}, TensorFlow has {told:?}", fixture.name),
        }
    }
}

#[test]
fn the_history_says_what_is_listed() {
    for fixture in states() {
        let folder = fixture.folder.display().to_string();
        if fixture.json["present"].as_array().is_some_and(Vec::is_empty) {
            let elsewhere = fixture.json["latest_checkpoint"].is_string();
            ask(&Local, &["ls", "--all", &folder]).expect(if elsewhere { 0 } else { 2 });
            continue;
        }
        let answer = ask(&Local, &["ls", "--all", "--format", "json", &folder]).expect(0).json();
        let rows = answer["history"].as_array().expect("history");
        let present: BTreeSet<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
        let there: BTreeSet<&str> =
            fixture.json["present"].as_array().expect("present").iter().filter_map(Value::as_str).collect();
        assert_eq!(present, there, "{}", fixture.name);
        let state = &fixture.json["get_checkpoint_state"];
        let listed: Option<BTreeSet<&str>> = state["all_model_checkpoint_paths"]
            .as_array()
            .map(|all| all.iter().filter_map(Value::as_str).filter_map(|path| path.rsplit('/').next()).collect());
        for row in rows {
            let name = row["name"].as_str().expect("name");
            let kept = listed.as_ref().filter(|listed| !listed.is_empty()).map(|listed| listed.contains(name));
            assert_eq!(row["kept"].as_bool(), kept, "{} {name}", fixture.name);
        }
    }
}

/// TensorFlow takes the index for a checkpoint of the older format without tensors, and restores nothing of it.
#[test]
fn a_state_file_whose_checkpoint_restores_nothing_is_an_error() {
    let (mut sound, mut empty) = (0, 0);
    for fixture in states() {
        let folder = fixture.folder.display().to_string();
        let Some(restored) = fixture.json["restored"].as_str() else { continue };
        for path in [folder.clone(), format!("{folder}/checkpoint")] {
            let answer = ask(&Local, &["doctor", "--format", "json", &path]).json();
            let errors: Vec<&Value> = answer["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| finding["severity"] == "error")
                .collect();
            if restored == "ok" {
                assert!(errors.is_empty(), "{path}: {errors:?}");
                assert!(answer["looked"]["checkpoints"][0].is_string(), "{path}");
                sound += 1;
            } else {
                assert_eq!(errors[0]["code"], "F004", "{path}: {errors:?}");
                assert!(
                    errors[0]["help"].as_str().unwrap().contains("model_checkpoint_path: \"ckpt-1\""),
                    "{errors:?}"
                );
                assert!(!answer.to_string().contains("restore(tf.train.latest_checkpoint"), "{answer}");
                empty += 1;
            }
        }
    }
    assert!(sound > 10 && empty == 2, "{sound} {empty}");
}

#[test]
fn a_checkpoint_in_a_folder_below_is_the_one_that_is_meant() {
    let fixture = support::fixture("formats/state-subdirectory");
    let told = placed(&fixture, &fixture.json["latest_checkpoint"]).expect("the latest");
    for path in [fixture.folder.clone(), fixture.folder.join("checkpoint")] {
        let found = format::resolve(&Local, &path).prefix.expect("a prefix");
        assert_eq!(found.display().to_string(), told);
    }
}

#[test]
fn a_field_that_is_not_known_is_named() {
    let folder = support::fixture("formats/state-strange-field").folder.display().to_string();
    let answer = ask(&Local, &["doctor", &folder]).expect(1);
    assert!(answer.out.contains("unknown field `note`"), "{}", answer.out);
}

/// A table of the format before 2016 has no name of its own: a folder that holds one alone leads to it.
#[test]
fn a_folder_of_a_v1_table_leads_to_it() {
    let fixture = support::fixture("formats/v1-every-dtype");
    let folder = fixture.folder.display().to_string();
    let told = support::ask(&Local, &["doctor", &folder]).expect(1).out;
    assert!(told.contains("Saver().restore(session, ") && !told.contains("F001"), "{told}");
    let listing = support::ask(&Local, &["ls", &folder]).expect(2);
    assert!(listing.err.contains("did you mean"), "{}", listing.err);
}
