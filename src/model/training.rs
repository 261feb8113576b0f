//! Where training stands, as far as the variables tell: the step, the optimizer.

use std::collections::BTreeSet;

use super::checkpoint::Checkpoint;
use super::dtype::Kind;
use super::graph::dotted;
use super::keras::Owned;
use super::naming::leaf;
use super::variable::{Role, Variable, VariableId};

/// Names of optimizers as they stand in the names of their variables, with their classes.
const CLASSES: [(&str, &str); 17] = [
    ("adam", "Adam"),
    ("adamw", "AdamW"),
    ("adam_w", "AdamW"),
    ("adamax", "Adamax"),
    ("adadelta", "Adadelta"),
    ("adafactor", "Adafactor"),
    ("adagrad", "Adagrad"),
    ("ftrl", "Ftrl"),
    ("lamb", "Lamb"),
    ("lion", "Lion"),
    ("muon", "Muon"),
    ("momentum", "Momentum"),
    ("nadam", "Nadam"),
    ("rmsprop", "RMSprop"),
    // Keras 3 makes a variable's name of a class's.
    ("rm_sprop", "RMSprop"),
    ("sgd", "SGD"),
    ("loss_scale_optimizer", "LossScaleOptimizer"),
];

/// Names of the variables that count an optimizer's steps.
const ITERATIONS: [&str; 5] = ["iteration", "iterations", "iter", "_iterations", "global_step"];

impl Checkpoint {
    /// The variable that counts the steps of training, if one can be told.
    pub fn step_variable(&self) -> Option<VariableId> {
        let integer = |variable: &Variable| {
            self.entry(variable).is_some_and(|entry| {
                entry.shape.rank() == Some(0) && matches!(entry.dtype.kind(), Kind::Int { .. } | Kind::UInt { .. })
            })
        };
        let counts = |name: &str, variable: &Variable| {
            leaf(&variable.name) == name || variable.paths().iter().any(|path| leaf(path) == name)
        };
        let known = |name: &str| {
            let leaf = leaf(name);
            leaf == "step" || ITERATIONS.contains(&leaf)
        };
        // Names before entries: nearly all variables fail here, and those of a wide checkpoint are many.
        let told = |v: &Variable| known(&v.name) || v.paths().iter().any(|path| known(path));
        let scalars: Vec<(VariableId, &Variable)> = self
            .variables
            .iter()
            .enumerate()
            .filter(|(_, v)| matches!(v.role, Role::Counter | Role::Optimizer | Role::Weight) && told(v) && integer(v))
            .collect();
        let of_optimizer = ITERATIONS.iter().find_map(|name| scalars.iter().find(|(_, v)| counts(name, v)));
        of_optimizer.or_else(|| scalars.iter().find(|(_, v)| counts("step", v))).map(|(id, _)| *id)
    }

    /// The class of the optimizer whose state is stored, as far as names tell it; `optimizer` where there
    /// is state of one that cannot be named. None if there is none.
    pub fn optimizer(&self) -> Option<String> {
        let of_optimizer = || self.variables.iter().filter(|v| matches!(v.role, Role::Slot | Role::Optimizer));
        of_optimizer().next()?;
        let owner =
            of_optimizer().filter_map(|variable| variable.full_name().unwrap_or(&variable.name).split('/').next());
        let listed = self.keras.iter().flat_map(|keras| &keras.owners).filter(|owner| owner.part == Owned::Optimizer);
        let words = owner.chain(listed.filter_map(|owner| owner.name.as_deref()));
        let words: BTreeSet<String> = words.map(str::to_ascii_lowercase).collect();
        // `adam_1` is the second Adam of its program.
        let stem = |word: &str| word.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_').to_owned();
        let class = |word: &str| CLASSES.iter().find(|(name, _)| *name == word).map(|(_, class)| (*class).to_owned());
        let named = words.iter().find_map(|word| class(&stem(word)));
        named.or_else(|| self.optimizer_by_slots()).or_else(|| Some("optimizer".to_owned()))
    }

    fn optimizer_by_slots(&self) -> Option<String> {
        let kinds = self.slot_kinds();
        let has = |name| kinds.contains(name);
        let begins = |stem: &str| kinds.iter().any(|kind| kind.starts_with(stem));
        let class = if has("m") && has("v") || has("momentum") && has("velocity") || begins("Adam") || begins("adam_") {
            "Adam"
        } else if begins("lamb_") {
            "Lamb"
        } else if has("rms") || begins("RMSProp") {
            "RMSprop"
        } else if has("accumulator") || has("Adagrad") {
            "Adagrad"
        } else if begins("Ftrl") {
            "Ftrl"
        } else if has("Momentum") {
            "Momentum"
        } else if has("momentum") && kinds.len() == 1 {
            "SGD"
        } else {
            return None;
        };
        Some(class.to_owned())
    }

    /// The names of the slots that are kept, moving averages of the weights aside.
    pub fn slot_kinds(&self) -> BTreeSet<&str> {
        let names = self.variables.iter().filter_map(|variable| variable.slot_name());
        names.filter(|name| !matches!(*name, "ExponentialMovingAverage" | "model_variables_moving_average")).collect()
    }

    /// The variable that a person means: by name, key or any of its paths (as in keys, or as Python),
    /// or by the end of a name that only one has.
    pub fn named(&self, wanted: &str) -> Option<VariableId> {
        let position = |is: &dyn Fn(&Variable) -> bool| self.variables.iter().position(is);
        let exact = position(&|variable| variable.name == wanted)
            .or_else(|| position(&|v| self.entry(v).is_some_and(|entry| entry.key.to_string() == wanted)))
            .or_else(|| position(&|v| v.paths().iter().any(|path| path == wanted || dotted(path) == wanted)));
        exact.or_else(|| {
            let ends = |v: &Variable| v.name.strip_suffix(wanted).is_some_and(|rest| rest.ends_with('/'));
            let mut found = self.variables.iter().enumerate().filter(|(_, v)| ends(v));
            let first = found.next()?.0;
            found.next().is_none().then_some(first)
        })
    }
}
