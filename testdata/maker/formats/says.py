"""What Keras and TensorFlow do with a path. Every question is asked in a process of its own."""

import os
import re

import tensorflow as tf

from ..outcome import ask, plain

PLACE = re.compile(r"Detected at node|File \"|No stack trace|<stack traces|\t*\[\[")  # where, not what
NODE = re.compile(r"\{\{function_node .*?\}\} ")
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
LONGEST = 500


def brief(error):
    """The type of an exception and the first line of its text, with one more where that ends with a
    colon; cut when it is very long."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    text = f"{type(error).__name__}: {lines[0]}"
    if lines[0].endswith(":") and len(lines) > 1:
        text += " " + next((line for line in lines[1:] if not PLACE.match(line)), "")
    text = ADDRESS.sub(" at 0x...", NODE.sub("", text)).rstrip()
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def attempt(function, *arguments):
    try:
        return function(*arguments) or "ok"
    except Exception as error:  # the exception is the answer
        return brief(error)


def keras3_load_model(path):
    import keras
    keras.models.load_model(path)


def keras2_load_model(path):
    import tf_keras
    tf_keras.models.load_model(path)


def keras3_load_weights(path, build):
    build().load_weights(path)


def load_checkpoint(path):
    tf.train.load_checkpoint(path)


def load_saved_model(path):
    tf.saved_model.load(path)


QUESTIONS = {"keras.models.load_model": keras3_load_model,
             "tf_keras.models.load_model": keras2_load_model,
             "tf.train.load_checkpoint": load_checkpoint,
             "tf.saved_model.load": load_saved_model}


def answer(folder, function, *arguments):
    return plain(ask(attempt, function, *arguments), folder)


def says(folder, path, questions, **builders):
    """{call: answer} for a path below the folder. `builders`: {call: (function, its model)}."""
    full = folder if path == "." else os.path.join(folder, path)
    out = {name: answer(folder, QUESTIONS[name], full) for name in questions}
    for name, (function, build) in builders.items():
        out[name] = answer(folder, function, full, build)
    return out
