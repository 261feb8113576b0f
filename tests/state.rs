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
        let latest = resolved.directory.expect("listed").latest;
        let told = &fixture.json["latest_checkpoint"];
        match (&latest, told.as_str()) {
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
            ask(&Local, &["ls", "--all", &folder]).expect(2);
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
