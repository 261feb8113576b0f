use super::*;
use crate::bytes::{Fault, FaultKind, Span};
use crate::compare::align::{Alignment, align};
use crate::compare::change::changes;
use crate::model::{Container, DType, Delta, Endianness, Extent, Flavor, Payload, Place, Shape, Versions, Writer};
use crate::view::Format;

fn style(width: Option<usize>) -> Style {
    let (exact, quiet, verbose, precision) = (false, 0, false, 4);
    Style { format: Format::Text, color: false, unicode: true, width, exact, quiet, verbose, precision }
}

/// Name, role, axes, checksum.
type Spec<'a> = (&'a str, Role, &'a [u64], u32);

fn checkpoint(label: &str, specs: &[Spec]) -> Checkpoint {
    let entry = |(name, _, axes, checksum): &Spec| Entry {
        key: (*name).into(),
        dtype: DType::FLOAT32,
        shape: Shape::new(axes.iter().copied()),
        payload: Payload::Extent(Extent { file: 0, offset: 0, length: 4 }),
        checksum: Some(*checksum),
        trusted: true,
        endianness: Endianness::Little,
        declared_at: Place::NONE,
    };
    let variable = |(id, (name, role, ..)): (usize, &Spec)| Variable::new((*name).into(), id, *role);
    Checkpoint {
        prefix: label.into(),
        label: label.into(),
        container: Container::Bundle,
        versions: Versions::default(),
        layers: Vec::new(),
        keras: None,
        configured: None,
        listed: false,
        saved_model: None,
        flavor: Flavor::NameBased,
        writer: Writer::Saver,
        endianness: Endianness::Little,
        declared_shards: Some(1),
        files: vec![],
        entries: specs.iter().map(entry).collect(),
        variables: specs.iter().enumerate().map(variable).collect(),
        graph: None,
        faults: vec![],
    }
}

fn diff(old: &[Spec], new: &[Spec]) -> Diff {
    let (old, new) = (checkpoint("run/ckpt-3", old), checkpoint("run/ckpt-4", new));
    let alignment: Alignment = align(&old, &new);
    let changes = changes(&old, &new, &alignment);
    Diff {
        given: ["run/ckpt-3".into(), "run".into()],
        steps: [Some(8), None],
        old,
        new,
        alignment,
        changes,
        story: vec![],
        narrowed: false,
        trouble: vec![],
        names: Names::Full,
        stat: false,
        name_status: false,
    }
}

fn text(diff: &Diff, style: &Style) -> String {
    let mut out = Vec::new();
    write(diff, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const WEIGHT: Role = Role::Weight;

fn mixed() -> Diff {
    let name = "model/a_very_long_scope/\u{1b}[2J/attention/query/kernel";
    let mut old = vec![("gone", WEIGHT, [2u64].as_slice(), 1), ("head", WEIGHT, &[768, 2], 1), (name, WEIGHT, &[3], 1)];
    let mut new =
        vec![("fresh", WEIGHT, [4u64].as_slice(), 1), ("head", WEIGHT, &[768, 5], 1), (name, WEIGHT, &[3], 2)];
    let slots = ["s/0", "s/1", "s/2"];
    let others = ["n/0", "n/1", "n/2", "n/3", "n/4", "n/5", "n/6"];
    for (names, role) in [(slots.as_slice(), Role::Slot), (&others, Role::Bookkeeping)] {
        old.extend(names.iter().map(|name| (*name, role, [].as_slice(), 1)));
        new.extend(names.iter().map(|name| (*name, role, [].as_slice(), 2)));
    }
    diff(&old, &new)
}

#[test]
fn verdicts_say_what_is_the_same() {
    let specs = [("a", WEIGHT, [2u64].as_slice(), 1), ("b", WEIGHT, &[2], 1)];
    let last = |diff: &Diff| text(diff, &Style { quiet: 1, ..style(None) });
    let mut same = diff(&specs, &specs);
    assert_eq!(
        last(&same),
        "same by the two indexes: 2 variables, every name, dtype, shape and recorded checksum equal; the data were not read\n"
    );
    same.narrowed = true;
    assert!(last(&same).starts_with("same by the two indexes: 2 selected variables,"));
    assert_eq!(last(&diff(&[], &[])), "no variables to compare: neither side has any\n");
    let other = [("a", WEIGHT, [2u64].as_slice(), 1), ("b", WEIGHT, &[2], 7)];
    assert_eq!(last(&diff(&specs, &other)), "same structure; 1 of 2 variables differ in value\n");
    assert_eq!(last(&mixed()), "1 removed, 1 added, 1 reshaped, 11 changed in value; 0 the same\n");
}

#[test]
fn damaged_sides_are_never_the_same() {
    let specs = [("a", WEIGHT, [2u64].as_slice(), 1)];
    let mut diff = diff(&specs, &specs);
    diff.trouble.push("run/ckpt-4.index: is \u{1b}empty".into());
    diff.new.faults.push(Fault { kind: FaultKind::Empty, at: Span::whole(&"run/ckpt-4.index".into()) });
    let text = text(&diff, &style(None));
    assert!(text.contains("! run/ckpt-4.index: is \\x1bempty\n"), "{text}");
    assert!(text.ends_with("cannot say the same: the files of the new side are damaged (ckpt doctor run)\n"), "{text}");
}

#[test]
fn the_model_is_listed_and_the_rest_summed_up() {
    let text_of = |verbose| text(&mixed(), &Style { verbose, ..style(None) });
    let text = text_of(false);
    assert!(text.starts_with("run/ckpt-3 (step 8) -> run/ckpt-4\n\n  removed\n  - gone "), "{text}");
    assert!(text.contains("\n  + fresh             float32 [4]\n"), "{text}");
    assert!(text.contains("\n  ~ head              [768, 2] -> [768, 5]\n"), "{text}");
    assert!(text.contains("\n  ~ 3 slots   -v lists them\n  ~ n/0, n/1, n/2, n/3, n/4 and 2 more   -v\n"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    let all = text_of(true);
    assert!(all.contains("~ s/2 ") && all.contains("~ n/6 ") && !all.contains("more"), "{all}");
}

#[test]
fn how_much_stands_in_columns() {
    let mut diff = mixed();
    let delta = Delta { total: 3, changed: 2, max_abs: 0.5, rel_l2: 0.25, lost_finite: 1 };
    diff.changes
        .list
        .iter_mut()
        .filter(|change| change.kind == ChangeKind::Revalued)
        .for_each(|c| c.delta = Some(delta));
    let text = text(&diff, &style(None));
    let heading = text.lines().find(|line| line.starts_with("  changed")).unwrap();
    let row = text.lines().find(|line| line.contains("2 of 3")).unwrap();
    assert!(heading.ends_with("  rel. L2  max |d|  values changed"), "{text}");
    assert!(row.ends_with("      nan      nan          2 of 3"), "{row}");
    assert_eq!(width(heading), width(row), "{text}");
    assert!(text.contains("\n    ! 1 value became NaN or Inf\n"), "{text}");
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    let mut diff = mixed();
    diff.trouble.push("x".repeat(100));
    let delta = Delta { total: 3, changed: 2, max_abs: 0.5, rel_l2: 0.25, lost_finite: 1 };
    for measured in [None, Some(delta)] {
        diff.changes.list.iter_mut().for_each(|change| change.delta = measured);
        for columns in [40, 60, 80] {
            for stat in [false, true] {
                diff.stat = stat;
                for unicode in [false, true] {
                    let text = text(&diff, &Style { unicode, verbose: true, ..style(Some(columns)) });
                    assert!(text.lines().all(|line| width(line) <= columns), "{columns}\n{text}");
                    assert!(unicode || text.is_ascii());
                }
            }
        }
    }
}

#[test]
fn for_scripts_a_letter_and_a_name() {
    let mut diff = mixed();
    diff.name_status = true;
    let text = text(&diff, &style(Some(40)));
    assert!(
        text.starts_with("D\tgone\nA\tfresh\nS\thead\nM\tmodel/a_very_long_scope/\\x1b[2J/attention/query/kernel\n"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 13 + 1);
}

#[test]
fn a_summary_counts() {
    let mut diff = mixed();
    diff.stat = true;
    let text = text(&diff, &style(None));
    assert!(text.contains("\n  changed    1 model, 3 optimizer, 7 bookkeeping\n  same       0\n\n"), "{text}");
    assert!(!text.contains("gone"));
}
