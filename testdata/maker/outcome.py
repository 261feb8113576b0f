"""What TensorFlow does with a damaged checkpoint. It may abort, so every question is asked in a
process of its own."""

import json
import os
import re
import signal
import tempfile

import tensorflow as tf

from .registry import ROOTS
from .truth import exception_text


def ask(function, *arguments):
    """The answer of `function` from a forked process: {"answer": value}, or {"aborts": text}."""
    with tempfile.TemporaryFile("w+") as answer, tempfile.TemporaryFile("w+") as log:
        child = os.fork()
        if child == 0:
            os.dup2(log.fileno(), 2)
            try:
                text = json.dumps(function(*arguments))
            except Exception as error:  # the exception is the answer
                text = json.dumps(exception_text(error))
            answer.write(text)
            answer.flush()
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            log.seek(0)
            name = signal.Signals(os.WTERMSIG(status)).name
            return {"aborts": f"{name}: {last_check(log.read())}"}
        answer.seek(0)
        return {"answer": json.load(answer)}


def last_check(log):
    """The message of the failed check, without time and source line."""
    lines = [line for line in log.splitlines() if re.match(r"F\d{4} |F0000 |.*Check failed", line)]
    return re.sub(r"^.*?([\w_]+\.\w+):\d+\] ", r"\1: ", lines[-1]) if lines else ""


def load(path):
    tf.train.load_checkpoint(path)
    return "ok"


def latest(folder):
    return tf.train.latest_checkpoint(folder)


def keys_of(path):
    return sorted(tf.train.load_checkpoint(path).get_variable_to_shape_map())


def read_one(path, key):
    try:
        tf.train.load_checkpoint(path).get_tensor(key)
    except Exception as error:  # the exception is the answer
        return exception_text(error)
    return None


def read_all(path):
    """What happens when every tensor is read."""
    keys = ask(keys_of, path)
    if "aborts" in keys:
        return keys
    if isinstance(keys["answer"], str):
        return {"error": keys["answer"]}
    failed = {}
    for key in keys["answer"]:
        said = ask(read_one, path, key)
        text = "aborts: " + said["aborts"] if "aborts" in said else said["answer"]
        if text:
            failed[key] = text
    return {"tensors": len(keys["answer"]), "unreadable": len(failed), "errors": failed}


def restore(base, path):
    """Checkpoint.restore into the objects that were saved, and its assertion."""
    checkpoint = ROOTS[base]()
    if os.path.isdir(path):
        path = tf.train.latest_checkpoint(path)
    status = checkpoint.restore(path)
    try:
        status.assert_existing_objects_matched()
    except AssertionError as error:
        first = str(error).splitlines()[0]
        return f"ok, but assert_existing_objects_matched: AssertionError: {first}"
    return "ok"


def plain(said, folder):
    """The answer, with the place of the fixture replaced by {dir}."""
    if "aborts" in said:
        return {"aborts": said["aborts"].replace(folder, "{dir}")}
    return json.loads(json.dumps(said["answer"]).replace(folder, "{dir}"))


def says(folder, base, path):
    """All answers about one damaged fixture."""
    full = folder if path == "." else os.path.join(folder, path)
    out = {"latest_checkpoint": plain(ask(latest, os.path.dirname(full) if path != "." else full),
                                      folder),
           "load_checkpoint": plain(ask(load, full), folder),
           "read": plain({"answer": read_all(full)}, folder)}
    if base in ROOTS:
        out["Checkpoint.restore"] = plain(ask(restore, base, full), folder)
    return out
