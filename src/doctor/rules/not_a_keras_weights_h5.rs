//! K015: an HDF5 file in which Keras finds no layers.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K015",
    name: "not-a-keras-weights-h5",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The file is HDF5, but nothing in it tells which layers it holds: another program wrote it, a save was cut off before the list of layers was written, or it is the empty file that old versions of Keras left behind. The arrays in it can be listed all the same.",
        you_see: &[
            "ValueError: Layer count mismatch when loading weights from file. Model expected {m} layers, found 0 saved layers.",
            "KeyError: \"Can't open attribute (can't locate attribute: 'layer_names')\"",
            "RuntimeError: Unable to create attribute (object header message is too large)",
            "ValueError: No model found in config file.",
        ],
        knows: "Keras lists the layers of a model in the attribute layer_names (in several, if it is long), or keeps a group vars for each object. The file has neither.",
        fix: "Save again, with a Keras of this decade. Arrays of another program can be read with h5py and given to the variables:

    import h5py
    with h5py.File(\"model.h5\") as file:
        layer.set_weights([file[\"conv1/W\"][()], file[\"conv1/b\"][()]])",
        not: "Renaming the file: Keras reads the same bytes under every name.",
        ignore: "If Keras is not to load it.",
        see: &["K012", "K028"],
    },
};
