use crate::bytes::{Fault, FaultKind, Foreign, Span};
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::sample::{self, DATA, INDEX, data_fault, index_fault};
use crate::doctor::{Facts, Severity};
use crate::model::{Container, Extent, File, FileRole, Payload, Shard};

fn facts() -> Facts {
    sample::facts(sample::named(&[("dense/bias", &[4]), ("dense/kernel", &[8, 4]), ("head/bias", &[2]), ("step", &[])]))
}

fn run(facts: &Facts) -> Vec<Finding> {
    let mut findings = Findings::default();
    super::speak(facts, &mut findings);
    findings.list().to_vec()
}

fn with(faults: Vec<Fault>) -> Vec<Finding> {
    let mut facts = facts();
    facts.checkpoint.as_mut().unwrap().faults = faults;
    run(&facts)
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.code).collect()
}

fn checksum(key: &str) -> Fault {
    data_fault(FaultKind::DataChecksum { key: key.to_owned(), stored: 1, computed: 2 })
}

#[test]
fn a_sound_checkpoint_is_sound() {
    assert!(run(&facts()).is_empty());
}

#[test]
fn a_truncated_shard_is_one_finding_with_its_casualties() {
    let found = with(vec![
        data_fault(FaultKind::ShardTruncated { size: 16, needed: 156 }),
        data_fault(FaultKind::UnownedBytes { trailing: false }),
    ]);
    assert_eq!(codes(&found), ["F015"]);
    assert_eq!(found[0].message, "16 bytes on disk, the index describes 156");
    assert_eq!(found[0].variables, ["dense/kernel", "head/bias", "step"]);
    assert_eq!(found[0].path.as_deref(), Some(DATA));
}

#[test]
fn an_empty_shard_is_a_truncated_one() {
    assert_eq!(codes(&with(vec![data_fault(FaultKind::Empty)])), ["F015"]);
}

#[test]
fn the_end_of_the_index_hides_what_follows_from_it() {
    let found = with(vec![
        index_fault(FaultKind::BadMagic),
        index_fault(FaultKind::Salvaged { entries: 3 }),
        index_fault(FaultKind::EntryMalformed { key: "x".to_owned(), error: "cut".to_owned() }),
        data_fault(FaultKind::UnownedBytes { trailing: true }),
    ]);
    assert_eq!(codes(&found), ["F016"]);
    assert!(found[0].evidence[0].starts_with("3 records could be read"));
    assert_eq!(found[0].path.as_deref(), Some(INDEX));
}

#[test]
fn a_damaged_block_hides_the_nonsense_in_it() {
    let block = FaultKind::BlockChecksum { block: "data", stored: 1, computed: 2 };
    let nonsense = FaultKind::SizeMismatch { key: "w".to_owned(), stored: 1, expected: 2 };
    let graph = FaultKind::GraphKeyMissing { key: "w".to_owned() };
    assert_eq!(codes(&with(vec![index_fault(block), index_fault(nonsense.clone()), data_fault(graph)])), ["F018"]);
    assert_eq!(codes(&with(vec![index_fault(nonsense)])), ["F027"]);
}

#[test]
fn an_index_that_cannot_be_trusted_explains_wrong_checksums() {
    let mut facts = facts();
    let block = FaultKind::BlockChecksum { block: "data", stored: 1, computed: 2 };
    facts.checkpoint.as_mut().unwrap().faults = vec![index_fault(block)];
    facts.digests.faults = vec![checksum("head/bias")];
    assert_eq!(codes(&run(&facts)), ["F018", "F017"]);
    facts.checkpoint.as_mut().unwrap().entries.iter_mut().for_each(|entry| entry.trusted = false);
    assert_eq!(codes(&run(&facts)), ["F018"]);
}

#[test]
fn idle_bytes_are_a_warning() {
    let found = with(vec![index_fault(FaultKind::FooterNotCanonical)]);
    assert_eq!((codes(&found), found[0].severity), (vec!["F026"], Severity::Warning));
    let found = with(vec![index_fault(FaultKind::FooterNotCanonical), index_fault(FaultKind::HeaderMissing)]);
    assert_eq!((found.len(), found[0].severity), (1, Severity::Error));
}

#[test]
fn one_pointer_or_two_are_one_finding() {
    let pointer = FaultKind::Foreign { what: Foreign::LfsPointer { size: Some(18_621), sha256: None } };
    let found = with(vec![index_fault(pointer.clone()), data_fault(pointer.clone())]);
    assert_eq!(codes(&found), ["F013"]);
    let found = with(vec![data_fault(pointer), data_fault(FaultKind::ShardTruncated { size: 130, needed: 156 })]);
    assert_eq!(codes(&found), ["F013"]);
    assert_eq!(found[0].message, "a git-lfs pointer of a file of 18,621 bytes, not the file");
}

#[test]
fn a_few_bad_tensors_are_damage_and_all_are_a_mixture() {
    let mut facts = facts();
    let spoil = |facts: &mut Facts, key: &str| {
        let (entry, _) = facts.checkpoint.as_ref().unwrap().find(key.as_bytes()).unwrap();
        facts.digests.entries[entry].as_mut().unwrap().intact = Some(false);
        facts.digests.faults.push(checksum(key));
    };
    spoil(&mut facts, "dense/kernel");
    let found = run(&facts);
    assert_eq!(codes(&found), ["F017"]);
    assert_eq!(found[0].variables, ["dense/kernel"]);
    spoil(&mut facts, "dense/bias");
    spoil(&mut facts, "head/bias");
    let found = run(&facts);
    assert_eq!(codes(&found), ["F012"], "the step alone is equal in both saves");
    assert_eq!(found[0].causes, ["mixed-shards"]);
}

#[test]
fn bytes_too_many_may_be_those_of_text_mode() {
    let mut facts = facts();
    facts.checkpoint.as_mut().unwrap().files[1].size = Some(157);
    let excess = data_fault(FaultKind::UnownedBytes { trailing: true });
    facts.checkpoint.as_mut().unwrap().faults = vec![excess.clone()];
    let found = run(&facts);
    assert_eq!(codes(&found), ["F029"]);
    assert!(!found[0].evidence.iter().any(|line| line.contains("text mode")));
    facts.checkpoint.as_mut().unwrap().faults = vec![excess, data_fault(FaultKind::TextMode { added: 1 })];
    assert_eq!(codes(&run(&facts)), ["F029"]);
    facts.digests.faults = vec![checksum("dense/kernel"), checksum("head/bias")];
    let found = run(&facts);
    assert_eq!(codes(&found), ["F017"]);
    assert!(found[0].evidence.iter().any(|line| line.contains("text mode")));
}

#[test]
fn missing_shards_are_one_finding() {
    let mut facts = facts();
    facts.checkpoint.as_mut().unwrap().files[1].size = None;
    facts.checkpoint.as_mut().unwrap().faults = vec![data_fault(FaultKind::Missing)];
    let found = run(&facts);
    assert_eq!(codes(&found), ["F008"]);
    assert_eq!(found[0].variables.len(), 4);
    let stray = Shard { number: 0, of: 2, size: 78 };
    sample::directory(&mut facts).candidates[0].shards = vec![stray];
    assert_eq!(codes(&run(&facts)), ["F012"], "the names say another count");
}

#[test]
fn one_byte_is_singular() {
    let found = with(vec![index_fault(FaultKind::TooShort { size: 1 })]);
    assert_eq!(found[0].message, "too few bytes are left of the index for a table: 1");
}

#[test]
fn an_index_alone_is_missing() {
    assert_eq!(codes(&with(vec![index_fault(FaultKind::Missing)])), ["F007"]);
}

#[test]
fn other_owners() {
    for (fault, code) in [
        (index_fault(FaultKind::Unreadable { error: "Permission denied".to_owned() }), "F031"),
        (index_fault(FaultKind::Foreign { what: Foreign::Html }), "F014"),
        (index_fault(FaultKind::VersionRefused { min_consumer: 2, disallows_current: false }), "F030"),
        (index_fault(FaultKind::SliceMissing { key: "w".to_owned(), slice: "0,4".to_owned(), count: 1 }), "F028"),
        (data_fault(FaultKind::GraphMalformed { error: "cut".to_owned() }), "F032"),
    ] {
        assert_eq!(codes(&with(vec![fault])), [code]);
    }
}

#[test]
fn what_is_no_checkpoint_at_all() {
    let mut facts = sample::nothing("model.zip");
    facts.resolved.foreign = Some(Foreign::Archive("zip"));
    let found = run(&facts);
    assert_eq!(found[0].message, "a zip archive, not a checkpoint");
    assert_eq!(found[0].fixes[0].text, "unzip -l model.zip");
}

#[test]
fn there_is_something_to_go_back_to() {
    let mut facts = facts();
    facts.whole_siblings = vec!["ckpts/ckpt-3".to_owned()];
    facts.checkpoint.as_mut().unwrap().faults = vec![data_fault(FaultKind::ShardTruncated { size: 0, needed: 156 })];
    let found = run(&facts);
    assert!(found[0].help.as_ref().unwrap().ends_with("ckpts/ckpt-3 has its index and all its data files"));
    assert_eq!(found[0].fixes[0].text, "checkpoint.restore(\"ckpts/ckpt-3\")");
}

#[test]
fn beside_a_file_of_keras_a_checkpoint_is_no_way_back() {
    let mut facts = facts();
    facts.whole_siblings = vec!["ckpts/ckpt-3".to_owned()];
    let checkpoint = facts.checkpoint.as_mut().unwrap();
    checkpoint.container = Container::KerasWeightsH5;
    checkpoint.faults = vec![data_fault(FaultKind::Hdf5Truncated { size: 9, stored_eof: 10 })];
    let found = run(&facts);
    assert!(!found[0].help.as_ref().unwrap().contains("ckpt-3") && found[0].fixes.is_empty());
}

#[test]
fn pieces_that_cannot_be_decoded_are_changed_bytes() {
    let piece = |key: &str| {
        data_fault(FaultKind::PieceUndecodable { key: key.to_owned(), error: "does not decompress".into() })
    };
    let found = with(vec![piece("dense/kernel")]);
    assert_eq!(codes(&found), ["F017"]);
    assert_eq!(found[0].message, "bytes have changed: a piece of dense/kernel cannot be decoded: does not decompress");
    assert_eq!(found[0].variables, ["dense/kernel"]);
    let found = with(vec![piece("dense/kernel"), piece("step")]);
    assert_eq!(found[0].message, "2 of 4 tensors in this file have changed bytes: they cannot be decoded");
}

#[test]
fn what_is_said_of_changed_bytes_is_what_the_reader_of_their_file_says() {
    let says = |container| {
        let mut facts = facts();
        let checkpoint = facts.checkpoint.as_mut().unwrap();
        checkpoint.container = container;
        checkpoint.faults = vec![checksum("step")];
        run(&facts)[0].tensorflow.clone()
    };
    assert!(says(Container::Bundle).unwrap().starts_with("DataLossError"));
    assert!(says(Container::KerasWeightsH5).unwrap().starts_with("OSError"));
    assert_eq!(says(Container::V1), None);
}

/// A file is asked for its own tensors, not for those of all files: those of all would be ten thousand million here,
/// and the test would not end while anybody waits.
#[test]
fn many_damaged_files_are_told() {
    const FILES: usize = 100_000;
    let names: Vec<String> = (0..FILES).map(|file| format!("v{file:06}")).collect();
    let specs: Vec<(&str, &[u64])> = names.iter().map(|name| (name.as_str(), [4].as_slice())).collect();
    let mut facts = sample::facts(sample::named(&specs));
    let checkpoint = facts.checkpoint.as_mut().unwrap();
    let index = checkpoint.files[0].clone();
    checkpoint.files = vec![index];
    for (number, entry) in checkpoint.entries.iter_mut().enumerate() {
        let label: std::sync::Arc<str> = format!("ckpts/ckpt-4.data-{number:05}-of-{FILES}").into();
        let (role, size) = (FileRole::Shard { number: number as u32, of: FILES as u32 }, Some(16));
        let file = File { path: (*label).into(), label: (*label).into(), role, size, stored: None, modified: None };
        entry.payload = Payload::Extent(Extent { file: checkpoint.files.len(), offset: 0, length: 16 });
        checkpoint.files.push(file);
        let kind = match number % 3 {
            0 => FaultKind::ShardTruncated { size: 8, needed: 16 },
            1 => FaultKind::UnownedBytes { trailing: true },
            _ => FaultKind::DataChecksum { key: format!("v{number:06}"), stored: 1, computed: 2 },
        };
        checkpoint.faults.push(Fault { kind, at: Span { file: label, bytes: 0..16 } });
    }
    let found = run(&facts);
    assert_eq!(found.len(), FILES);
    let of_one = |at: usize| (found[at].rule.code, found[at].variables.clone());
    assert_eq!(of_one(0), ("F015", vec!["v000000".to_owned()]));
    assert_eq!(of_one(1), ("F029", Vec::new()));
    assert_eq!(of_one(2), ("F017", vec!["v000002".to_owned()]));
}
