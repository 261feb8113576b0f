//! Wounded files: nothing panics, nothing hangs, and no damage stays unsaid.

mod forge;
mod support;

use ckpt::bytes::Fault;
use forge::Forge;
use forge::graph::Graph;
use forge::types::{F32, I64};
use support::{Chance, disk, faults, fixture, fixtures, in_memory};

/// The files of a checkpoint and its prefix.
struct Victim {
    name: String,
    prefix: String,
    files: Vec<(String, Vec<u8>)>,
}

impl Victim {
    fn real(name: &str) -> Self {
        let fixture = fixture(name);
        let prefix = fixture.json["prefix"].as_str().unwrap().to_owned();
        let mut files = in_memory(&fixture);
        files.retain(|(file, _)| file.starts_with(&prefix) && !file.ends_with(".meta"));
        Self { name: name.to_owned(), prefix, files }
    }

    fn forged(name: &str, forge: &Forge) -> Self {
        Self { name: name.to_owned(), prefix: "run/ckpt".to_owned(), files: forge.files() }
    }

    fn file(&self, ending: &str) -> usize {
        self.files.iter().position(|(name, _)| name.ends_with(ending)).expect("a file with this ending")
    }

    /// What is found when one file has other bytes.
    fn with(&self, file: usize, bytes: Vec<u8>) -> Vec<Fault> {
        let mut disk = disk(&self.files);
        disk.put(&self.files[file].0, bytes);
        faults(&disk, &self.prefix)
    }

    fn assert_sound(&self) {
        assert_eq!(faults(&disk(&self.files), &self.prefix), [], "{}: unharmed", self.name);
    }

    /// Every single bit turned, and every cut.
    fn torment_index(&self) {
        self.assert_sound();
        let index = self.file(".index");
        let bytes = &self.files[index].1;
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut wounded = bytes.clone();
                wounded[at] ^= 1 << bit;
                assert_ne!(self.with(index, wounded), [], "{}: bit {bit} of byte {at} turned, nothing said", self.name);
            }
            let cut = bytes[..at].to_vec();
            assert_ne!(self.with(index, cut), [], "{}: cut to {at} bytes, nothing said", self.name);
        }
    }
}

#[test]
fn every_wrong_bit_and_every_cut_of_a_name_based_index_is_reported() {
    Victim::real("shards-saver").torment_index();
    Victim::real("saver-adam").torment_index();
}

#[test]
fn every_wrong_bit_and_every_cut_of_an_object_based_index_is_reported() {
    Victim::real("single-root").torment_index();
    Victim::real("k3-subclassed").torment_index();
}

fn floats(count: usize, seed: u64) -> Vec<u8> {
    forge::numbers(count, seed).iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn snappy() -> Victim {
    let forge = (0..6).fold(Forge::new("run/ckpt").snappy().block(100), |forge, i| {
        forge.floats(format!("layer_{i}/kernel"), &[3], &forge::numbers(3, i))
    });
    Victim::forged("snappy, several blocks", &forge)
}

fn sliced() -> Victim {
    let slices = vec![
        (vec![Some((0, 2)), None], floats(6, 1)),
        (vec![Some((2, 2)), Some((0, 1))], floats(2, 2)),
        (vec![Some((2, 2)), Some((1, 2))], floats(4, 3)),
    ];
    let forge = Forge::new("run/ckpt").sliced("emb", F32, &[4, 3], slices).shard(1).floats("bias", &[3], &[1., 2., 3.]);
    Victim::forged("slices in two shards", &forge)
}

fn strings() -> Victim {
    let forge = Forge::new("run/ckpt")
        .strings("words", &[3], &[b"one", b"", b"three \xff"])
        .variants("state", &[2], &[b"\x0a\x04list", b"\x0a\x01x"])
        .tensor("ids", I64, &[2], &[7; 16]);
    Victim::forged("strings and variants", &forge)
}

fn legacy() -> Victim {
    let mut graph = Graph::default();
    let model = graph.object(0, "model");
    let (kernel, key) = graph.variable(model, "kernel", "dense/kernel");
    let optimizer = graph.object(0, "optimizer");
    graph.variable(optimizer, "iter", "Adam/iter");
    let (_, slot) = graph.slot(optimizer, kernel, "m", "Adam/dense/kernel/m");
    let forge = Forge::new("run/ckpt")
        .floats(key, &[2], &[0.5, -0.5])
        .count("optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE", 3)
        .floats(slot, &[2], &[0.1, 0.2])
        .graph(&graph);
    Victim::forged("object graph with slots", &forge)
}

#[test]
fn every_wrong_bit_and_every_cut_of_a_forged_index_is_reported() {
    for victim in [snappy(), sliced(), strings(), legacy()] {
        victim.torment_index();
    }
}

/// What can happen to a file.
#[derive(Clone, Copy, Debug)]
enum Wound {
    Flip,
    Cut,
    Append,
    Zero,
    Swap,
    Delete,
}

const WOUNDS: [Wound; 6] = [Wound::Flip, Wound::Cut, Wound::Append, Wound::Zero, Wound::Swap, Wound::Delete];

impl Wound {
    /// The bytes afterwards; none if the file is gone.
    fn of(self, bytes: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
        let mut bytes = bytes.to_vec();
        let (from, length) = (chance.below(bytes.len()), chance.below(64) + 1);
        let to = (from + length).min(bytes.len());
        match self {
            Self::Flip if !bytes.is_empty() => bytes[from] ^= 1 << chance.below(8),
            Self::Cut => bytes.truncate(from),
            Self::Append => bytes.extend((0..length).map(|_| chance.next() as u8)),
            Self::Zero => bytes[from.min(to)..to].fill(0),
            Self::Swap => {
                let length = (to - from.min(to)).min(chance.below(bytes.len() / 2 + 1));
                let other = chance.below((bytes.len() - length).max(1));
                for i in 0..length {
                    bytes.swap(from + i, other + i);
                }
            }
            Self::Delete => return None,
            Self::Flip => {}
        }
        Some(bytes)
    }
}

/// Wounds one shard in `rounds` ways; gives how many changed it.
fn torment_shards(victim: &Victim, rounds: usize, chance: &mut Chance) -> usize {
    victim.assert_sound();
    let is_shard = |(_, (name, _)): &(usize, &(String, Vec<u8>))| name.contains(".data-");
    let shards: Vec<usize> = victim.files.iter().enumerate().filter(is_shard).map(|(i, _)| i).collect();
    let mut changed = 0;
    for _ in 0..rounds {
        let shard = shards[chance.below(shards.len())];
        let wound = WOUNDS[chance.below(WOUNDS.len())];
        let (name, before) = &victim.files[shard];
        let mut disk = disk(&victim.files);
        match wound.of(before, chance) {
            Some(after) if after == *before => continue,
            Some(after) => disk.put(name, after),
            None if before.is_empty() => continue,
            None => {
                disk.remove(name);
            }
        }
        changed += 1;
        assert_ne!(faults(&disk, &victim.prefix), [], "{}: {wound:?} of {name}, nothing said", victim.name);
    }
    changed
}

/// All but a few: the rest is the same at greater length.
fn small_fixtures() -> Vec<Victim> {
    let mut fixtures = fixtures("");
    fixtures.retain(|fixture| !fixture.is_v1());
    let mut victims: Vec<Victim> = fixtures.iter().map(|fixture| Victim::real(&fixture.name)).collect();
    victims.retain(|victim| victim.files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() < 20_000);
    assert!(victims.len() > 20, "only {} fixtures are small enough", victims.len());
    victims
}

#[test]
fn wounds_of_real_shards_are_reported() {
    let mut chance = Chance::new(1);
    let victims = small_fixtures();
    let rounds = 2_500 / victims.len() + 1;
    let changed: usize = victims.iter().map(|victim| torment_shards(victim, rounds, &mut chance)).sum();
    assert!(changed >= 2_000, "only {changed} of {} wounds changed anything", rounds * victims.len());
}

/// The first, the middle and the last byte of each tensor, and of each slice.
#[test]
fn every_tensor_of_every_fixture_has_a_guard() {
    let mut tensors = 0;
    for victim in small_fixtures() {
        let sound = disk(&victim.files);
        let checkpoint = support::open(&sound, &victim.prefix);
        for (extent, _) in
            checkpoint.entries.iter().flat_map(|entry| entry.extents()).filter(|(extent, _)| extent.length > 0)
        {
            let file = checkpoint.files[extent.file].path.to_string_lossy().into_owned();
            let shard = victim.files.iter().position(|(name, _)| *name == file).expect("the tensor's shard");
            for at in [extent.offset, extent.offset + extent.length / 2, extent.end() - 1] {
                let mut bytes = victim.files[shard].1.clone();
                bytes[at as usize] ^= 0x10;
                assert_ne!(victim.with(shard, bytes), [], "{}: byte {at} of {file}, nothing said", victim.name);
            }
            tensors += 1;
        }
    }
    assert!(tensors > 300, "only {tensors} tensors");
}

#[test]
fn wounds_of_forged_shards_are_reported() {
    let mut chance = Chance::new(2);
    for victim in [snappy(), sliced(), strings(), legacy()] {
        assert!(torment_shards(&victim, 300, &mut chance) > 200);
    }
}

/// A wound need not be the last.
#[test]
fn many_wounds_at_once_do_not_panic() {
    let mut chance = Chance::new(3);
    for victim in [Victim::real("k3-tiny"), Victim::real("saver-partitioned"), snappy(), sliced(), strings(), legacy()]
    {
        for _ in 0..100 {
            let mut disk = disk(&victim.files);
            for (name, bytes) in &victim.files {
                let mut bytes = Some(bytes.clone());
                for _ in 0..chance.below(4) {
                    let wound = WOUNDS[chance.below(WOUNDS.len())];
                    bytes = bytes.and_then(|bytes| wound.of(&bytes, &mut chance));
                }
                match bytes {
                    Some(bytes) => disk.put(name, bytes),
                    None => {
                        disk.remove(name);
                    }
                }
            }
            if let Ok(checkpoint) = ckpt::format::open(&disk, victim.prefix.as_ref()) {
                support::digest(&disk, &checkpoint, true);
            }
        }
    }
}
