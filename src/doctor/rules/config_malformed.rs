//! K036: JSON of Keras that does not parse.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K036",
    name: "config-malformed",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "A text in which Keras describes the model is not the JSON that it writes: config.json of a .keras \
archive, the attributes model_config and training_config of an .h5 file, the list of sharded weights. load_model() \
stops there, before it looks at a weight; load_weights() reads none of them but the list of shards. Of metadata.json \
nothing is read back: there only the version that saved the model is lost, and this is no error.",
        you_see: &[
            "JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
            "JSONDecodeError: Unterminated string starting at: line 1 column {n} (char {n})",
            "UnicodeDecodeError: 'utf-8' codec can't decode byte {b} in position {n}: invalid start byte",
            "ValueError: Expected object to be an instance of `KerasSaveable`, but got {value} of type {type}",
            "TypeError: `model_from_config` expects a dictionary, not a list",
        ],
        knows: "The text is parsed, and has to be one object.",
        fix: "Fetch the file again, or take another copy. The weights are not touched by this: build the model in \
code as it was, and load them into it:

    model.load_weights(\"model.keras\")

Where training_config alone is damaged, leave it out:

    keras.models.load_model(\"model.h5\", compile=False)",
        not: "Editing the text until it parses: what was cut off is gone, and a model of other shapes refuses the weights.",
        ignore: "If the model is built in code and only its weights are loaded.",
        see: &["K028", "K031"],
    },
};
