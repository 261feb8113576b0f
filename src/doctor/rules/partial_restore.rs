//! O001: objects of the new code that would get no value, and values that would go nowhere.

use std::collections::{BTreeSet, HashSet};

use crate::compare::story::{Event, EventKind};
use crate::doctor::binding::{Binding, MODEL, OPTIMIZER, Way, has};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::story;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{is_python_name, many, number, python, some};
use crate::model::{Checkpoint, Depth, ObjectGraph, Role, Writer, dotted};

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
    let all = binding.new.variables.iter().filter(|variable| MODEL.contains(&variable.role)).count();
    let counts = match (missing.len(), unused.len()) {
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
    };
    let moving: Vec<&Event> = story(facts).iter().filter(|event| event.kind.moves_layers()).collect();
    let why = why(&binding, &missing, &unused, moving.first().copied());
    let message = match &why {
        Some((_, why)) => format!("{why}: {counts}"),
        None => counts,
    };
    let mut finding = Finding::new(&RULE, message).path(binding.old.label.clone());
    if let Some((cause, _)) = why {
        finding = finding.cause(cause);
        if matches!(cause, "inserted-layer" | "removed-layer") {
            let more = moving.iter().flat_map(|event| event.kind.causes()).filter(|more| *more != cause);
            finding.causes.extend(more.collect::<BTreeSet<&str>>());
        }
    }
    let undecided = moving.iter().any(|event| matches!(event.kind, EventKind::Undecided { .. }));
    if undecided {
        finding = finding.evidence("so it cannot be told either whether the equal ones get their own values");
    }
    if !missing.is_empty() {
        finding = finding.evidence(format!("no value for: {}", some(&missing)));
    }
    if !unused.is_empty() {
        finding = finding.evidence(format!("not used: {}", some(&unused)));
    }
    let finding = match why.map(|(cause, _)| cause) {
        Some("keras-version") if binding.old.writer == Writer::Keras3 => finding
            .help("restore it with Keras 3 (unset TF_USE_LEGACY_KERAS)"),
        Some("keras-version") => finding
            .help("read it with tf_keras (TF_USE_LEGACY_KERAS=1), then save_weights(\"model.weights.h5\")")
            .python("tf.train.Checkpoint(model=model).restore(prefix).assert_existing_objects_matched()\nmodel.save_weights(\"model.weights.h5\")"),
        Some("wrapper-changed") => finding
            .help("build the Checkpoint with the keywords of the save")
            .python(keywords(&binding)),
        Some("no-objects") => finding
            .help("build the model first, and hand it to the Checkpoint")
            .python("tf.train.Checkpoint(model=model).restore(prefix).assert_existing_objects_matched()"),
        _ if binding.carries() => finding
            .help("restore with a script that knows what became of each name")
            .shell(binding.map_command()),
        _ if undecided => finding.help("copy layer by layer from the model as it was: which is which, you know"),
        _ if missing.is_empty() => finding
            .help("let the program check what it restores")
            .python(format!("checkpoint.restore({}).assert_consumed()", python(&binding.old.label))),
        _ => finding.help("for what is new nothing is stored: initialise or train it"),
    };
    let severity = if missing.is_empty() && has(binding.new, &MODEL) { Severity::Warning } else { Severity::Error };
    let says = if let Some(first) = first_exception(&binding) {
        first
    } else if missing.is_empty() {
        "no exception; assert_consumed() raises AssertionError: \"Unresolved object in checkpoint ...\"".to_owned()
    } else {
        "no exception; assert_existing_objects_matched() raises AssertionError: \"Found ... Python objects that were not bound to checkpointed values\"".to_owned()
    };
    let variables = missing.into_iter().chain(unused).collect::<BTreeSet<String>>().into_iter().collect();
    findings.add(Finding { severity, ..finding.variables(variables).tensorflow(says) });
}

/// What other findings tell of comes before anything that this one does.
fn first_exception(binding: &Binding) -> Option<String> {
    let legacy = super::legacy_optimizer::raises(binding).then_some("ValueError for a legacy optimizer");
    let first = binding.raises().or(legacy)?;
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

/// What the person did, as far as the graphs tell.
fn why(
    binding: &Binding,
    missing: &[String],
    unused: &[String],
    event: Option<&Event>,
) -> Option<(&'static str, String)> {
    let (old, new) = (binding.old, binding.new);
    if !has(new, &MODEL) {
        return Some(("no-objects", "the new code's Checkpoint tracks nothing of the model".to_owned()));
    }
    let nothing = binding.restored(&MODEL) == 0 && !missing.is_empty() && !unused.is_empty();
    let keras = |writer: Writer| matches!(writer, Writer::Keras2 | Writer::Keras3);
    if nothing && old.writer != new.writer && keras(old.writer) && keras(new.writer) {
        let why = format!(
            "written by {}, the new code is {}, which names every reference differently",
            old.writer.words(),
            new.writer.words()
        );
        return Some(("keras-version", why));
    }
    let (was, is) = (roots(old), roots(new));
    if nothing && was != is && !was.is_empty() && !is.is_empty() {
        let why = format!(
            "the checkpoint holds the model as {}, the new code as {}",
            root_words(old, &was),
            root_words(new, &is)
        );
        return Some(("wrapper-changed", why));
    }
    let functional = |checkpoint: &Checkpoint| {
        let paths = checkpoint.variables.iter().flat_map(|variable| variable.paths());
        paths.flat_map(|path| path.split('/')).any(|part| part == "_functional")
    };
    if functional(old) != functional(new) && keras(old.writer) && old.writer == new.writer && !missing.is_empty() {
        let words = |is: bool| if is { "Sequential" } else { "functional" };
        return Some((
            "model-kind-changed",
            format!("a {} model was saved, the new one is {}", words(functional(old)), words(functional(new))),
        ));
    }
    let biases = |names: &[String]| names.iter().all(|name| name.rsplit('/').next() == Some("bias"));
    if (missing.is_empty() || unused.is_empty()) && biases(missing) && biases(unused) {
        return Some(("bias-toggled", "use_bias has changed".to_owned()));
    }
    let told = event.and_then(|event| Some((*event.kind.causes().first()?, event.to_string())));
    let undecided = event.is_some_and(|event| matches!(event.kind, EventKind::Undecided { .. }));
    match moved(binding, missing, unused).or_else(|| layers(binding, missing, unused)) {
        // What stands at other positions now, and which of equal layers are new, the story knows better.
        Some((cause, why)) if undecided || why.starts_with(SHIFTED) => told.or(Some((cause, why))),
        why => why,
    }
}

/// What is said of layers at other positions where nothing better is known.
const SHIFTED: &str = "positions of layers have shifted";

/// What the root refers to that leads to the model.
fn roots(checkpoint: &Checkpoint) -> BTreeSet<&str> {
    let of_model = checkpoint.variables.iter().filter(|variable| MODEL.contains(&variable.role));
    let first = |path: &'_ String| path.split('/').next().map(str::to_owned);
    let used: BTreeSet<String> = of_model.flat_map(|variable| variable.paths().iter().filter_map(first)).collect();
    let children =
        checkpoint.graph.iter().filter_map(|graph: &ObjectGraph| graph.nodes.first()).flat_map(|root| &root.children);
    children.map(|(name, _)| name.as_str()).filter(|name| used.contains(*name) && *name != "optimizer").collect()
}

fn root_words(checkpoint: &Checkpoint, roots: &BTreeSet<&str>) -> String {
    let of_keras = |name: &&&str| {
        name.starts_with("layer-")
            || name.starts_with("layer_with_weights-")
            || matches!(**name, "_functional" | "_operations" | "_layers")
    };
    match checkpoint.writer {
        Writer::Keras2 | Writer::Keras3 if roots.iter().any(|name| of_keras(&name)) => "the root itself".to_owned(),
        _ => some(&roots.iter().copied().collect::<Vec<_>>()),
    }
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

/// Variables of the same name that are reached by another way now, or whose names are ways that differ
/// in one word.
fn moved(binding: &Binding, missing: &[String], unused: &[String]) -> Option<(&'static str, String)> {
    let left: HashSet<&str> = unused.iter().map(String::as_str).collect();
    let same = missing.iter().find(|name| left.contains(name.as_str()));
    let Some(same) = same else { return one_word(missing, unused) };
    let paths = |checkpoint: &'_ Checkpoint| {
        let variable = checkpoint.variables.iter().find(|variable| variable.name == *same);
        let own = |path: &&String| !path.split('/').any(|part| part == "_trainable_variables");
        variable.into_iter().flat_map(|variable| variable.paths().iter().filter(own).cloned()).collect::<Vec<String>>()
    };
    let (was, is) = (paths(binding.old), paths(binding.new));
    let was = was.iter().find(|path| !is.contains(path))?;
    let alike = |path: &&String| different(was, path).is_some_and(|parts| parts.len() == 1);
    let is = is.iter().find(alike).or(is.first())?;
    let words = format!("{same} is reached by {} in the new code, by {} in the checkpoint", dotted(is), dotted(was));
    match different(was, is).as_deref() {
        Some([(a, b)]) if position(a).is_none() && position(b).is_none() => Some(renamed(a, b)),
        Some([(a, b)]) if position(a).is_some() && position(b).is_some() => {
            let cause = if position(a) < position(b) { "inserted-layer" } else { "removed-layer" };
            Some((cause, format!("{SHIFTED}: {words}")))
        }
        _ => Some(("changed-nesting", words)),
    }
}

fn renamed(was: &str, is: &str) -> (&'static str, String) {
    ("renamed-attribute", format!("the attribute {was} is called {is} in the new code"))
}

/// The parts in which two ways of equal length differ.
fn different<'a>(a: &'a str, b: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let same_length = a.split('/').count() == b.split('/').count();
    same_length.then(|| a.split('/').zip(b.split('/')).filter(|(a, b)| a != b).collect())
}

/// The number that a part is or ends in (`3`, `layer-3`).
fn position(part: &str) -> Option<u64> {
    part.rsplit('-').next()?.parse().ok()
}

/// The one word by whose change every missing name becomes an unused one.
fn one_word(missing: &[String], unused: &[String]) -> Option<(&'static str, String)> {
    let first = missing.first()?;
    let left: HashSet<&str> = unused.iter().map(String::as_str).collect();
    let changes = unused.iter().filter_map(|name| match different(name, first)?.as_slice() {
        [(a, b)] if position(a).is_none() && position(b).is_none() => Some((*a, *b)),
        _ => None,
    });
    // Few words can have become one of the first name's; of a thousand equal ones, one is asked.
    let changes: BTreeSet<(&str, &str)> = changes.collect();
    let becomes = |name: &str, was: &str, is: &str| {
        let parts = || name.split('/').enumerate().filter(|(_, part)| *part == is).map(|(at, _)| at);
        parts().any(|at| left.contains(with_part(name, at, was).as_str()))
    };
    let mut tried = changes.into_iter().take(CHANGES);
    let (was, is) = tried.find(|(was, is)| missing.iter().all(|name| becomes(name, was, is)))?;
    Some(renamed(was, is))
}

/// Changes of one word that are tried at the most: names that people give have a few.
const CHANGES: usize = 256;

/// A name with another word at one place.
fn with_part(name: &str, at: usize, word: &str) -> String {
    let parts = name.split('/').enumerate().map(|(position, part)| if position == at { word } else { part });
    parts.collect::<Vec<&str>>().join("/")
}

/// Whole layers that are only on one side.
fn layers(binding: &Binding, missing: &[String], unused: &[String]) -> Option<(&'static str, String)> {
    let layer = |name: &str| name.rsplit_once('/').map(|(layer, _)| layer.to_owned());
    let of = |names: &[String]| names.iter().filter_map(|name| layer(name)).collect::<BTreeSet<String>>();
    let known = |checkpoint: &Checkpoint| {
        checkpoint.variables.iter().filter_map(|variable| layer(&variable.name)).collect::<BTreeSet<String>>()
    };
    let new: Vec<String> = of(missing).difference(&known(binding.old)).cloned().collect();
    let gone: Vec<String> = of(unused).difference(&known(binding.new)).cloned().collect();
    match (new.is_empty(), gone.is_empty()) {
        (false, true) if unused.is_empty() => {
            Some(("inserted-layer", format!("the new code has layers that are not stored ({})", some(&new))))
        }
        (true, false) if missing.is_empty() => {
            Some(("removed-layer", format!("layers that are stored are not in the new code ({})", some(&gone))))
        }
        _ => None,
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

    /// Twenty thousand names on each side, and none becomes the other by one word.
    #[test]
    fn many_names_and_one_word() {
        let names = |word: &str| (0..20_000).map(|i| format!("model/{word}_{i}/kernel")).collect::<Vec<String>>();
        assert_eq!(one_word(&names("a"), &names("b")), None);
        let (was, is) = (["m/a/k", "m/a/b", "m/a/a"], ["m/z/k", "m/z/b", "m/z/a"]);
        let owned = |names: [&str; 3]| names.map(str::to_owned);
        let found = one_word(&owned(is), &owned(was)).unwrap().1;
        assert!(found.contains("the attribute a is called z"), "{found}");
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
