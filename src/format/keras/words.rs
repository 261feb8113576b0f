//! What the weights of a layer are called, by its class, their number and their shapes.
//!
//! Files by object path number the weights of a layer. A word is given only where class, number and shapes
//! leave no other.

use super::config::snake;
use super::quantized;
use crate::model::{DType, Writer};

/// A numbered weight of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbered<'a> {
    /// Type of its elements.
    pub dtype: DType,
    /// Its axes; none if they are not known.
    pub axes: Option<&'a [u64]>,
}

impl Numbered<'_> {
    pub(super) fn has_rank(&self, rank: usize) -> bool {
        self.axes.is_some_and(|axes| axes.len() == rank)
    }

    fn last(&self) -> Option<u64> {
        self.axes?.last().copied()
    }
}

/// The classes whose words are known, apart from recurrent cells.
const CLASSES: [&str; 25] = [
    "Dense",
    "EinsumDense",
    "Embedding",
    "ReversibleEmbedding",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Conv1DTranspose",
    "Conv2DTranspose",
    "Conv3DTranspose",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
    "BatchNormalization",
    "SyncBatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "RMSNormalization",
    "Normalization",
    "PReLU",
    "LSTMCell",
    "GRUCell",
    "SimpleRNNCell",
    "Mean",
];

/// The class of a group that is named after it: `dense_1`.
pub(super) fn class_of_group(group: &str) -> Option<&'static str> {
    let stem = match group.rsplit_once('_') {
        Some((stem, number)) if number.bytes().all(|b| b.is_ascii_digit()) => stem,
        _ => group,
    };
    CLASSES.into_iter().find(|class| snake(class) == stem)
}

/// The word of each weight, or none where its number has to do.
pub(super) fn words(class: &str, weights: &[Numbered<'_>], writer: Writer) -> Vec<Option<&'static str>> {
    let known = match class {
        "BatchNormalization" | "SyncBatchNormalization" => return batch_normalization(weights),
        "Dense" | "EinsumDense" | "Embedding" if let Some(words) = quantized::words(class, weights) => return words,
        "Dense" => kernel_and_bias("kernel", weights, 2, 1),
        "EinsumDense" => dense_by_equation(weights),
        "Embedding" => embeddings(&["embeddings"], weights),
        "ReversibleEmbedding" if weights.len() == 1 => embeddings(&["embeddings"], weights),
        "ReversibleEmbedding" => embeddings(&["embeddings", "reverse_embeddings"], weights),
        "LSTMCell" | "GRUCell" | "SimpleRNNCell" => cell(weights),
        "DepthwiseConv1D" | "DepthwiseConv2D" => {
            let kernel = match writer {
                Writer::Keras3 => Some("kernel"),
                Writer::Keras2 => Some("depthwise_kernel"),
                // Either of them.
                _ => None,
            };
            kernel.and_then(|kernel| kernel_and_bias(kernel, weights, convolution_rank(class), 1))
        }
        "SeparableConv1D" | "SeparableConv2D" => separable(weights, convolution_rank(class)),
        "Conv1D" | "Conv2D" | "Conv3D" | "Conv1DTranspose" | "Conv2DTranspose" | "Conv3DTranspose" => {
            kernel_and_bias("kernel", weights, convolution_rank(class), 1)
        }
        "LayerNormalization" | "GroupNormalization" if weights.len() == 2 => Some(&["gamma", "beta"][..]),
        "RMSNormalization" if weights.len() == 1 => Some(&["scale"][..]),
        "Normalization" if weights.len() == 3 => Some(&["mean", "variance", "count"][..]),
        "PReLU" if weights.len() == 1 => Some(&["alpha"][..]),
        "Mean" if weights.len() == 2 && weights.iter().all(|weight| weight.has_rank(0)) => {
            Some(&["total", "count"][..])
        }
        _ => None,
    };
    match known {
        Some(words) => words.iter().copied().map(Some).collect(),
        None => vec![None; weights.len()],
    }
}

fn convolution_rank(class: &str) -> usize {
    class.bytes().find(u8::is_ascii_digit).map_or(0, |digit| usize::from(digit.saturating_sub(b'0')).saturating_add(2))
}

fn kernel_and_bias(
    kernel: &'static str,
    weights: &[Numbered<'_>],
    rank: usize,
    bias: usize,
) -> Option<&'static [&'static str]> {
    let fits = weights.first()?.has_rank(rank) && weights.get(1).is_none_or(|weight| weight.has_rank(bias));
    match (weights.len(), kernel) {
        (1, "kernel") if fits => Some(&["kernel"]),
        (2, "kernel") if fits => Some(&["kernel", "bias"]),
        (1, _) if fits => Some(&["depthwise_kernel"]),
        (2, _) if fits => Some(&["depthwise_kernel", "bias"]),
        _ => None,
    }
}

fn dense_by_equation(weights: &[Numbered<'_>]) -> Option<&'static [&'static str]> {
    let rank = |at: usize| weights.get(at).and_then(|weight| weight.axes).map_or(0, <[u64]>::len);
    match weights.len() {
        1 if rank(0) >= 2 => Some(&["kernel"]),
        2 if rank(0) >= 2 && (1..rank(0)).contains(&rank(1)) => Some(&["kernel", "bias"]),
        _ => None,
    }
}

fn embeddings(words: &'static [&'static str], weights: &[Numbered<'_>]) -> Option<&'static [&'static str]> {
    let are_tables = weights.iter().all(|table| table.has_rank(2) && table.dtype.is_float());
    (weights.len() == words.len() && are_tables).then_some(words)
}

/// The recurrent kernel has as many columns as the kernel, and so has the bias.
fn cell(weights: &[Numbered<'_>]) -> Option<&'static [&'static str]> {
    let columns = weights.first()?.last()?;
    let fits = weights.iter().all(|weight| weight.last() == Some(columns));
    let kernels = weights.iter().take(2).all(|weight| weight.has_rank(2));
    match weights.len() {
        2 if fits && kernels => Some(&["kernel", "recurrent_kernel"]),
        3 if fits && kernels => Some(&["kernel", "recurrent_kernel", "bias"]),
        _ => None,
    }
}

fn separable(weights: &[Numbered<'_>], rank: usize) -> Option<&'static [&'static str]> {
    let kernels = weights.iter().take(2).all(|weight| weight.has_rank(rank));
    match weights.len() {
        2 if kernels => Some(&["depthwise_kernel", "pointwise_kernel"]),
        3 if kernels && weights.get(2)?.has_rank(1) => Some(&["depthwise_kernel", "pointwise_kernel", "bias"]),
        _ => None,
    }
}

/// The averages are always the last two; of scale and centre each may be left out.
fn batch_normalization(weights: &[Numbered<'_>]) -> Vec<Option<&'static str>> {
    match weights.len() {
        2 => vec![Some("moving_mean"), Some("moving_variance")],
        3 => vec![None, Some("moving_mean"), Some("moving_variance")],
        4 => vec![Some("gamma"), Some("beta"), Some("moving_mean"), Some("moving_variance")],
        count => vec![None; count],
    }
}
