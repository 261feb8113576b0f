//! Files in which Keras lists layers and their weights: `.h5`, the older layout of HDF5.

use std::collections::HashMap;

use super::Generation;
use super::program::{Layer, Program};
use crate::bytes::FaultKind;
use crate::model::{Checkpoint, Owned, Owner, Shape, VariableId};
use crate::restore::reader::tuple;
use crate::restore::{Bound, Course, Exception, Scene};

/// Loads a file into the program that saved the target.
pub(super) fn load(generation: Generation, scene: &Scene, old: &Checkpoint) -> Course {
    // Without a target the program is the one that saved.
    let new = scene.target.unwrap_or(old);
    let mut load = Load { generation, scene, old, new, program: Program::of(new), course: Course::default() };
    let done = match absent(old) {
        Some(exception) => Err(exception),
        None if scene.options.by_name => load.by_name(),
        None => load.in_order(),
    };
    load.course.exception = done.err();
    load.course
}

/// What the file lists and has not: whoever reads it all stumbles over it.
fn absent(old: &Checkpoint) -> Option<Exception> {
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
        let known = || -> Option<Vec<Wanted>> {
            let pairs = &self.scene.alignment?.pairs;
            let known = |old: &VariableId| {
                let pair = pairs.iter().find(|pair| pair.old == *old)?;
                layer.weights.contains(&pair.new).then_some(Wanted { old: *old, new: pair.new })
            };
            saved.iter().map(known).collect()
        };
        if let Some(known) = known() {
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
