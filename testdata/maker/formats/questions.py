"""What is asked about a healthy fixture of each kind."""

from .says import says

LOADERS = ["keras.models.load_model", "tf_keras.models.load_model"]
ASKED = {"keras-archive": LOADERS, "keras-h5": LOADERS, "keras-directory": LOADERS,
         "v1": ["tf.train.load_checkpoint"], "saved-model": ["tf.saved_model.load", *LOADERS]}


def ask_about(folder, facts):
    """The answers, by call."""
    return says(folder, facts["path"], ASKED.get(facts["kind"], []))
