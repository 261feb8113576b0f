//! O001: objects of the new code that would get no value, and values that would go nowhere.

use std::collections::BTreeSet;

use crate::compare::story::{Event, EventKind};
use crate::doctor::binding::{Binding, MODEL, OPTIMIZER, Way, has};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::story;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::why::{self, keywords_changed, root_words, roots};
use crate::doctor::words::{is_python_name, many, number, python, some};
use crate::model::{Depth, Role, Writer};

pub static RULE: Rule = Rule {
    code: "O001",
    name: "partial-restore",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "tf.train.Checkpoint.restore walks the stored object graph and the program's objects side by side, by \
the names of their references. What it meets on both sides is restored. Whatever is only on one side is passed over \
without an exception: a variable that the checkpoint lacks keeps its initial value, a stored value that nothing asks for \
is dropped. A program whose root object has another keyword than the one at the save restores nothing at all, and \
runs.

Checkpoint.read() restores the same values, and differs from restore() in three things: it does not take the directory of a SavedModel for its variables; a NotFoundError comes without the line that names the path; and it makes no save_counter. After Checkpoint.write(), which stores none, assert_consumed() and assert_existing_objects_matched() therefore raise behind restore(), and pass behind read(). What is predicted here is restore().

Variables of the model that get no value are an error; stored weights that go nowhere are a warning; if it is only the \
optimizer's state, an info.",
        you_see: &[
            "nothing, with expect_partial()",
            "Value in checkpoint could not be found in the restored object: (root).{path}",
            "Detecting that an object or model or tf.train.Checkpoint is being deleted with unrestored values. See the following logs for the specific values in question.",
            "AssertionError: Found {n} Python objects that were not bound to checkpointed values, likely due to changes in the Python program.",
            "AssertionError: Unresolved object in checkpoint (root).{path}",
        ],
        knows: "The walk is repeated over the two object graphs: the checkpoint's, and that of one which the new code \
saved (--against). Names of layers and variables play no part in it, only the names of references.",
        fix: "Use the keywords of the save: what Checkpoint(model=m, optimizer=o) wrote, Checkpoint(model=m) can read, \
but Checkpoint(m) and Checkpoint(net=m) cannot. Then let the program say so if something is left over:

    status = tf.train.Checkpoint(model=model).restore(prefix)
    status.assert_existing_objects_matched()

To see what is stored under which path:

    ckpt ls {prefix}",
        not: "expect_partial(), the remedy most often given, only silences the messages. assert_nontrivial_match() \
passes if save_counter alone was found.",
        ignore: "New layers that are meant to begin with initial values; stored optimizer state that inference does not \
need.",
        see: &["N001", "O005", "O006", "O008", "O009", "O016"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Objects) else { return };
    if !binding.misplaced().is_empty() {
        // What is left over is so because other values took the places: O005 and O016 speak.
        return;
    }
    let (missing, unused) = (binding.missing(&MODEL), binding.unused(&MODEL));
    if missing.is_empty() && unused.is_empty() {
        aside(&binding, findings);
        return;
    }
    let moving: Vec<&Event> = story(facts).iter().filter(|event| event.kind.moves_layers()).collect();
    let why = why::why(&binding, &missing, &unused, moving.first().copied());
    let cause = why.as_ref().map(|(cause, _)| *cause);
    let finding = told(&binding, why, &moving, &missing, &unused);
    // No keywords make a SavedModel a checkpoint of the program, as another finding tells.
    let elsewhere = cause == Some("wrapper-changed") && findings.has(&super::other_loader::RULE);
    let finding = match elsewhere {
        true => finding,
        false => remedy(finding, &binding, cause, is_undecided(&moving), missing.is_empty()),
    };
    let severity = if missing.is_empty() && has(binding.new, &MODEL) { Severity::Warning } else { Severity::Error };
    let says = first_exception(&binding).unwrap_or_else(|| {
        let raises = match missing.is_empty() {
            true => "assert_consumed() raises AssertionError: \"Unresolved object in checkpoint ...\"",
            false => {
                "assert_existing_objects_matched() raises AssertionError: \"Found ... Python objects that were not \
                 bound to checkpointed values\""
            }
        };
        format!("no exception; {raises}")
    });
    let variables = missing.into_iter().chain(unused).collect::<BTreeSet<String>>().into_iter().collect();
    findings.add(Finding { severity, ..finding.variables(variables).tensorflow(says) });
}

/// What happened, with its causes and what shows it.
fn told(
    binding: &Binding,
    why: Option<(&'static str, String)>,
    moving: &[&Event],
    missing: &[String],
    unused: &[String],
) -> Finding {
    let counts = counts(binding, missing.len(), unused.len());
    let mut finding = match why {
        Some((cause, why)) => Finding::new(&RULE, format!("{why}: {counts}")).cause(cause),
        None => Finding::new(&RULE, counts),
    };
    finding = finding.path(binding.old.label.clone());
    if finding.causes.iter().any(|cause| matches!(*cause, "inserted-layer" | "removed-layer")) {
        let more: BTreeSet<&str> = moving.iter().flat_map(|event| event.kind.causes()).collect();
        finding = more.into_iter().fold(finding, Finding::cause);
    }
    let other = other_keras(binding, missing, unused);
    if let Some(line) = other.filter(|_| !finding.causes.contains(&"keras-version")) {
        finding = finding.cause("keras-version").evidence(line);
    }
    if is_undecided(moving) {
        finding = finding.evidence("so it cannot be told either whether the equal ones get their own values");
    }
    if !missing.is_empty() {
        finding = finding.evidence(format!("no value for: {}", some(missing)));
    }
    if !unused.is_empty() {
        finding = finding.evidence(format!("not used: {}", some(unused)));
    }
    finding
}

/// True where equal layers cannot be told apart.
fn is_undecided(moving: &[&Event]) -> bool {
    moving.iter().any(|event| matches!(event.kind, EventKind::Undecided { .. }))
}

/// How much gets no value, and how much goes nowhere.
fn counts(binding: &Binding, missing: usize, unused: usize) -> String {
    let all = binding.new.variables.iter().filter(|variable| MODEL.contains(&variable.role)).count();
    match (missing, unused) {
        (0, n) => format!("{} of the model would not be used", many(n, "stored value")),
        (n, 0) => {
            format!("{} of {} of the model would keep their initial values", number(n as u64), many(all, "variable"))
        }
        (n, m) => format!(
            "{} of {} of the model would keep their initial values, {} would not be used",
            number(n as u64),
            many(all, "variable"),
            many(m, "stored value")
        ),
    }
}

/// That one Keras wrote it and another asks for it, by the writers or by how kernels are kept.
fn other_keras(binding: &Binding, missing: &[String], unused: &[String]) -> Option<String> {
    let by_keras = |writer: Writer| matches!(writer, Writer::Keras2 | Writer::Keras3);
    let (wrote, asks) = (binding.old.writer, binding.new.writer);
    if wrote != asks && by_keras(wrote) && by_keras(asks) {
        return Some(format!("written by {}, the new code is {}", wrote.words(), asks.words()));
    }
    why::other_keras(missing, unused)
}

/// What to do. `undecided` is true where equal layers cannot be told apart, `is_filled` where every variable of the
/// model gets a value.
fn remedy(finding: Finding, binding: &Binding, cause: Option<&str>, undecided: bool, is_filled: bool) -> Finding {
    match cause {
        Some("keras-version") if binding.old.writer == Writer::Keras3 => finding
            .help("restore it with Keras 3 (unset TF_USE_LEGACY_KERAS)"),
        Some("keras-version") => finding
            .help("read it with tf_keras (TF_USE_LEGACY_KERAS=1), then save_weights(\"model.weights.h5\")")
            .python("tf.train.Checkpoint(model=model).restore(prefix).assert_existing_objects_matched()\nmodel.save_weights(\"model.weights.h5\")"),
        Some("wrapper-changed") => finding
            .help("build the Checkpoint with the keywords of the save")
            .python(keywords(binding)),
        Some("no-objects") => finding
            .help("build the model first, and hand it to the Checkpoint")
            .python("tf.train.Checkpoint(model=model).restore(prefix).assert_existing_objects_matched()"),
        _ if binding.carries() => finding
            .help("restore with a script that knows what became of each name")
            .shell(binding.map_command()),
        _ if undecided => finding.help("copy layer by layer from the model as it was: which is which, you know"),
        _ if is_filled => finding
            .help("let the program check what it restores")
            .python(format!("checkpoint.restore({}).assert_consumed()", python(&binding.old.label))),
        _ => finding.help("for what is new nothing is stored: initialise or train it"),
    }
}

/// What other findings tell of comes before anything that this one does.
fn first_exception(binding: &Binding) -> Option<String> {
    let legacy = super::legacy_optimizer::raises(binding).then_some("ValueError for a legacy optimizer");
    let first = binding.raises().or(legacy.map(str::to_owned))?;
    Some(format!("the {first}, of which another finding tells, comes first; these raise nothing of their own"))
}

/// Only the optimizer, or counters, differ.
fn aside(binding: &Binding, findings: &mut Findings) {
    if super::legacy_optimizer::applies(binding) || super::optimizer_class_changed::Meeting::of(binding).is_some() {
        return;
    }
    let counter = |name: &String| *name != "save_counter";
    let missing: Vec<String> =
        binding.missing(&OPTIMIZER).into_iter().chain(binding.missing(&[Role::Counter])).filter(counter).collect();
    let unused: Vec<String> =
        binding.unused(&OPTIMIZER).into_iter().chain(binding.unused(&[Role::Counter])).filter(counter).collect();
    let (stored, wanted) = (has(binding.old, &OPTIMIZER), has(binding.new, &OPTIMIZER));
    let (cause, message) = match (missing.len(), unused.len()) {
        (0, 0) => return,
        (n, _) if n > 0 && wanted && !stored => (
            Some("optimizer-added"),
            format!("no optimizer's state is stored: {} would keep their initial values", many(n, "variable")),
        ),
        (0, n) if stored && !wanted => (
            Some("optimizer-removed"),
            format!("the new code has no optimizer: {} of it would not be used", many(n, "stored value")),
        ),
        (n, m) => (
            None,
            format!(
                "outside the model, {} would keep their initial values, {} would not be used",
                many(n, "variable"),
                many(m, "stored value")
            ),
        ),
    };
    let mut finding = Finding::new(&RULE, message).path(binding.old.label.clone());
    if let Some(cause) = cause {
        finding = finding.cause(cause);
    }
    if let Some(line) = keywords_changed(binding) {
        finding = finding.cause("wrapper-changed").evidence(line);
    }
    let says = if let Some(first) = first_exception(binding) {
        first
    } else if missing.is_empty() {
        "no exception; warns at the end about values that were not used, unless expect_partial() was called".to_owned()
    } else {
        "no exception, and no warning for variables that get no value".to_owned()
    };
    let variables = missing.into_iter().chain(unused).collect();
    if binding.raises().is_none() {
        finding = finding.evidence("every variable of the model gets its value");
    }
    let finding = finding.variables(variables).tensorflow(says);
    findings.add(Finding { severity: Severity::Info, ..finding });
}

/// The keywords of the save, as a call.
fn keywords(binding: &Binding) -> String {
    let was = roots(binding.old);
    match root_words(binding.old, &was).as_str() {
        "the root itself" => "tf.train.Checkpoint(model).restore(prefix)".to_owned(),
        _ => {
            let argument = |name: &&str| match is_python_name(name) {
                true => format!("{name}={name}"),
                false => format!("**{{{}: ...}}", python(name)),
            };
            // What is unpacked must come last.
            let (plain, unpacked): (Vec<&str>, Vec<&str>) = was.iter().partition(|name| is_python_name(name));
            let arguments: Vec<String> = plain.iter().chain(&unpacked).map(argument).collect();
            format!("tf.train.Checkpoint({}).restore(prefix)", arguments.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, object};

    type Variables<'a> = &'a [(&'a str, &'a str, &'a [u64])];

    fn run(old: Variables, new: Variables) -> Vec<Finding> {
        let mut findings = Findings::default();
        check(&against(object(old), object(new)), &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn another_keyword() {
        let found = run(&[("model/d/kernel", "d/kernel", &[2])], &[("net/d/kernel", "d/kernel", &[2])]);
        assert_eq!(found[0].causes, ["wrapper-changed"]);
        assert!(found[0].message.starts_with("the checkpoint holds the model as model, the new code as net"));
        assert_eq!(found[0].fixes[0].text, "tf.train.Checkpoint(model=model).restore(prefix)");
        assert_eq!(found[0].severity, Severity::Error);
    }

    #[test]
    fn names_in_a_fix_are_quoted() {
        let old: Variables = &[("x=1)\nimport os/d/kernel", "d/kernel", &[2]), ("net/e/kernel", "e/kernel", &[2])];
        let found = run(old, &[("z/d/kernel", "d/kernel", &[2]), ("z/e/kernel", "e/kernel", &[2])]);
        let fix = r#"tf.train.Checkpoint(net=net, **{"x=1)\nimport os": ...}).restore(prefix)"#;
        assert_eq!(found[0].fixes[0].text, fix);
    }

    #[test]
    fn a_renamed_attribute() {
        let old: Variables = &[("model/a/kernel", "a/kernel", &[2]), ("model/b/kernel", "b/kernel", &[2])];
        let found = run(old, &[("model/a/kernel", "a/kernel", &[2]), ("model/head/kernel", "b/kernel", &[2])]);
        assert_eq!(found[0].causes, ["renamed-attribute"]);
        assert!(found[0].message.contains("the attribute b is called head in the new code"));
    }

    #[test]
    fn a_renamed_attribute_without_names() {
        let old: Variables = &[("model/a/w", "Variable", &[2]), ("model/b/w", "Variable", &[2])];
        let found = run(old, &[("model/a/w", "Variable", &[2]), ("model/head/w", "Variable", &[2])]);
        assert_eq!(found[0].causes, ["renamed-attribute"]);
    }

    #[test]
    fn nothing_is_tracked() {
        let found = run(&[("model/a/w", "w", &[2])], &[]);
        assert_eq!((found[0].causes.as_slice(), found[0].severity), (["no-objects"].as_slice(), Severity::Error));
    }

    #[test]
    fn a_layer_more_or_less() {
        let one: Variables = &[("model/a/kernel", "a/kernel", &[2])];
        let two: Variables = &[("model/a/kernel", "a/kernel", &[2]), ("model/b/kernel", "b/kernel", &[2])];
        assert_eq!(run(one, two)[0].causes, ["inserted-layer"]);
        assert_eq!(run(two, one)[0].causes, ["removed-layer"]);
        assert_eq!(run(two, one)[0].severity, Severity::Warning);
    }

    #[test]
    fn an_exception_elsewhere_comes_first() {
        let old: Variables = &[("model/a/kernel", "a/kernel", &[2])];
        let new = |size: &'static [u64]| [("model/a/kernel", "a/kernel", size), ("model/b/kernel", "b/kernel", &[2])];
        let says = |found: Vec<Finding>| found[0].tensorflow.clone().unwrap();
        assert!(says(run(old, &new(&[3]))).starts_with("the ValueError for another shape"));
        assert!(says(run(old, &new(&[2]))).starts_with("no exception"));
    }

    #[test]
    fn the_help_depends_on_the_keras_that_wrote() {
        let help = |old: Writer, new: Writer| {
            let (mut a, mut b) = (object(&[("m/a/w", "w", &[2])]), object(&[("m/b/w", "w", &[2])]));
            (a.writer, b.writer) = (old, new);
            let mut findings = Findings::default();
            check(&against(a, b), &mut findings);
            findings.list()[0].help.clone().unwrap()
        };
        assert!(help(Writer::Keras3, Writer::Keras2).starts_with("restore it with Keras 3"));
        assert!(help(Writer::Keras2, Writer::Keras3).starts_with("read it with tf_keras"));
        assert!(help(Writer::Keras2, Writer::Keras2).starts_with("restore with a script"));
    }

    /// Where values are stored that would be left lying, the help is a script that takes them along.
    #[test]
    fn the_help_carries_what_is_stored() {
        let old: Variables = &[("model/a/kernel", "a/kernel", &[2]), ("model/b/kernel", "b/kernel", &[3])];
        let found = run(old, &[("model/a/kernel", "a/kernel", &[2]), ("model/head/kernel", "b/kernel", &[3])]);
        assert_eq!(found[0].fixes[0].kind, "shell");
        assert!(found[0].fixes[0].text.ends_with(" --map restore.py"), "{}", found[0].fixes[0].text);
        let found = run(&old[..1], old);
        assert_eq!(found[0].fixes, [], "nothing is stored for what is new");
        assert!(found[0].help.as_ref().unwrap().starts_with("for what is new nothing is stored"));
    }

    #[test]
    fn save_counter_is_no_news() {
        let one: Variables = &[("model/a/kernel", "a/kernel", &[2])];
        let mut with_counter = object(&[("model/a/kernel", "a/kernel", &[2]), ("save_counter", "save_counter", &[])]);
        with_counter.variables.iter_mut().filter(|v| v.name == "save_counter").for_each(|v| v.role = Role::Counter);
        let mut findings = Findings::default();
        check(&against(with_counter, object(one)), &mut findings);
        assert!(findings.list().is_empty());
    }
}
