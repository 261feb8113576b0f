//! Whether weights have the shapes that the configuration of their layers asks for.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Found, config, configured};
use crate::bytes::FaultKind;
use crate::model::leaf;

/// The weights whose shapes are others than the configuration makes them.
pub(super) fn misfits(model: &Json, found: &[Found]) -> Vec<FaultKind> {
    let mut wanted = Vec::new();
    gather(model, &mut wanted);
    // Of layers with one name, as models within a model may have, nothing can be said.
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for layer in &wanted {
        let uses = uses.entry(layer.name).or_default();
        *uses = uses.saturating_add(1);
    }
    let is_alone = |layer: &&Layer<'_>| uses.get(layer.name) == Some(&1);
    let weights = by_layer(found);
    wanted.iter().filter(is_alone).flat_map(|layer| layer.misfits(&weights)).collect()
}

/// The weights by the last word of their layer's name and their own.
fn by_layer(found: &[Found]) -> HashMap<(&str, &str), Vec<&Found>> {
    let mut weights: HashMap<(&str, &str), Vec<&Found>> = HashMap::new();
    for found in found.iter().filter(|found| found.slot.is_none() && found.entry.dtype.is_float()) {
        if let Some((owner, word)) = found.name.rsplit_once('/') {
            weights.entry((leaf(owner), word)).or_default().push(found);
        }
    }
    weights
}

/// A layer whose configuration tells the shapes of its weights.
struct Layer<'a> {
    name: &'a str,
    weights: Vec<Weight>,
}

/// The word of a weight, and the length of each of its axes; none for one that only the input tells.
type Weight = (&'static str, Vec<Option<u64>>);

impl Layer<'_> {
    fn misfits(&self, weights: &HashMap<(&str, &str), Vec<&Found>>) -> Vec<FaultKind> {
        let misfit = |(word, needed): &Weight| {
            let [found] = weights.get(&(leaf(self.name), *word))?.as_slice() else { return None };
            let stored = found.entry.shape.axes()?;
            let fits = stored.len() == needed.len()
                && stored.iter().zip(needed).all(|(stored, needed)| needed.is_none_or(|needed| needed == *stored));
            (!fits).then(|| FaultKind::WeightMisfits {
                name: found.name.clone(),
                stored: found.entry.shape.to_string(),
                needed: text(needed),
            })
        };
        self.weights.iter().filter_map(misfit).collect()
    }
}

/// `[5, 6]`, with a question mark for an axis of any length.
fn text(axes: &[Option<u64>]) -> String {
    let axes: Vec<String> = axes.iter().map(|axis| axis.map_or_else(|| "?".to_owned(), |n| n.to_string())).collect();
    format!("[{}]", axes.join(", "))
}

fn gather<'a>(owner: &'a Json, layers: &mut Vec<Layer<'a>>) {
    for layer in config::children(owner) {
        if let Some(weights) = weights(layer) {
            layers.push(Layer { name: config::name(layer).unwrap_or_default(), weights });
        }
        gather(layer, layers);
    }
}

/// The weights of a layer of Keras' own; none for classes whose shapes depend on more than this.
fn weights(layer: &Json) -> Option<Vec<Weight>> {
    if configured::registered(layer).is_some() {
        return None;
    }
    let options = layer.get("config")?;
    // Quantised kernels are stored in another shape, adapted ones (LoRA) with more than these.
    let option = |name: &str| options.get(name).and_then(Json::as_u64);
    match config::class(layer)? {
        "Dense" => {
            let units = option("units")?;
            Some(vec![("kernel", vec![input(layer), Some(units)]), ("bias", vec![Some(units)])])
        }
        "Embedding" => Some(vec![("embeddings", vec![option("input_dim"), option("output_dim")])]),
        "Conv1D" | "Conv2D" | "Conv3D" => {
            let filters = option("filters")?;
            let size = options.get("kernel_size")?.as_array()?;
            let axes = size.iter().map(Json::as_u64).chain([None, Some(filters)]);
            Some(vec![("kernel", axes.collect()), ("bias", vec![Some(filters)])])
        }
        _ => None,
    }
}

/// The last axis of what the layer was built for, if that is noted.
fn input(layer: &Json) -> Option<u64> {
    layer.get("build_config")?.get("input_shape")?.as_array()?.last()?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(layer: &str) -> Option<Vec<Weight>> {
        weights(&serde_json::from_str(layer).unwrap())
    }

    #[test]
    fn what_a_configuration_makes() {
        let dense = r#"{"class_name": "Dense", "config": {"units": 4}, "build_config": {"input_shape": [null, 5]}}"#;
        let (kernel, bias) = (("kernel", vec![Some(5), Some(4)]), ("bias", vec![Some(4)]));
        assert_eq!(wanted(dense), Some(vec![kernel, bias]));
        let unbuilt = r#"{"class_name": "Dense", "config": {"units": 4}}"#;
        assert_eq!(wanted(unbuilt).unwrap()[0], ("kernel", vec![None, Some(4)]));
        let conv = r#"{"class_name": "Conv2D", "config": {"filters": 8, "kernel_size": [3, 5]}}"#;
        assert_eq!(wanted(conv).unwrap()[0], ("kernel", vec![Some(3), Some(5), None, Some(8)]));
    }

    /// A class of the user's own may mean anything by its units.
    #[test]
    fn nothing_is_known_of_other_classes() {
        assert_eq!(wanted(r#"{"class_name": "my>Dense", "config": {"units": 4}}"#), None);
        assert_eq!(wanted(r#"{"class_name": "LSTM", "config": {"units": 4}}"#), None);
    }
}
