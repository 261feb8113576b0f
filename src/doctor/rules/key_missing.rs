//! N001: the new graph asks for names that the checkpoint does not have.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::bytes::limits;
use crate::doctor::binding::{Binding, OPTIMIZER, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, number, python, some};
use crate::model::{Checkpoint, Depth, Role, Shape, VariableId, leaf};

pub static RULE: Rule = Rule {
    code: "N001",
    name: "key-missing",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "A name-based restore asks the checkpoint for every variable of the graph by its exact name. One name \
that is not there fails all of it, and the message names only that one. This rule lists them all, and says what kind \
of renaming would explain them: another outer scope, another scope for some layers, new layers. Nothing has been \
assigned when this error is raised.",
        you_see: &[
            "NotFoundError: Key {key} not found in checkpoint",
            "Restoring from checkpoint failed. This is most likely due to a Variable name or other graph key that is missing from the checkpoint. Please ensure that you have not altered the graph expected based on the checkpoint. Original error: ... Key {key} not found in checkpoint",
        ],
        knows: "The keys of the checkpoint, against the keys of one that the new graph saved (--against).",
        fix: "Restore under the old names, with a map from stored names to variables:

    stored = {\"fc1/kernel\": graph_variables[\"dense1/kernel\"]}
    tf.compat.v1.train.Saver(stored).restore(session, prefix)

A whole scope at once:

    tf.compat.v1.train.init_from_checkpoint(prefix, {\"old/\": \"new/\"})

Leave out what is new, and initialise it: Saver(var_list=[v for v in tf.compat.v1.global_variables() if ...]). A graph \
that is built twice in one process (notebooks) gets names with _1: reset_default_graph() before building it.",
        not: "The second error about the key _CHECKPOINTABLE_OBJECT_GRAPH is only a probe of the saver for another \
format, and not the fault.",
        ignore: "If the saver is given a map or a list that leaves these variables out.",
        see: &["N005", "N010", "O009"],
    },
};

/// A stored variable that a missing one is most likely the same as: (stored, wanted).
type Renamed = Vec<(String, String)>;

/// Names that are asked for in vain, and those that nobody asks for.
struct Missing {
    all: Vec<String>,
    /// Those that are not the optimizer's.
    own: Vec<String>,
    /// Stored ones that would not be used.
    unused: Vec<String>,
}

impl Missing {
    fn of(binding: &Binding) -> Self {
        let all = binding.missing(&Role::ALL);
        let of_optimizer: HashSet<String> = binding.missing(&OPTIMIZER).into_iter().collect();
        let own = all.iter().filter(|name| !of_optimizer.contains(*name)).cloned().collect();
        Self { all, own, unused: binding.unused(&Role::ALL) }
    }

    /// How many, in the words of a message.
    fn count(&self, binding: &Binding) -> String {
        let asked = many(binding.new.variables.len(), "variable");
        format!("{} of {asked} are not in the checkpoint", number(self.all.len() as u64))
    }
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Names) else { return };
    let missing = Missing::of(&binding);
    if missing.own.is_empty() {
        // Only the optimizer's, or nothing: N005 speaks.
        return;
    }
    let outer = outer_scope(&missing);
    let renamed = if outer.is_some() { Vec::new() } else { renamed(&binding) };
    let finding = match &outer {
        Some(scopes) => of_scope(&binding, &missing, scopes),
        None if renamed.len() == missing.own.len() => of_renames(&binding, &missing, &renamed),
        None => of_new(&binding, &missing),
    };
    let Missing { all, unused, .. } = missing;
    let first = all.iter().min().cloned().unwrap_or_default();
    let finding = if unused.is_empty() {
        finding
    } else {
        finding.evidence(format!("{} would not be used: {}", many(unused.len(), "stored variable"), some(&unused)))
    };
    findings.add(
        finding
            .path(binding.old.label.clone())
            .evidence(format!("not stored: {}", some(&all)))
            .variables(all)
            .tensorflow(format!("NotFoundError: \"Key {first} not found in checkpoint\"; nothing is restored")),
    );
}

/// Everything is in another scope.
fn of_scope(binding: &Binding, missing: &Missing, (old, new): &(String, String)) -> Finding {
    let what = match (old.as_str(), new.as_str()) {
        ("", new) => format!("the new graph puts everything into the scope {new}"),
        (old, "") => format!("the checkpoint has everything in the scope {old}"),
        (old, new) => format!("the scope {old} of the checkpoint is {new} in the new graph"),
    };
    let root = |scope: &str| if scope.is_empty() { "/".to_owned() } else { scope.to_owned() };
    let finding = Finding::new(&RULE, format!("{what}: {}", missing.count(binding))).cause("renamed-scope");
    let stored: BTreeSet<&str> = missing.unused.iter().map(String::as_str).collect();
    let lost: Vec<&String> = missing.all.iter().filter(|name| !fits(name, old, new, &stored)).collect();
    if lost.is_empty() {
        return finding.help("map the scopes").python(format!(
            "tf.compat.v1.train.init_from_checkpoint({}, {{{}: {}}})",
            python(&binding.old.label),
            python(&root(old)),
            python(&root(new))
        ));
    }
    // One name of the scope that is not stored, and the map of scopes raises.
    let own = missing.own.iter();
    let own = own.filter_map(|name| Some((format!("{old}{}", name.strip_prefix(new.as_str())?), name.clone())));
    let map: Renamed = own.chain(moves(binding, missing)).collect();
    let left = missing.all.len().saturating_sub(map.len());
    let finding = finding.evidence(format!(
        "{} of the scope {} not go with it (the first: {})",
        many(lost.len(), "variable"),
        if lost.len() == 1 { "does" } else { "do" },
        some(&lost.iter().take(1).collect::<Vec<_>>())
    ));
    let finding = match left {
        0 => finding,
        n => finding.evidence(format!("nothing that is stored was found for {}", many(n, "variable"))),
    };
    finding.help("restore under the stored names").python(saver(&map))
}

/// Every missing variable is a stored one under another name.
fn of_renames(binding: &Binding, missing: &Missing, renamed: &Renamed) -> Finding {
    let scopes = renamed.iter().all(|(old, new)| leaf(old) == leaf(new) && old.contains('/'));
    let slots = moves(binding, missing);
    let map: Renamed = renamed.iter().chain(&slots).cloned().collect();
    let what = if scopes { "scopes were" } else { "variables were" };
    let finding = Finding::new(&RULE, format!("{what} renamed: {}", missing.count(binding)))
        .cause(if scopes { "renamed-scope" } else { "renamed-layer" })
        .help("restore under the stored names; look over the map, which follows shapes and the ends of names")
        .python(saver(&map));
    renamed.iter().take(5).fold(finding, |finding, (old, new)| finding.evidence(format!("{old} -> {new}")))
}

/// Some variables are stored under no name.
fn of_new(binding: &Binding, missing: &Missing) -> Finding {
    let (layers, count) = (new_layers(&missing.own, binding), missing.count(binding));
    let new = |message: String| Finding::new(&RULE, format!("{message}: {count}"));
    let finding = if missing.own.iter().all(|name| leaf(name) == "global_step") {
        new("the step counter is not stored".to_owned())
    } else if layers.is_empty() {
        Finding::new(&RULE, count)
    } else if built_twice(&layers, binding) {
        new(format!("the graph was built twice: {} repeat what is stored under other numbers", some(&layers)))
            .cause("name-drift")
            .cause("inserted-layer")
    } else {
        new(format!("the new graph has layers that are not stored ({})", some(&layers))).cause("inserted-layer")
    };
    finding.help("give the saver only the variables that are stored, and initialise the others")
}

/// True if every layer that is not stored has a name that TensorFlow counted on, and variables of the shapes of one
/// that is stored under the same name with another number.
fn built_twice(layers: &[String], binding: &Binding) -> bool {
    let shapes = |checkpoint: &Checkpoint| {
        let mut by_scope: HashMap<String, Vec<(String, Shape)>> = HashMap::new();
        for (variable, entry) in checkpoint.pairs() {
            if let Some((scope, leaf)) = variable.name.rsplit_once('/') {
                by_scope.entry(scope.to_owned()).or_default().push((leaf.to_owned(), entry.shape.clone()));
            }
        }
        by_scope
    };
    let stem = |scope: &str| scope.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_').to_owned();
    let (stored, wanted) = (shapes(binding.old), shapes(binding.new));
    let of_stem = stored.iter().map(|(scope, variables)| (stem(scope), variables));
    let known: HashSet<(String, &Vec<(String, Shape)>)> = of_stem.collect();
    layers.iter().all(|layer| {
        let counted = layer.ends_with(|c: char| c.is_ascii_digit());
        counted && wanted.get(layer).is_some_and(|variables| known.contains(&(stem(layer), variables)))
    })
}

/// Names of the optimizer's variables that the checkpoint holds under the names that explain the model's.
pub(super) fn moved(binding: &Binding) -> BTreeSet<String> {
    moves(binding, &Missing::of(binding)).into_iter().map(|(_, new)| new).collect()
}

/// The optimizer's variables that went with the model's: (stored, wanted).
fn moves(binding: &Binding, missing: &Missing) -> Renamed {
    let stored: BTreeSet<&str> = missing.unused.iter().map(String::as_str).collect();
    let outer = outer_scope(missing);
    let pairs = if outer.is_some() { Vec::new() } else { renamed(binding) };
    // By the new name, each with how early it comes.
    let by_new: HashMap<&str, (usize, &str)> =
        pairs.iter().enumerate().map(|(at, (old, new))| (new.as_str(), (at, old.as_str()))).collect();
    let old_name = |name: &String| {
        let by_scope = outer.iter().filter_map(|(old, new)| Some(format!("{old}{}", name.strip_prefix(new.as_str())?)));
        // A slot that was made within the scope has it twice.
        let twice = outer.iter().filter_map(|(old, new)| {
            Some(format!("{old}{old}{}", name.strip_prefix(new.as_str())?.strip_prefix(new.as_str())?))
        });
        let mut by_pair: Vec<(usize, String)> = name
            .match_indices('/')
            .take(limits::NAME_PARTS)
            .filter_map(|(slash, _)| name.split_at_checked(slash))
            .filter_map(|(new, rest)| by_new.get(new).map(|(at, old)| (*at, format!("{old}{rest}"))))
            .collect();
        by_pair.sort_unstable();
        let by_pair = by_pair.into_iter().map(|(_, old)| old);
        by_scope.chain(twice).chain(by_pair).find(|old| stored.contains(old.as_str()))
    };
    let of_optimizer = binding.missing(&OPTIMIZER).into_iter();
    of_optimizer.filter_map(|name| Some((old_name(&name)?, name))).collect()
}

/// Code that restores variables from under other names: (stored, wanted).
fn saver(map: &Renamed) -> String {
    let lines = map.iter().map(|(old, new)| format!("    {}: by_name[{}],", python(old), python(new)));
    format!(
        "by_name = {{v.op.name: v for v in tf.compat.v1.global_variables()}}\nsaver = tf.compat.v1.train.Saver({{\n{}\n    # and those whose names have not changed\n}})",
        lines.collect::<Vec<_>>().join("\n")
    )
}

/// True if a name is stored when its outer scope is replaced.
fn fits(name: &str, old: &str, new: &str, stored: &BTreeSet<&str>) -> bool {
    name.strip_prefix(new).is_some_and(|rest| stored.contains(format!("{old}{rest}").as_str()))
}

/// The outer scopes (with their slashes) that would turn every missing name into a stored one.
fn outer_scope(missing: &Missing) -> Option<(String, String)> {
    let Missing { own, unused, .. } = missing;
    let stored: BTreeSet<&str> = unused.iter().map(String::as_str).collect();
    let first = own.first()?;
    let all_fit = |old: &str, new: &str| own.len() > 1 && own.iter().all(|name| fits(name, old, new, &stored));
    let scopes = |name: &str| -> Vec<String> {
        let slashes =
            name.match_indices('/').take(limits::NAME_PARTS).filter_map(|(at, _)| name.get(..at.saturating_add(1)));
        [""].into_iter().chain(slashes).map(str::to_owned).collect()
    };
    let same_end = unused.iter().filter(|name| leaf(name) == leaf(first));
    let candidates = same_end.flat_map(|name| scopes(name)).collect::<BTreeSet<String>>();
    let pairs = scopes(first).into_iter().flat_map(|new| candidates.iter().map(move |old| (old.clone(), new.clone())));
    let mut fitting: Vec<(String, String)> = pairs.filter(|(old, new)| old != new && all_fit(old, new)).collect();
    fitting.sort_by_key(|(old, new)| old.len().saturating_add(new.len()));
    fitting.into_iter().next()
}

/// Missing variables with the stored ones that they are, as far as the alignment tells; a map that is
/// offered to be looked over may go further, to the only unused one of the same shape and end of name, or
/// failing that of the shape alone. Empty unless each has one.
fn renamed(binding: &Binding) -> Renamed {
    let known: HashMap<&str, &str> = binding
        .alignment
        .pairs
        .iter()
        .filter_map(|pair| Some((binding.old.variables.get(pair.old)?, binding.new.variables.get(pair.new)?)))
        .map(|(old, new)| (new.name.as_str(), old.name.as_str()))
        .collect();
    let mut stored: HashMap<Option<&Shape>, BTreeSet<(&str, &str)>> = HashMap::new();
    for (name, shape) in own(binding.old, &binding.unused) {
        stored.entry(shape).or_default().insert((leaf(name), name));
    }
    let shapes: HashMap<&str, Option<&Shape>> = own(binding.old, &binding.unused).collect();
    let mut renamed = Vec::new();
    for (name, shape) in own(binding.new, &binding.missing) {
        let old = match known.get(name) {
            Some(old) => *old,
            None => {
                let Some(loose) = stored.get(&shape) else { return Vec::new() };
                let end = leaf(name);
                let mut exact = loose.range((end, "")..).take_while(|(other, _)| *other == end);
                match (exact.next(), exact.next(), loose.len(), loose.first()) {
                    (Some((_, old)), None, ..) | (None, _, 1, Some((_, old))) => *old,
                    _ => return Vec::new(),
                }
            }
        };
        if let Some(left) = shapes.get(old).and_then(|shape| stored.get_mut(shape)) {
            left.remove(&(leaf(old), old));
        }
        renamed.push((old.to_owned(), name.to_owned()));
    }
    renamed
}

/// Names and shapes of variables that are not the optimizer's.
fn own<'a>(checkpoint: &'a Checkpoint, ids: &'a [VariableId]) -> impl Iterator<Item = (&'a str, Option<&'a Shape>)> {
    let variables = ids.iter().filter_map(|id| checkpoint.variables.get(*id));
    let own = variables.filter(|variable| !OPTIMIZER.contains(&variable.role));
    own.map(|variable| (variable.name.as_str(), checkpoint.entry(variable).map(|entry| &entry.shape)))
}

/// Scopes of missing variables of which nothing is stored.
fn new_layers(missing: &[String], binding: &Binding) -> Vec<String> {
    let scope = |name: &str| name.rsplit_once('/').map(|(scope, _)| scope.to_owned());
    let stored: BTreeSet<String> = binding.old.variables.iter().filter_map(|variable| scope(&variable.name)).collect();
    let scopes: BTreeSet<String> = missing.iter().filter_map(|name| scope(name)).collect();
    scopes.into_iter().filter(|scope| !stored.contains(scope)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named};

    fn run(old: &[(&str, &[u64])], new: &[(&str, &[u64])]) -> Vec<Finding> {
        let mut findings = Findings::default();
        check(&against(named(old), named(new)), &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn an_outer_scope() {
        let found = run(&[("a/bias", &[3]), ("b/bias", &[3])], &[("net/a/bias", &[3]), ("net/b/bias", &[3])]);
        assert_eq!(found[0].causes, ["renamed-scope"]);
        assert!(found[0].message.starts_with("the new graph puts everything into the scope net/: 2 of 2 variables"));
        assert!(found[0].tensorflow.as_ref().unwrap().contains("Key net/a/bias not found in checkpoint"));
    }

    /// A slot that was made within the scope has it twice, and a map of scopes would look for it in vain.
    #[test]
    fn an_outer_scope_that_slots_do_not_follow() {
        let old: [(&str, &[u64]); 3] = [("a/bias", &[3]), ("a/bias/Adam", &[3]), ("b/bias", &[3])];
        let new: [(&str, &[u64]); 3] = [("net/a/bias", &[3]), ("net/b/bias", &[3]), ("net/net/a/bias/Adam", &[3])];
        let found = run(&old, &new);
        let fix = &found[0].fixes[0].text;
        assert!(!fix.contains("init_from_checkpoint"), "{fix}");
        assert!(fix.contains("\"a/bias/Adam\": by_name[\"net/net/a/bias/Adam\"]"), "{fix}");
        assert!(found[0].evidence[0].starts_with("1 variable of the scope does not go with it"), "{found:?}");
        let plain: [(&str, &[u64]); 3] = [("net/a/bias", &[3]), ("net/a/bias/Adam", &[3]), ("net/b/bias", &[3])];
        assert!(run(&old, &plain)[0].fixes[0].text.contains("init_from_checkpoint"));
    }

    #[test]
    fn slots_are_counted_and_mapped_too() {
        let old: [(&str, &[u64]); 3] = [("fc1/bias", &[3]), ("fc1/bias/Adam", &[3]), ("fc1/bias/Adam_1", &[3])];
        let found = run(&old, &[("d/bias", &[3]), ("d/bias/Adam", &[3]), ("d/bias/Adam_1", &[3])]);
        assert!(found[0].evidence.iter().any(|line| line.starts_with("3 stored variables would not be used")));
        assert!(found[0].fixes[0].text.contains("\"fc1/bias/Adam_1\": by_name[\"d/bias/Adam_1\"]"));
    }

    #[test]
    fn one_scope_of_several() {
        let old: [(&str, &[u64]); 3] = [("fc1/bias", &[3]), ("fc1/kernel", &[2, 3]), ("fc2/bias", &[1])];
        let found = run(&old, &[("dense1/bias", &[3]), ("dense1/kernel", &[2, 3]), ("fc2/bias", &[1])]);
        assert_eq!(found[0].causes, ["renamed-scope"]);
        assert_eq!(found[0].variables, ["dense1/bias", "dense1/kernel"]);
    }

    #[test]
    fn a_new_layer() {
        let found = run(&[("a/bias", &[3])], &[("a/bias", &[3]), ("mid/bias", &[4]), ("mid/kernel", &[3, 4])]);
        assert_eq!(found[0].causes, ["inserted-layer"]);
    }

    #[test]
    fn variables_without_names() {
        let found = run(&[("biases", &[3]), ("weights", &[2, 3])], &[("Variable", &[2, 3]), ("Variable_1", &[3])]);
        assert_eq!(found[0].causes, ["renamed-layer"]);
    }

    #[test]
    fn quiet_when_all_are_stored_or_only_slots_are_not() {
        assert!(run(&[("a", &[3]), ("b", &[3])], &[("a", &[3])]).is_empty());
        assert!(run(&[("a", &[3])], &[("a", &[3]), ("a/Adam", &[3]), ("a/Adam_1", &[3])]).is_empty(), "N005 speaks");
    }
}
