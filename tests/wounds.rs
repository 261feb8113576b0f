//! Random wounds of every kind of file: whatever was done to it, an answer comes, without a panic, and without
//! more than a bounded number of its bytes read.

mod support;

use std::path::Path;

use ckpt::format;
use ckpt::store::{ItemKind, Memory, Store};
use support::{Chance, Metered, ask, digest, fixture, in_memory};

/// Changed bytes, bytes taken out, bytes put in, a cut: one to three of these.
fn wound(bytes: &mut Vec<u8>, chance: &mut Chance) {
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len().max(1));
        match chance.below(5) {
            0 | 1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << chance.below(8);
                }
            }
            2 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = [0, 0xff, 0x80, 0x7f][chance.below(4)];
                }
            }
            3 => {
                let end = (at + 1 + chance.below(16)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => bytes.truncate(bytes.len() - bytes.len().min(chance.below(64))),
        }
    }
}

/// Wounds the file `name` of a fixture again and again, and opens what `path` leads to.
fn suffer(name: &str, file: &str, path: &str, times: usize) {
    let files = in_memory(&fixture(name));
    let whole = files.iter().find(|(name, _)| name == file).unwrap_or_else(|| panic!("{name}: {file}"));
    let mut chance = Chance::new(7);
    for round in 0..times {
        let mut disk = support::disk(&files);
        let mut bytes = whole.1.clone();
        wound(&mut bytes, &mut chance);
        disk.put(file, bytes);
        look(&disk, path);
        if round % 16 == 0 {
            examine(disk, path);
        }
    }
}

/// Every way in: the path resolved, the checkpoint opened, its data read.
fn look(disk: &Memory, path: &str) {
    let resolved = format::resolve(disk, Path::new(path));
    if let Some(checkpoint) = resolved.prefix.and_then(|prefix| format::open(disk, &prefix).ok()) {
        digest(disk, &checkpoint, true);
    }
}

/// The doctor answers too, and reads each byte a few times at the most.
fn examine(disk: Memory, path: &str) {
    let path = if path.is_empty() { "." } else { path };
    let files = disk.list(Path::new("")).unwrap();
    let folders: u64 = if files.iter().any(|item| item.kind == ItemKind::Directory) { 1 << 20 } else { 0 };
    let size: u64 = files.iter().map(|item| item.size).sum::<u64>() + folders;
    let disk = Metered::new(disk);
    let answer = ask(&disk, &["doctor", path]);
    assert!(answer.code <= 2, "{}", answer.err);
    assert!(disk.read() <= size * 64 + (1 << 20), "{} of {size}", disk.read());
}

#[test]
fn tables_of_v1() {
    suffer("saver-v1", "model.ckpt-250", "model.ckpt-250", 2000);
}

#[test]
fn graphs() {
    suffer("formats/meta-alone", "graph.meta", "graph.meta", 2000);
}

#[test]
fn saved_models() {
    suffer("formats/sm-small", "saved/saved_model.pb", "saved", 2000);
}

#[test]
fn models_in_hdf5() {
    suffer("formats/k3-h5-small", "model.h5", "model.h5", 2000);
}

#[test]
fn weights_in_hdf5() {
    suffer("formats/k3-weights-gzip", "model.weights.h5", "model.weights.h5", 2000);
}

#[test]
fn archives() {
    suffer("formats/k3-keras-small", "model.keras", "model.keras", 1000);
    suffer("formats/k3-keras-deflated", "model.keras", "model.keras", 1000);
}

#[test]
fn lists_of_shards() {
    suffer("formats/k3-shards-small", "model.weights.json", "model.weights.json", 2000);
}

#[test]
fn state_files() {
    suffer("formats/state-manager", "checkpoint", "", 2000);
}
