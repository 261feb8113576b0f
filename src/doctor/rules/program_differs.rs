//! O021: the program is another than the one that saved; nothing else speaks of it, so it does no harm here.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::compare::story::Event;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::{caused, story};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Checkpoint, Depth, Owned, Owner};

pub static RULE: Rule = Rule {
    code: "O021",
    name: "program-differs",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "The new program differs from the one that saved the checkpoint, in names, layers, sizes or the optimizer, \
in ways that no other finding speaks of. Object-based checkpoints do not mind other names of layers; loaders by name do \
not mind what is stored in excess.",
        you_see: &["{nothing}"],
        knows: "Both sides' variables were matched by names, shapes and checksums; this is what is different.",
        fix: "Nothing to do.",
        not: "",
        ignore: "Whenever the differences are the ones that you made.",
        see: &["O001"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let said = |cause: &str| findings.list().iter().any(|finding| finding.causes.contains(&cause));
    // That an optimizer is a legacy one says that it is another.
    // And that nothing of the model is tracked, that its layers are gone.
    let named = |cause: &&str| {
        said(cause)
            || *cause == "optimizer-changed" && said("legacy-optimizer")
            || *cause == "removed-layer" && said("no-objects")
    };
    let silent = |event: &&Event| !event.kind.causes().iter().all(&named);
    let rest: Vec<Event> = story(facts).iter().filter(silent).cloned().collect();
    if rest.is_empty() {
        if let Some((cause, message)) = bare(facts).filter(|(cause, _)| !said(cause)) {
            findings.add(Finding::new(&RULE, message).path(facts.subject.clone()).cause(cause));
        }
        return;
    }
    let message = match rest.as_slice() {
        [one] => one.to_string(),
        several => format!("the program differs from the one that saved in {} ways", several.len()),
    };
    let mut finding = caused(Finding::new(&RULE, message).path(facts.subject.clone()), &rest);
    if rest.len() == 1 {
        finding.evidence.clear();
    }
    findings.add(finding);
}

/// Layers without variables that came or went: neither restore nor load minds them.
fn bare(facts: &Facts) -> Option<(&'static str, &'static str)> {
    let (old, new) = (facts.checkpoint.as_ref()?, &facts.comparison.as_ref()?.target);
    if old.writer != new.writer || old.container != new.container {
        return None;
    }
    match bare_layers(old)?.cmp(&bare_layers(new)?) {
        Ordering::Less => {
            Some(("inserted-layer", "a layer without variables is new (a Dropout, say); nothing moves by it"))
        }
        Ordering::Greater => {
            Some(("removed-layer", "a layer without variables is gone (a Dropout, say); nothing moves by it"))
        }
        Ordering::Equal => None,
    }
}

/// How many layers without variables a model has, where its layers are listed.
fn bare_layers(checkpoint: &Checkpoint) -> Option<usize> {
    if let Some(keras) = &checkpoint.keras {
        let layers = keras.owners.iter().filter(|owner| owner.part == Owned::Layer);
        // A layer that holds others has none of its own either.
        let holds: HashSet<&str> =
            keras.owners.iter().filter_map(|owner| owner.path.rsplit_once('/')).map(|(above, _)| above).collect();
        let bare = |owner: &&Owner| owner.weights.is_empty() && !holds.contains(owner.path.as_str());
        return Some(layers.filter(bare).count());
    }
    let graph = checkpoint.graph.as_ref()?;
    let edges = || graph.nodes.iter().flat_map(|node| &node.children);
    let numbered = |stem: &str| edges().filter(|(name, _)| name.strip_prefix(stem).is_some_and(is_number)).count();
    let listed = numbered("layer-");
    Some(listed).filter(|listed| *listed > 0).map(|listed| listed.saturating_sub(numbered("layer_with_weights-")))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named, object};
    use crate::model::KerasFile;

    fn model(layers: &[(&str, usize)]) -> Checkpoint {
        let owner = |&(path, weights): &(&str, usize)| Owner {
            path: path.to_owned(),
            weights: vec![Some(0); weights],
            ..Owner::default()
        };
        let owners = layers.iter().map(owner).collect();
        let keras = Some(Box::new(KerasFile { owners, ..KerasFile::default() }));
        Checkpoint { keras, ..named(&[("dense/kernel", &[2])]) }
    }

    fn said(old: &[(&str, usize)], new: &[(&str, usize)]) -> Option<&'static str> {
        let mut findings = Findings::default();
        check(&against(model(old), model(new)), &mut findings);
        findings.list().first().and_then(|finding| finding.causes.first().copied())
    }

    /// A Checkpoint of nothing: that its layers are gone is the same told twice.
    #[test]
    fn a_program_without_a_model_is_told_once() {
        let facts = against(object(&[("model/a/w", "a/w", &[2])]), object(&[]));
        let said = |mut findings: Findings| {
            check(&facts, &mut findings);
            findings.has(&RULE)
        };
        assert!(said(Findings::default()));
        let mut before = Findings::default();
        before.add(Finding::new(&super::super::partial_restore::RULE, "tracks nothing").cause("no-objects"));
        assert!(!said(before));
    }

    #[test]
    fn layers_without_variables() {
        let (plain, dropped) = ([("layers/dense", 1)], [("layers/dense", 1), ("layers/dropout", 0)]);
        assert_eq!(said(&plain, &dropped), Some("inserted-layer"));
        assert_eq!(said(&dropped, &plain), Some("removed-layer"));
        assert_eq!(said(&dropped, &dropped), None);
        let nested = [("layers/dense", 1), ("layers/body", 0), ("layers/body/dense", 1)];
        assert_eq!(bare_layers(&model(&nested)), Some(0), "a model in the model is not bare");
    }
}
