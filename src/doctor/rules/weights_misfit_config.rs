//! K032: weights of other shapes than the configuration beside them makes.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K032",
    name: "weights-misfit-config",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The file holds a configuration, from which load_model() builds the model, and weights, which it puts into it. Here a weight has another shape than the layer that the configuration describes: the configuration was edited, or the weights come from another model.",
        you_see: &[
            "ValueError: Shape mismatch in layer #{n} (named {l}) for weight {w}. Weight expects shape {a}. Received saved weight with shape {b}",
            "ValueError: Input 0 with name 'None' of layer '{l}' is incompatible with the layer: expected axis -1 of input shape to have value {a}, but received input with shape {b}",
            "ValueError: Cannot assign value to variable '{w}': Shape mismatch. The variable shape {a}, and the assigned value shape {b} are incompatible.",
        ],
        knows: "The units, filters and sizes in the configuration are held against the shapes of the stored weights, for the layers of Keras' own in which these follow from each other (Dense, Embedding, Conv1D to Conv3D).",
        fix: "Build the model as it was when the weights were saved, and load the weights alone:

    model.load_weights(\"model.keras\")",
        not: "skip_mismatch=True: it leaves these weights at random values.",
        ignore: "If only the weights are loaded, into a model that fits them.",
        see: &["K028"],
    },
};
