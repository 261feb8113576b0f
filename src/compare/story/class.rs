//! What a layer is, as the names and ranks of its variables tell. Only names that Keras itself gives say so:
//! a `w` of two axes is anybody's.

use std::fmt;

/// A class of layers, as Keras calls it. Where variables alone leave a choice, the commonest of the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class(&'static str);

impl Class {
    /// The class of a layer with these variables: last parts of names, with their ranks and last axes.
    pub fn of(variables: &[(&str, &[u64])]) -> Option<Self> {
        let find = |name: &str| variables.iter().find(|(leaf, _)| *leaf == name).map(|(_, axes)| *axes);
        let has = |name: &str| find(name).is_some();
        let kernel = find("kernel");
        let class = if has("moving_mean") && has("moving_variance") {
            "BatchNormalization"
        } else if let (Some(kernel), Some(recurrent)) = (kernel, find("recurrent_kernel")) {
            // A gate has one column for each unit.
            let gates = kernel.last().zip(recurrent.first()).and_then(|(all, units)| all.checked_div(*units));
            match gates {
                Some(4) => "LSTM",
                Some(3) => "GRU",
                _ => "SimpleRNN",
            }
        } else if has("depthwise_kernel") && has("pointwise_kernel") {
            "SeparableConv2D"
        } else if has("depthwise_kernel") {
            "DepthwiseConv2D"
        } else if has("embeddings") {
            "Embedding"
        } else if let Some(kernel) = kernel {
            match kernel.len() {
                2 => "Dense",
                3 => "Conv1D",
                4 => "Conv2D",
                5 => "Conv3D",
                _ => return None,
            }
        } else if has("gamma") && variables.iter().all(|(leaf, _)| matches!(*leaf, "gamma" | "beta")) {
            "LayerNormalization"
        } else {
            return None;
        };
        Some(Self(class))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_told_by_their_variables() {
        let class = |variables: &[(&str, &[u64])]| Class::of(variables).map(|class| class.to_string());
        let told = |name: &str| Some(name.to_owned());
        assert_eq!(class(&[("kernel", &[4, 8]), ("bias", &[8])]), told("Dense"));
        assert_eq!(class(&[("kernel", &[3, 3, 1, 8])]), told("Conv2D"));
        assert_eq!(class(&[("kernel", &[4, 20]), ("recurrent_kernel", &[5, 20]), ("bias", &[20])]), told("LSTM"));
        assert_eq!(class(&[("kernel", &[4, 15]), ("recurrent_kernel", &[5, 15]), ("bias", &[2, 15])]), told("GRU"));
        assert_eq!(class(&[("gamma", &[4]), ("beta", &[4])]), told("LayerNormalization"));
        let norm: [(&str, &[u64]); 4] =
            [("gamma", &[4]), ("beta", &[4]), ("moving_mean", &[4]), ("moving_variance", &[4])];
        assert_eq!(class(&norm), told("BatchNormalization"));
        for own in ["table", "w", "weights", "embedding"] {
            assert_eq!(class(&[(own, &[4, 3]), ("b", &[3])]), None, "{own} is no name of Keras'");
        }
    }
}
