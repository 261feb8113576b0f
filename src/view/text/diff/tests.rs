use super::*;
use crate::bytes::{Fault, FaultKind, Span};
use crate::compare::align::{Alignment, align};
use crate::compare::change::changes;
use crate::model::{Container, DType, Delta, Endianness, Entry, Extent, Payload, Place, Shape, Variable};
use crate::restore::{Loader, Options, Verdict};
use crate::view::{Differences, Names, sample};

fn style(width: Option<usize>) -> Style {
    Style { width, ..sample::STYLE }
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
        declared_shards: Some(1),
        entries: specs.iter().map(entry).collect(),
        variables: specs.iter().enumerate().map(variable).collect(),
        ..Checkpoint::empty(label.as_ref(), label.to_owned(), Container::Bundle)
    }
}

fn diff(old: &[Spec], new: &[Spec]) -> Diff {
    let (old, new) = (checkpoint("run/ckpt-3", old), checkpoint("run/ckpt-4", new));
    let alignment: Alignment = align(&old, &new);
    let changes = changes(&old, &new, &alignment);
    let story = crate::compare::story::tell(&old, &new, &alignment);
    Diff {
        story,
        given: ["run/ckpt-3".into(), "run".into()],
        steps: [Some(8), None],
        old,
        new,
        alignment,
        spreads: vec![],
        changes,
        narrowed: false,
        trouble: vec![],
        names: Names::Full,
        stat: false,
        name_status: false,
        goals: None,
        fails: Differences::Any,
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
    let counts = "14 variables: 1 reshaped in head (2 -> 5 units or classes), 1 new (fresh), 1 gone (gone), 11 in place; \
                  all 11 differ in value\n";
    assert_eq!(last(&mixed()), counts);
    same.changes.within = 1;
    let within = "same within tolerance: 3 selected variables, 1 of them with other values, none further apart\n";
    assert_eq!(last(&same), within);
}

#[test]
fn renames_are_counted_by_their_rule() {
    let names = ["a/kernel", "a/bias", "b/kernel", "b/bias"];
    let within: Vec<String> = names.iter().map(|name| format!("model/{name}")).collect();
    let shapes: [&[u64]; 4] = [&[2, 3], &[3], &[3, 4], &[4]];
    let old: Vec<Spec> = names.iter().zip(shapes).map(|(name, shape)| (*name, WEIGHT, shape, 1)).collect();
    let new: Vec<Spec> = within.iter().zip(shapes).map(|(name, shape)| (name.as_str(), WEIGHT, shape, 1)).collect();
    let said = text(&diff(&old, &new), &style(None));
    assert!(said.contains("\n4 variables: 4 renamed by adding model/; values equal\n"), "{said}");
    assert!(said.contains("\n  ~ 4 variables, of the same values   -v lists each with its proof\n"), "{said}");
    assert!(!said.contains("model/a/kernel"), "{said}");
    let said = text(&diff(&old, &new), &Style { verbose: true, ..style(None) });
    assert!(said.contains("\n  ~ a/kernel -> model/a/kernel  "), "{said}");
    let lines = text(&Diff { name_status: true, ..diff(&old, &new) }, &style(None));
    assert!(lines.starts_with("R100\ta/bias\tmodel/a/bias\nR100\ta/kernel\tmodel/a/kernel\n"), "{lines}");
}

/// A fresh save differs in everything: that is said once.
#[test]
fn many_other_values_are_one_line() {
    let names: Vec<String> = ('a'..='z').map(|letter| format!("{letter}{letter}/kernel")).collect();
    let axes: Vec<Vec<u64>> = (1..=26).map(|axis| vec![axis]).collect();
    let side = |checksum| -> Vec<Spec> {
        names.iter().zip(&axes).map(|(name, axes)| (name.as_str(), WEIGHT, axes.as_slice(), checksum)).collect()
    };
    let said = text(&diff(&side(1), &side(2)), &style(None));
    assert!(said.contains("\n  ~ all 26 variables of the model  --values says how much, -v lists them\n"), "{said}");
    assert!(said.lines().count() < 8, "{said}");
    let narrow = text(&diff(&side(1), &side(2)), &style(Some(50)));
    assert!(narrow.contains("\n  ~ all 26 variables of the model  --values says"), "{narrow}");
    assert!(narrow.contains("-v lists them\n"), "wrapped, not cut: {narrow}");
    let said = text(&diff(&side(1), &side(2)), &Style { verbose: true, ..style(None) });
    assert!(said.contains("~ aa/kernel ") && said.contains("~ zz/kernel "), "{said}");
}

#[test]
fn doubt_is_told_with_the_alternatives() {
    let mut diff = mixed();
    diff.alignment.ambiguous = vec![Ambiguity { old: vec![3, 4, 5], new: vec![3, 4, 5] }];
    let said = text(&diff, &style(None));
    assert!(said.contains("\n  ? 3 of float32 []: s/{0..2} -> s/{0..2}\n"), "{said}");
}

#[test]
fn the_last_line_is_the_verdict() {
    let verdict = |goal, ok, reason: &str| {
        let reasons = vec![reason.to_owned()];
        if ok { Verdict::yes(goal, reasons) } else { Verdict::no(goal, reasons) }
    };
    let verdicts = vec![
        verdict(Goal::Exact, false, "3 added"),
        verdict(Goal::Resume, false, "2 reshaped"),
        verdict(Goal::Finetune, true, "new: he\u{1b}ad"),
        Verdict::no(Goal::Infer, vec!["1 new".to_owned(), "2 misplaced".to_owned()]),
    ];
    let goals = Goals { loader: Some(Loader::Saver), options: Options::default(), verdicts };
    let expected = "Restore by saver: exact no, resume NO (2 reshaped), finetune yes (new: he\\x1bad), \
                    infer NO (1 new, 2 misplaced)";
    let with = Diff { goals: Some(goals), ..mixed() };
    assert_eq!(text(&with, &style(None)).lines().last(), Some(expected));
    assert_eq!(text(&with, &Style { quiet: 1, ..style(None) }).lines().count(), 2);
}

#[test]
fn damaged_sides_are_never_the_same() {
    let specs = [("a", WEIGHT, [2u64].as_slice(), 1)];
    let mut diff = diff(&specs, &specs);
    diff.trouble.push("run/ckpt-4.index: is \u{1b}empty".into());
    diff.new.faults.push(Fault { kind: FaultKind::Empty, at: Span::whole(&"run/ckpt-4.index".into()) });
    let text = text(&diff, &style(None));
    assert!(text.contains("! run/ckpt-4.index: is \\x1bempty\n"), "{text}");
    let said = "\ncannot say the same: the files of the new side are damaged (ckpt doctor run)\n";
    assert!(text.contains(said), "{text}");
}

#[test]
fn the_model_is_listed_and_the_rest_summed_up() {
    let text_of = |verbose| text(&mixed(), &Style { verbose, ..style(None) });
    let text = text_of(false);
    assert!(text.starts_with("run/ckpt-3 (step 8) -> run/ckpt-4\n14 variables: 1 reshaped in head "), "{text}");
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
    let delta = Delta { total: 3, changed: 2, max_abs: 0.5, rel_l2: 0.25, new_nan: 1, ..Delta::default() };
    diff.changes
        .list
        .iter_mut()
        .filter(|change| change.kind == ChangeKind::Revalued)
        .for_each(|c| c.delta = Some(delta));
    let text = text(&diff, &style(None));
    let heading = text.lines().find(|line| line.starts_with("  changed")).unwrap();
    let row = text.lines().find(|line| line.contains("2 of 3")).unwrap();
    assert!(heading.ends_with("  rel. L2  max |d|  mean |d|  max rel.  cosine  values changed"), "{text}");
    assert!(row.ends_with("      nan      nan       nan       nan     nan          2 of 3"), "{row}");
    assert_eq!(width(heading), width(row), "{text}");
    assert!(text.contains("\n    ! 1 value became NaN\n"), "{text}");
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    let mut diff = mixed();
    diff.trouble.push("x".repeat(100));
    let delta = Delta { total: 3, changed: 2, max_abs: 0.5, rel_l2: 0.25, new_inf: 1, ..Delta::default() };
    for measured in [None, Some(delta)] {
        diff.changes.list.iter_mut().for_each(|change| change.delta = measured);
        for columns in [40, 60, 80, 160] {
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
    assert!(!text.contains("head  "));
}
