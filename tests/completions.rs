//! What shells and `man` are given.

mod support;

use std::path::Path;
use std::{env, fs};

use ckpt::store::Local;
use support::{ask, fixture, testdata};

/// The scripts, by the names under which shells look for them.
const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "ckpt.bash"),
    ("zsh", "_ckpt"),
    ("fish", "ckpt.fish"),
    ("powershell", "_ckpt.ps1"),
    ("elvish", "ckpt.elv"),
];

const COMMANDS: [&str; 9] = ["ls", "show", "diff", "doctor", "explain", "rules", "schema", "completions", "man"];

/// With `CKPT_UPDATE` set, they are written anew.
#[test]
fn the_scripts_are_those_of_this_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, name) in SCRIPTS {
        let script = ask(&Local, &["completions", shell]).expect(0).out;
        let file = folder.join(name);
        if env::var_os("CKPT_UPDATE").is_some() {
            fs::write(&file, &script).expect(name);
        }
        let kept = fs::read_to_string(&file).expect(name);
        assert!(kept == script, "completions/{name} is of another state of the program");
    }
}

#[test]
fn scripts_know_every_command() {
    for (shell, _) in SCRIPTS {
        let script = ask(&Local, &["completions", shell]).expect(0).out;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} does not know {command}");
        }
    }
    ask(&Local, &["completions", "cmd"]).expect(2);
    ask(&Local, &["completions"]).expect(2);
}

#[test]
fn names_are_given_that_stay_one_word() {
    let names = |path: &str| ask(&Local, &["completions", "--variables", path]).expect(0).out;
    let path = fixture("k3-adam").path();
    assert!(names(path.to_str().expect("UTF-8")).lines().any(|name| name == "logits/kernel"));
    let odd = names(testdata().join("odd-names").to_str().expect("UTF-8"));
    let harmless = |c: char| !c.is_control() && !"$`;&|<>(){}'\"\\*?! \t".contains(c);
    assert!(!odd.is_empty() && odd.lines().all(|name| name.chars().all(harmless)), "{odd}");
    ask(&Local, &["completions", "--variables", "nowhere"]).expect(2);
}

/// As bash asks when the tabulator is pressed.
#[cfg(unix)]
#[test]
fn bash_completes_names_behind_the_path() {
    let root = env!("CARGO_MANIFEST_DIR");
    let press = r#"
        source completions/ckpt.bash
        COMP_WORDS=(ckpt show testdata/k3-adam logits/k); COMP_CWORD=3
        _ckpt_variables ckpt logits/k testdata/k3-adam; echo "${COMPREPLY[*]}"
        COMP_WORDS=(ckpt doc); COMP_CWORD=1
        _ckpt_variables ckpt doc ckpt; echo "${COMPREPLY[*]}"
        COMP_WORDS=(ckpt show --val); COMP_CWORD=2
        _ckpt_variables ckpt --val show; echo "${COMPREPLY[*]}"
    "#;
    let folder = Path::new(env!("CARGO_BIN_EXE_ckpt")).parent().expect("a folder").to_owned();
    let path = env::join_paths([folder].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())));
    let mut bash = std::process::Command::new("bash");
    bash.args(["--norc", "-c", press]).current_dir(root).env("PATH", path.expect("a PATH"));
    let said = bash.output().expect("bash");
    assert_eq!(String::from_utf8_lossy(&said.stdout), "logits/kernel\ndoctor\n--values\n", "{said:?}");
}

#[test]
fn every_command_has_a_page() {
    for command in COMMANDS {
        let page = ask(&Local, &["man", command]).expect(0).out;
        assert!(page.contains(&format!(".TH ckpt-{command} 1")), "{page}");
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{page}");
    }
    let page = ask(&Local, &["man"]).expect(0).out;
    assert!(COMMANDS.iter().all(|command| page.contains(&format!("ckpt\\-{command}"))), "{page}");
    let answer = ask(&Local, &["man", "less"]).expect(2);
    assert!(answer.err.contains("there are: ls, show"), "{}", answer.err);
    ask(&Local, &["man", "ls", "--format", "json"]).expect(2);
}

#[test]
fn a_release_has_every_page() {
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows/release.yml");
    let recipe = fs::read_to_string(recipe).expect("release.yml");
    assert!(recipe.contains(&format!("for command in {}; do", COMMANDS.join(" "))), "{recipe}");
}
