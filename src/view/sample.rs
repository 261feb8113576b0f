//! A checkpoint whose names are as awkward as names can be, for the tests of the renderers.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use super::{Diff, Differences, Fails, Format, Listing, Names, Reports, Sort, Style, Tensor, Values};
use crate::bytes::Span;
use crate::compare::align::{Alignment, Proof};
use crate::compare::change::{Change, ChangeKind, Changes};
use crate::doctor::{Check, Checksums, Finding, Manual, Report, Rule, Severity, Summary};
use crate::model::{
    Checkpoint, Container, DType, Delta, Depth, Digest, Digests, Endianness, Entry, Extent, File, FileRole, Key, Part,
    Payload, Place, Relations, Resolved, Role, Shape, Slice, Stats, Variable,
};
use crate::restore::{Goal, Goals, Loader, Options, Verdict};

/// A name that clears the screen, breaks the line, ends a cell, closes a code span and quotes.
pub const HOSTILE: &str = "a\x1b[2J\nb|c`d\"e,f\u{202e}g";
/// A name in Chinese characters.
pub const CJK: &str = "層/核";

/// Plain, with nothing left out of it but what always is.
pub const STYLE: Style = Style {
    format: Format::Text,
    color: false,
    unicode: true,
    width: None,
    exact: false,
    quiet: 0,
    verbose: false,
    links: None,
    precision: 4,
};

/// A very long name.
pub fn long() -> String {
    "x".repeat(10_000)
}

fn variable(name: &str, entry: usize) -> Variable {
    let relations = Relations { paths: vec![format!("model/{entry}")], ..Relations::default() };
    Variable::new(name.into(), entry, Role::Weight).with(relations)
}

fn slot(name: &str, entry: usize) -> Variable {
    let paths = vec![format!("model/{entry}")];
    let relations = Relations { paths, slot_of: Some(0), slot_name: Some("m`|\n".into()), ..Relations::default() };
    Variable::new(name.into(), entry, Role::Slot).with(relations)
}

fn entry(key: Key, shape: Shape, payload: Payload, checksum: Option<u32>) -> Entry {
    Entry {
        key,
        dtype: DType::FLOAT32,
        shape,
        payload,
        checksum,
        trusted: true,
        endianness: Endianness::Little,
        declared_at: Place::NONE,
    }
}

/// Five variables: hostile (10x64, in one piece), Chinese (a scalar), long (unknown rank, nowhere),
/// a key that is not UTF-8 (in slices, one of which is lost), and a slot of the first.
pub fn checkpoint() -> Checkpoint {
    let extent = |offset, length| Extent { file: 1, offset, length };
    let part = |start, extent| Part {
        slice: Slice { extents: [(start, 1), (0, 4)].into_iter().collect() },
        extent,
        checksum: extent.map(|_| 7),
    };
    let file = |label: &str, role, size| File {
        path: PathBuf::from(label),
        label: label.into(),
        role,
        size,
        stored: None,
        modified: Some(1_000_000_000),
    };
    let shape = |axes: &[u64]| Shape::new(axes.iter().copied());
    let slices = Payload::Slices(Box::new([part(0, Some(extent(2564, 16))), part(1, None)]));
    Checkpoint {
        declared_shards: Some(1),
        files: vec![
            file("dir/ckpt-4.index", FileRole::Index, Some(300)),
            file("dir/ckpt-4.data-00000-of-00001", FileRole::Shard { number: 0, of: 1 }, None),
        ],
        entries: vec![
            entry(HOSTILE.into(), shape(&[10, 64]), Payload::Extent(extent(0, 2560)), Some(0xab)),
            entry(CJK.into(), shape(&[]), Payload::Extent(extent(2560, 4)), Some(0xdead_beef)),
            entry(long().as_str().into(), Shape::unknown(), Payload::Nowhere, None),
            entry(b"k\xff\n"[..].into(), shape(&[2, 4]), slices, None),
            entry("slot".into(), shape(&[10, 64]), Payload::Extent(extent(4096, 2560)), Some(1)),
        ],
        variables: vec![
            variable(HOSTILE, 0),
            variable(CJK, 1),
            variable(&long(), 2),
            variable("k\\xff\n", 3),
            slot("slot", 4),
        ],
        ..Checkpoint::empty("dir/ckpt-4".as_ref(), "dir/ckpt-4".to_owned(), Container::Bundle)
    }
}

/// The sample listed, with statistics of its first variable.
pub fn listing() -> Listing {
    let stats = Stats {
        count: 640,
        min: f64::NAN,
        max: 0.25,
        mean: 1e-7,
        std: 0.0,
        zeros: 3,
        nan: 2,
        inf: 1,
        first_not_finite: Some(5),
    };
    let digest = Digest { crc32c: Some(0xab), intact: Some(true), stats: Some(stats), sha256: Some([0x1f; 32]) };
    let entries = vec![Some(digest), None, None, None, None];
    Listing {
        zone: jiff::tz::TimeZone::UTC,
        resolved: Resolved { is_directory: true, given: "dir".to_owned(), ..Resolved::at("dir/ckpt-4") },
        history: Vec::new(),
        older: 0,
        checkpoint: Some(checkpoint()),
        chosen: vec![0, 1, 2, 3, 4],
        narrowed: false,
        list_slots: false,
        reverse: false,
        scalars: BTreeMap::from([(1, "10".to_owned())]),
        step: Some(10),
        optimizer: Some("Adam".to_owned()),
        digests: Some(Digests { depth: Depth::Values, entries, faults: Vec::new(), bytes_read: 2560 }),
        names: Names::Full,
        sort: Sort::Name,
        collapse: true,
        depth: None,
        tree: false,
        limit: None,
    }
}

/// Good for nothing but to train further.
fn goals() -> Goals {
    let verdict = |goal, ok, reason: &str| {
        let reasons = vec![reason.to_owned()];
        if ok { Verdict::yes(goal, reasons) } else { Verdict::no(goal, reasons) }
    };
    let verdicts = vec![
        verdict(Goal::Exact, false, "1 changed in value"),
        verdict(Goal::Resume, false, "2 reshaped"),
        verdict(Goal::Finetune, true, &format!("new: {HOSTILE}")),
        verdict(Goal::Infer, false, "1 new"),
    ];
    Goals { loader: Some(Loader::Checkpoint), options: Options::default(), verdicts }
}

/// The sample beside itself: one other value, one removed, one added.
pub fn diff() -> Diff {
    let delta = Delta {
        total: 640,
        changed: 64,
        outside: 64,
        max_abs: 0.5,
        mean_abs: 0.25,
        rel_l2: f64::INFINITY,
        cosine: 0.5,
        new_nan: 1,
        ..Delta::default()
    };
    let list = vec![
        Change { kind: ChangeKind::Removed, old: Some(1), new: None, renamed: false, proof: None, delta: None },
        Change { kind: ChangeKind::Added, old: None, new: Some(3), renamed: false, proof: None, delta: None },
        Change {
            kind: ChangeKind::Revalued,
            old: Some(0),
            new: Some(0),
            renamed: false,
            proof: Some(Proof::SameName),
            delta: Some(delta),
        },
    ];
    Diff {
        old: checkpoint(),
        new: checkpoint(),
        given: ["old".to_owned(), "new".to_owned()],
        steps: [Some(8), None],
        alignment: Alignment::default(),
        changes: Changes { list, same: 2, within: 0 },
        spreads: vec![],
        story: Vec::new(),
        narrowed: false,
        trouble: Vec::new(),
        names: Names::Full,
        stat: false,
        name_status: false,
        goals: Some(goals()),
        fails: Differences::Any,
    }
}

static RULE: Rule = Rule {
    code: "F015",
    name: "data-truncated",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1",
    check: Check::Faults,
    manual: Manual { means: "means", you_see: &["seen"], knows: "", fix: "", not: "", ignore: "", see: &[] },
};

/// A rule with a page.
pub static RULES: &[&Rule] = &[&RULE];

/// One finding about the hostile variable, in the file `dir/ckpt-4.data`.
pub fn finding(message: &str, directory: &str) -> Finding {
    let span = Span { file: format!("{directory}/ckpt-4.data").into(), bytes: 9310..18621 };
    Finding::new(&RULE, message)
        .at(&span)
        .cause("truncated-file")
        .variables(vec![HOSTILE.to_owned()])
        .evidence(HOSTILE)
        .help("copy the file again")
        .python("a = 1\n```\nb = 2")
}

/// A report with these findings.
pub fn report(subject: &str, findings: Vec<Finding>) -> Report {
    let looked = Summary {
        against: None,
        depth: Depth::Bytes,
        rules: 46,
        checkpoints: vec![subject.to_owned()],
        tensors: 5,
        bytes: 100,
        bytes_read: 90,
        checksums: Checksums::Tensors,
        complete: findings.is_empty(),
        not_examined: if findings.is_empty() { Vec::new() } else { vec!["1 tensor could not be read".to_owned()] },
    };
    Report {
        subject: subject.to_owned(),
        identity: None,
        loader: None,
        findings,
        known: Vec::new(),
        skipped: vec![&RULE],
        predictions: Vec::new(),
        goals: None,
        looked,
        renamed: Vec::new(),
        log: None,
    }
}

/// These reports, failing on errors.
pub fn reports(list: Vec<Report>) -> Reports {
    Reports {
        list,
        fails: Fails::On(Severity::Error),
        lenient: false,
        statistics: false,
        baseline: None,
        settings: None,
    }
}

/// Values that are these texts, of whatever tensor.
pub struct Texts<'a>(pub &'a [&'a str]);

impl Values for Texts<'_> {
    fn each(&self, _: &Tensor, take: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        self.0.iter().try_for_each(|text| take(text))
    }
}
