//! What the weights of layers are called that Keras 3 has quantised, by what they hold: int8, int4, float8, GPTQ, AWQ.

use super::words::Numbered;
use crate::model::Kind;

/// What a weight of a quantised layer holds.
#[derive(Clone, Copy)]
enum Holds {
    /// Packed or plain numbers with a sign.
    Signed,
    /// Numbers without one.
    Unsigned,
    /// Real numbers: of any shape, one, or a row of them.
    Floats,
    Float,
    Row,
}

impl Holds {
    fn fits(self, weight: &Numbered<'_>) -> bool {
        match self {
            Self::Signed => matches!(weight.dtype.kind(), Kind::Int { .. }),
            Self::Unsigned => matches!(weight.dtype.kind(), Kind::UInt { .. }),
            Self::Floats => weight.dtype.is_float(),
            Self::Float => weight.dtype.is_float() && weight.has_rank(0),
            Self::Row => weight.dtype.is_float() && weight.has_rank(1),
        }
    }
}

type Weights = &'static [(&'static str, Holds)];

/// The weights of quantised dense layers in the order in which Keras 3 stores them; the bias may be left out.
const DENSE: [Weights; 7] = {
    use Holds::{Float, Floats, Row, Signed, Unsigned};
    const BIAS: (&str, Holds) = ("bias", Floats);
    const SCALE: (&str, Holds) = ("kernel_scale", Floats);
    const GROUPS: (&str, Holds) = ("g_idx", Row);
    [
        &[("kernel", Signed), BIAS, SCALE],
        &[("kernel", Signed), BIAS, SCALE, ("kernel_zero", Signed), GROUPS],
        &[BIAS, ("kernel", Unsigned), SCALE, GROUPS],
        &[BIAS, ("kernel", Unsigned), SCALE, ("kernel_zero", Unsigned), GROUPS],
        &[BIAS, ("kernel", Unsigned), SCALE, ("awq_scales", Row), GROUPS],
        &[BIAS, ("kernel", Unsigned), SCALE, ("kernel_zero", Unsigned), ("awq_scales", Row), GROUPS],
        &[
            ("kernel", Floats),
            BIAS,
            ("inputs_scale", Float),
            ("inputs_amax_history", Row),
            ("kernel_scale", Float),
            ("kernel_amax_history", Row),
            ("outputs_grad_scale", Float),
            ("outputs_grad_amax_history", Row),
        ],
    ]
};

/// The same of embeddings.
const EMBEDDING: [Weights; 2] = [
    &[("embeddings", Holds::Signed), ("embeddings_scale", Holds::Floats)],
    &[
        ("embeddings", Holds::Signed),
        ("embeddings_scale", Holds::Floats),
        ("embeddings_zero", Holds::Signed),
        ("g_idx", Holds::Row),
    ],
];

/// The words of a quantised layer, if its weights are those of one kind alone.
pub(super) fn words(class: &str, weights: &[Numbered<'_>]) -> Option<Vec<Option<&'static str>>> {
    let kinds: &[Weights] = if class == "Embedding" { &EMBEDDING } else { &DENSE };
    let fitting = |with_bias: bool| {
        kinds.iter().filter_map(move |kind| {
            let kind = kind.iter().filter(move |(word, _)| with_bias || *word != "bias");
            let fits = kind.clone().count() == weights.len()
                && kind.clone().zip(weights).all(|((_, holds), weight)| holds.fits(weight));
            fits.then(|| kind.map(|(word, _)| Some(*word)).collect::<Vec<_>>())
        })
    };
    let mut fitting = fitting(true).chain(fitting(false));
    let first = fitting.next()?;
    fitting.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DType;

    /// The words for weights given as type and axes, as Keras 3.15 stores them.
    fn told(class: &str, weights: &[(&str, &[u64])]) -> String {
        let numbered: Vec<Numbered<'_>> = weights
            .iter()
            .map(|(dtype, axes)| Numbered { dtype: DType::from_name(dtype).unwrap(), axes: Some(axes) })
            .collect();
        let words = words(class, &numbered).unwrap_or_default();
        words.into_iter().map(|word| word.unwrap_or("?")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_mode_has_its_own_order() {
        let (f, i, u) = ("float32", "int8", "uint8");
        for (weights, wanted) in [
            (&[(i, &[4, 8][..]), (f, &[8]), (f, &[8])][..], "kernel bias kernel_scale"),
            (&[(i, &[8, 4]), (f, &[4])], "kernel kernel_scale"),
            (
                &[(i, &[4, 4]), (f, &[8]), (f, &[1, 8]), (i, &[1, 8]), (f, &[4])],
                "kernel bias kernel_scale kernel_zero g_idx",
            ),
            (&[(i, &[8, 2]), (f, &[1, 4]), (i, &[1, 4]), (f, &[8])], "kernel kernel_scale kernel_zero g_idx"),
            (&[(f, &[8]), (u, &[4, 4]), (f, &[8, 1]), (f, &[4])], "bias kernel kernel_scale g_idx"),
            (&[(u, &[2, 8]), (f, &[4, 1]), (f, &[8])], "kernel kernel_scale g_idx"),
            (
                &[(f, &[8]), (u, &[4, 4]), (f, &[8, 1]), (f, &[4]), (f, &[4])],
                "bias kernel kernel_scale awq_scales g_idx",
            ),
            (
                &[(f, &[8, 4]), (f, &[]), (f, &[1024]), (f, &[]), (f, &[1024]), (f, &[]), (f, &[1024])],
                "kernel inputs_scale inputs_amax_history kernel_scale kernel_amax_history outputs_grad_scale \
                 outputs_grad_amax_history",
            ),
            // Not quantised, or nothing that Keras stores.
            (&[(f, &[4, 8]), (f, &[8])], ""),
            (&[(i, &[4, 8])], ""),
        ] {
            assert_eq!(told("Dense", weights), wanted);
        }
        assert_eq!(told("Embedding", &[(i, &[10, 8]), (f, &[10])]), "embeddings embeddings_scale");
        let packed = [(i, &[10, 4][..]), (f, &[10, 1]), (i, &[10, 1]), (f, &[8])];
        assert_eq!(told("Embedding", &packed), "embeddings embeddings_scale embeddings_zero g_idx");
    }
}
