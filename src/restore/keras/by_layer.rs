//! Files in which Keras lists layers and their weights: `.h5`, the older layout of HDF5.

use std::collections::HashMap;

use super::program::{Layer, Program};
use super::{Generation, by_likeness, file};
use crate::bytes::FaultKind;
use crate::model::{Checkpoint, Flavor, Owned, Owner, Shape, VariableId};
use crate::restore::reader::tuple;
use crate::restore::{Bound, Course, Exception, Scene};

/// Loads a file into the program that saved the target.
pub(super) fn load(generation: Generation, scene: &Scene, old: &Checkpoint) -> Course {
    // Without a target the program is the one that saved.
    let new = scene.target.unwrap_or(old);
    if new.flavor != Flavor::LayerBased {
        return by_likeness(scene);
    }
    let pairs = scene.alignment.iter().flat_map(|alignment| &alignment.pairs);
    let known = pairs.map(|pair| (pair.old, pair.new)).collect();
    let mut load = Load { generation, scene, old, new, known, program: Program::of(new), course: Course::default() };
    let done = match absent(old).or_else(|| file::groups(old).err()) {
        Some(exception) => Err(exception),
        None if scene.options.by_name => load.by_name(),
        None => load.in_order(),
    };
    load.course.exception = done.err();
    load.course
}

/// What the file lists and has not: whoever reads it all stumbles over it.
pub(super) fn absent(old: &Checkpoint) -> Option<Exception> {
    old.faults.iter().find_map(|fault| match &fault.kind {
        FaultKind::LayerMissing { layer: name } | FaultKind::WeightMissing { name, .. } => {
            let text = format!("\"Unable to synchronously open object (object '{name}' doesn't exist)\"");
            Some(Exception::new("KeyError", text))
        }
        _ => None,
    })
}

struct Load<'a> {
    generation: Generation,
    scene: &'a Scene<'a>,
    old: &'a Checkpoint,
    new: &'a Checkpoint,
    /// Stored weights that are known to be one of the program.
    known: HashMap<VariableId, VariableId>,
    program: Program,
    course: Course,
}

/// A weight that is to be assigned.
#[derive(Clone, Copy)]
struct Wanted {
    old: VariableId,
    new: VariableId,
}

impl Load<'_> {
    fn listed(&self, part: Owned) -> Vec<&Owner> {
        let has_lists = !super::has_paths(self.old);
        let owners = self.old.keras.iter().flat_map(|keras| &keras.owners);
        owners.filter(|owner| has_lists && owner.part == part).collect()
    }

    /// The first layer with the first, whatever their names are.
    fn in_order(&mut self) -> Result<(), Exception> {
        let saved: Vec<Owner> =
            self.listed(Owned::Layer).into_iter().filter(|owner| !owner.weights.is_empty()).cloned().collect();
        let layers: Vec<Layer> = self.program.with_weights().cloned().collect();
        if saved.len() != layers.len() {
            let text = format!(
                "Layer count mismatch when loading weights from file. Model expected {} layers, found {} saved layers.",
                layers.len(),
                saved.len()
            );
            return Err(Exception::new("ValueError", text));
        }
        let layers = if self.program.is_ordered { layers } else { self.in_order_of(&saved, layers) };
        let mut later = Vec::new();
        for (number, (layer, owner)) in layers.iter().zip(&saved).enumerate() {
            if layer.weights.len() != owner.weights.len() {
                let text = format!(
                    "Weight count mismatch for layer #{number} (named {} in the current model, {} in the save file). \
                     Layer expects {} weight(s). Received {} saved weight(s)",
                    layer.name,
                    owner.name.as_deref().unwrap_or_default(),
                    layer.weights.len(),
                    owner.weights.len()
                );
                return Err(Exception::new("ValueError", text));
            }
            let wanted = self.pairs(layer, owner);
            // Keras 2 assigns when it has read all, Keras 3 layer by layer.
            match self.generation {
                Generation::Two => later.extend(wanted),
                Generation::Three => self.set(wanted, &place(number, layer))?,
            }
        }
        later.extend(self.top_level(" when loading weights from file")?);
        self.assign_all(later)
    }

    /// Layers whose order is a guess, each for the first group that has weights of its shapes; as they were if that is
    /// no way for all.
    fn in_order_of(&self, saved: &[Owner], layers: Vec<Layer>) -> Vec<Layer> {
        let fits = |owner: &Owner, layer: &Layer| {
            let pairs = || owner.weights.iter().flatten().zip(&layer.weights);
            owner.weights.len() == layer.weights.len()
                && pairs().all(|(old, new)| self.fits(Wanted { old: *old, new: *new }))
        };
        if saved.iter().zip(&layers).all(|(owner, layer)| fits(owner, layer)) {
            return layers;
        }
        let mut left = layers.clone();
        let found = saved.iter().map(|owner| {
            let at = left.iter().position(|layer| fits(owner, layer))?;
            Some(left.remove(at))
        });
        found.collect::<Option<Vec<Layer>>>().unwrap_or(layers)
    }

    /// Each layer with those of its name.
    fn by_name(&mut self) -> Result<(), Exception> {
        let mut named: HashMap<String, Vec<Layer>> = HashMap::new();
        for layer in &self.program.layers {
            named.entry(layer.name.clone()).or_default().push(layer.clone());
        }
        let saved: Vec<Owner> = self.listed(Owned::Layer).into_iter().cloned().collect();
        let mut later = Vec::new();
        for (number, owner) in saved.iter().enumerate() {
            for layer in owner.name.as_ref().and_then(|name| named.get(name)).into_iter().flatten() {
                if layer.weights.len() != owner.weights.len() {
                    let (name, wanted, received) = (&layer.name, layer.weights.len(), owner.weights.len());
                    let counts = format!("Layer expects {wanted} weight(s). Received {received} saved weight(s)");
                    if !self.scene.options.skip_mismatch {
                        let text = format!("Weight count mismatch for layer #{number} (named {name}). {counts}");
                        return Err(Exception::new("ValueError", text));
                    }
                    let text = format!(
                        "Skipping loading of weights for layer #{number} (named {name}) due to mismatch in number of \
                         weights. {counts}"
                    );
                    self.course.warnings.push(text);
                    continue;
                }
                let wanted = self.pairs(layer, owner);
                match self.generation {
                    // Keras 2 finds every shape that does not fit before it assigns.
                    Generation::Two => later.extend(self.fitting(wanted, &place(number, layer))?),
                    Generation::Three => self.set(wanted, &place(number, layer))?,
                }
            }
        }
        if !self.scene.options.skip_mismatch {
            later.extend(self.top_level(" of model")?);
        }
        self.assign_all(later)
    }

    /// The weights of the model itself, where the file lists any.
    fn top_level(&self, when: &str) -> Result<Vec<Wanted>, Exception> {
        let owners = self.listed(Owned::Model);
        let Some(owner) = owners.first() else { return Ok(Vec::new()) };
        if owner.weights.len() != self.program.own.len() {
            let text = format!(
                "Weight count mismatch for top-level weights{when}. Model expects {} top-level weight(s). Received {} \
                 saved top-level weight(s)",
                self.program.own.len(),
                owner.weights.len()
            );
            return Err(Exception::new("ValueError", text));
        }
        let pairs = owner.weights.iter().flatten().zip(&self.program.own);
        Ok(pairs.map(|(old, new)| Wanted { old: *old, new: *new }).collect())
    }

    /// The weights of a layer with those of a group. Where the order in the layer is a guess, weights that are
    /// known to be one another go together, and if these do not tell, those of one shape.
    fn pairs(&self, layer: &Layer, owner: &Owner) -> Vec<Wanted> {
        let saved: Vec<VariableId> = owner.weights.iter().flatten().copied().collect();
        let in_order = saved.iter().zip(&layer.weights).map(|(old, new)| Wanted { old: *old, new: *new });
        let in_order: Vec<Wanted> = in_order.collect();
        if layer.is_ordered || !super::has_paths(self.new) {
            return in_order;
        }
        let known = |old: &VariableId| {
            let new = self.known.get(old).filter(|new| layer.weights.contains(new))?;
            Some(Wanted { old: *old, new: *new })
        };
        if let Some(known) = saved.iter().map(known).collect() {
            return known;
        }
        if in_order.iter().all(|wanted| self.fits(*wanted)) {
            return in_order;
        }
        let mut left = layer.weights.clone();
        let by_shape = saved.iter().map(|old| {
            let at = left.iter().position(|new| self.fits(Wanted { old: *old, new: *new }))?;
            Some(Wanted { old: *old, new: left.remove(at) })
        });
        by_shape.collect::<Option<Vec<Wanted>>>().unwrap_or(in_order)
    }

    fn shapes(&self, wanted: Wanted) -> Option<(&Shape, &Shape)> {
        Some((&self.old.entries.get(wanted.old)?.shape, &self.new.entries.get(wanted.new)?.shape))
    }

    fn fits(&self, wanted: Wanted) -> bool {
        self.shapes(wanted).is_none_or(|(stored, declared)| stored.axes().is_none() || stored == declared)
    }

    /// Of these, those whose shapes fit; a warning for each other one if mismatches are skipped.
    fn fitting(&mut self, wanted: Vec<Wanted>, place: &str) -> Result<Vec<Wanted>, Exception> {
        let mut fitting = Vec::new();
        for one in wanted {
            if self.fits(one) {
                fitting.push(one);
                continue;
            }
            let mismatch = self.mismatch(one);
            if !self.scene.options.skip_mismatch {
                return Err(Exception::new("ValueError", format!("Shape mismatch in {place} for {mismatch}")));
            }
            let text = format!("Skipping loading weights for {place} due to mismatch in shape for {mismatch}");
            self.course.warnings.push(text);
        }
        Ok(fitting)
    }

    /// As Keras 3 does it: what comes before the first mismatch is assigned.
    fn set(&mut self, wanted: Vec<Wanted>, place: &str) -> Result<(), Exception> {
        for one in wanted {
            let fitting = self.fitting(vec![one], place)?;
            self.assign_all(fitting)?;
        }
        Ok(())
    }

    fn assign_all(&mut self, wanted: Vec<Wanted>) -> Result<(), Exception> {
        for one in wanted {
            if let Some((stored, declared)) = self.shapes(one).filter(|_| !self.fits(one)) {
                let text = format!(
                    "Cannot assign value to variable ' {}': Shape mismatch.The variable shape {}, and the assigned value \
                     shape {} are incompatible.",
                    self.name(one.new),
                    tuple(declared),
                    tuple(stored)
                );
                return Err(Exception::new("ValueError", text));
            }
            self.course.bound.push(Bound { old: one.old, new: one.new });
        }
        Ok(())
    }

    /// `weight out/kernel:0. Weight expects shape (7, 3). …`.
    fn mismatch(&self, wanted: Wanted) -> String {
        let (stored, declared) = self.shapes(wanted).map(|(old, new)| (tuple(old), tuple(new))).unwrap_or_default();
        let name = self.name(wanted.new);
        format!("weight {name}. Weight expects shape {declared}. Received saved weight with shape {stored}")
    }

    /// The name of a variable of the program, as its Keras writes it.
    fn name(&self, id: VariableId) -> String {
        let name = self.new.variables.get(id).map(|variable| variable.name.to_string()).unwrap_or_default();
        match self.generation {
            Generation::Two => format!("{name}:0"),
            Generation::Three => name,
        }
    }
}

/// How messages name a layer.
fn place(number: usize, layer: &Layer) -> String {
    format!("layer #{number} (named {})", layer.name)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{bound, by_layer, by_path, run};
    use super::*;
    use crate::restore::Options;

    const NONE: Options = Options { by_name: false, skip_mismatch: false };
    const BY_NAME: Options = Options { by_name: true, skip_mismatch: false };
    const SKIPPING: Options = Options { by_name: true, skip_mismatch: true };

    fn load_as(generation: Generation, old: &Checkpoint, new: &Checkpoint, options: Options) -> Course {
        run("m.h5", old, Some(new), options, |scene| load(generation, scene, old))
    }

    fn message(course: &Course) -> &str {
        course.exception.as_ref().map(|exception| exception.message.as_str()).unwrap_or_default()
    }

    #[test]
    fn order_counts_and_names_do_not() {
        let old = by_layer(&[("a", "a", &[&[4, 5], &[5]]), ("drop", "drop", &[]), ("b", "b", &[&[5, 2], &[2]])]);
        let new = by_layer(&[("x", "x", &[&[4, 5], &[5]]), ("y", "y", &[&[5, 2], &[2]])]);
        let course = load_as(Generation::Two, &old, &new, NONE);
        assert_eq!(course.exception, None);
        let wanted = [
            "a/a/kernel:0 -> x/x/kernel:0",
            "a/a/bias:0 -> x/x/bias:0",
            "b/b/kernel:0 -> y/y/kernel:0",
            "b/b/bias:0 -> y/y/bias:0",
        ];
        assert_eq!(bound(&course, &old, &new), wanted);
    }

    #[test]
    fn a_layer_more_or_a_weight_less() {
        let old = by_layer(&[("a", "a", &[&[4, 5], &[5]])]);
        let longer = by_layer(&[("a", "a", &[&[4, 5], &[5]]), ("b", "b", &[&[5, 2]])]);
        let course = load_as(Generation::Three, &old, &longer, NONE);
        assert!(message(&course).contains("Model expected 2 layers, found 1 saved layers."));
        let no_bias = by_layer(&[("a", "a", &[&[4, 5]])]);
        let course = load_as(Generation::Three, &old, &no_bias, NONE);
        assert!(message(&course).contains("Layer expects 1 weight(s). Received 2 saved weight(s)"));
    }

    #[test]
    fn what_is_assigned_before_a_shape_does_not_fit() {
        let old = by_layer(&[("a", "a", &[&[4, 5], &[5]]), ("b", "b", &[&[5, 2], &[2]])]);
        let new = by_layer(&[("a", "a", &[&[4, 5], &[5]]), ("b", "b", &[&[5, 3], &[3]])]);
        let course = load_as(Generation::Two, &old, &new, NONE);
        assert_eq!(course.bound.len(), 2);
        assert!(message(&course).starts_with("Cannot assign value to variable ' b/kernel:0'"));
        // By name, Keras 2 looks at all shapes first.
        assert_eq!(load_as(Generation::Two, &old, &new, BY_NAME).bound.len(), 0);
        let course = load_as(Generation::Three, &old, &new, BY_NAME);
        assert_eq!(course.bound.len(), 2);
        assert!(message(&course).contains("Weight expects shape (5, 3). Received saved weight with shape (5, 2)"));
    }

    #[test]
    fn names_that_nobody_has_are_skipped() {
        let old = by_layer(&[("a", "a", &[&[4, 5]]), ("b", "b", &[&[5, 2], &[2]])]);
        let new = by_layer(&[("c", "c", &[&[4, 5]]), ("b", "b", &[&[5, 2], &[3]])]);
        let course = load_as(Generation::Two, &old, &new, SKIPPING);
        assert_eq!(course.exception, None);
        assert_eq!(bound(&course, &old, &new), ["b/b/kernel:0 -> b/b/kernel:0"]);
        assert_eq!(course.warnings.len(), 1);
    }

    #[test]
    fn a_file_of_objects_lists_no_layers() {
        let old = by_path(&[("layers/dense", "a", &[&[4, 5]])]);
        let new = by_layer(&[("a", "a", &[&[4, 5]])]);
        let course = load_as(Generation::Three, &old, &new, NONE);
        assert!(message(&course).contains("found 0 saved layers"));
        let course = load_as(Generation::Three, &old, &new, BY_NAME);
        assert!(course.exception.is_none() && course.bound.is_empty());
    }

    #[test]
    fn the_weights_of_the_model_itself() {
        let old = by_layer(&[("a", "a", &[&[4]]), ("top_level_model_weights", "", &[&[3]])]);
        let new = by_layer(&[("a", "a", &[&[4]]), ("top_level_model_weights", "", &[])]);
        let course = load_as(Generation::Two, &old, &new, NONE);
        assert!(message(&course).contains("Model expects 0 top-level weight(s). Received 1"));
        assert_eq!(load_as(Generation::Two, &old, &old, NONE).bound.len(), 2);
    }

    #[test]
    fn a_program_that_saves_objects_has_its_layers_in_the_order_of_writing() {
        let old = by_layer(&[("a", "a", &[&[4, 5], &[5]]), ("b", "b", &[&[5, 2], &[2]])]);
        let new = by_path(&[("layers/dense", "a", &[&[4, 5], &[5]]), ("layers/conv", "b", &[&[5, 2], &[2]])]);
        let course = load_as(Generation::Three, &old, &new, NONE);
        assert_eq!(course.exception, None);
        assert_eq!(bound(&course, &old, &new)[2], "b/b/kernel:0 -> layers/conv/vars/0");
    }

    #[test]
    fn a_listed_weight_that_is_not_there() {
        let mut old = by_layer(&[("a", "a", &[&[4]])]);
        let kind = FaultKind::WeightMissing { layer: "a".to_owned(), name: "a/bias:0".to_owned() };
        old.faults.push(crate::bytes::Fault { kind, at: crate::bytes::Span::whole(&"m.h5".into()) });
        let course = load_as(Generation::Two, &old, &old, NONE);
        assert_eq!(course.exception.map(|exception| exception.class), Some("KeyError"));
    }
}
