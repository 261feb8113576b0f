//! Inputs that once went wrong, found by the fuzz targets, and those that the targets start from.

mod forge;
mod fuzzed;

use std::fs;
use std::path::Path;

use fuzzed::TARGETS;
use fuzzed::seeds::seeds;

#[test]
fn what_once_went_wrong_is_answered() {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    let folders = fs::read_dir(&all).unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.filter(|path| path.is_dir()) {
        let name = folder.file_name().unwrap().to_string_lossy();
        let target = TARGETS.iter().find(|(target, _)| *target == name);
        let (_, target) = target.unwrap_or_else(|| panic!("no target {name}"));
        for input in fs::read_dir(&folder).unwrap() {
            let input = input.unwrap().path();
            println!("{}", input.display());
            target(&fs::read(&input).unwrap());
        }
    }
}

/// Where `CKPT_CORPORA` names a folder, the inputs are written there, one folder for each target.
#[test]
fn what_the_fuzzer_starts_from_is_answered() {
    let seeds = seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"));
    for (name, target) in TARGETS {
        let own: Vec<&[u8]> = seeds.iter().filter(|(of, _)| *of == name).map(|(_, input)| &input[..]).collect();
        assert!(!own.is_empty(), "nothing to start {name} from");
        if let Some(corpora) = std::env::var_os("CKPT_CORPORA") {
            let folder = Path::new(&corpora).join(name);
            fs::create_dir_all(&folder).unwrap();
            for (number, input) in own.iter().enumerate() {
                fs::write(folder.join(format!("seed-{number:04}")), input).unwrap();
            }
        }
        // Each of them would take a minute; what they are made of is looked at by other tests.
        own.iter().step_by(16).for_each(|input| target(input));
    }
}
