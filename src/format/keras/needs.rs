//! How many weights a layer must have, by its configuration: what a file lacks then is told without the model.

use serde_json::Value as Json;

use super::config;

/// Weights that a layer has at the least, and the path below its own at which they lie; none where its
/// class or its configuration does not tell, or where it was never built. Quantised layers have more.
pub(super) fn of(layer: &Json) -> Option<(&'static str, u64)> {
    // Keras notes the shapes of what it has built; before 2.13 it did not, and then nothing can be demanded.
    layer.get("build_config").filter(|built| !built.is_null())?;
    let option = |name: &str| layer.get("config")?.get(name)?.as_bool().map(u64::from);
    let plus = |count: u64, name: &str| Some(count.saturating_add(option(name)?));
    let own = |count: Option<u64>| Some(("", count?));
    match config::class(layer)? {
        "Dense" | "Conv1D" | "Conv2D" | "Conv3D" | "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose"
        | "DepthwiseConv1D" | "DepthwiseConv2D" => own(plus(1, "use_bias")),
        "SeparableConv1D" | "SeparableConv2D" => own(plus(2, "use_bias")),
        "Embedding" => own(Some(1)),
        "BatchNormalization" => own(option("scale")?.checked_add(plus(2, "center")?)),
        "LayerNormalization" | "GroupNormalization" => own(option("scale")?.checked_add(option("center")?)),
        "LSTM" | "GRU" | "SimpleRNN" => Some(("cell", plus(2, "use_bias")?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_built_needs_weights() {
        let layer = |class: &str, config: &str, built: &str| {
            let text = format!(r#"{{"class_name": "{class}", "config": {config}, "build_config": {built}}}"#);
            of(&serde_json::from_str(&text).unwrap())
        };
        let shape = r#"{"input_shape": [null, 3]}"#;
        assert_eq!(layer("Dense", r#"{"use_bias": true}"#, shape), Some(("", 2)));
        assert_eq!(layer("Conv2D", r#"{"use_bias": false}"#, shape), Some(("", 1)));
        assert_eq!(layer("BatchNormalization", r#"{"center": true, "scale": false}"#, shape), Some(("", 3)));
        assert_eq!(layer("LSTM", r#"{"use_bias": true}"#, shape), Some(("cell", 3)));
        assert_eq!(layer("Dense", r#"{"use_bias": true}"#, "null"), None);
        assert_eq!(layer("Dense", "{}", shape), None);
        assert_eq!(layer("MyDense", r#"{"use_bias": true}"#, shape), None);
    }
}
