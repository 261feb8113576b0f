"""State files, the small text files beside checkpoints which name the newest."""

import os
import shutil

import tensorflow as tf
from tensorflow.python.checkpoint import checkpoint_management as management

from ..registry import pin_clock
from .registry import format_fixture


def save(*names):
    """Checkpoints of these names, all small, and no state file."""
    for number, name in enumerate(names):
        tf.train.Checkpoint(v=tf.Variable([number, 0.5])).write(f"./{name}")


def write(text):
    with open("checkpoint", "w", encoding="utf-8") as file:
        file.write(text)


def attempt(function):
    try:
        return function()
    except Exception as error:  # whatever it raises is the fact
        return f"{type(error).__name__}: {str(error).splitlines()[0]}".replace(os.getcwd(), "{dir}")


def relative(path):
    return path.replace(os.getcwd(), "{dir}") if isinstance(path, str) else path


def describe():
    """What TensorFlow reads out of the state file, and which checkpoints are there besides."""
    folder = os.getcwd()
    state = attempt(lambda: management.get_checkpoint_state(folder))
    fields = state
    if state is not None and not isinstance(state, str):
        fields = {"model_checkpoint_path": relative(state.model_checkpoint_path),
                  "all_model_checkpoint_paths": [relative(one) for one in
                                                 state.all_model_checkpoint_paths],
                  "all_model_checkpoint_timestamps": list(state.all_model_checkpoint_timestamps),
                  "last_preserved_timestamp": state.last_preserved_timestamp}
    manager = attempt(lambda: manager_of(folder))
    latest = relative(attempt(lambda: tf.train.latest_checkpoint(folder)))
    restored = restore(folder) if str(latest).startswith("{dir}") else None
    return {"kind": "state", "path": ".", "keras": None, "latest_checkpoint": latest,
            "healthy": restored == "ok",
            "restored": restored,
            "get_checkpoint_state": fields, "CheckpointManager": manager,
            "checkpoint_exists": {name: tf.compat.v1.train.checkpoint_exists(
                os.path.join(folder, name)) for name in present()}, "present": present()}


def restore(folder):
    """What restoring the latest comes to: a variable that keeps its value was not restored."""
    variable = tf.Variable([-1.0, -1.0])
    said = attempt(lambda: tf.train.Checkpoint(v=variable).restore(tf.train.latest_checkpoint(folder)))
    if isinstance(said, str):
        return said
    return "ok" if variable.numpy()[0] != -1.0 else "ok, but nothing is restored"


def manager_of(folder):
    """What a CheckpointManager makes of the directory."""
    copy = folder + ".copy"
    shutil.copytree(folder, copy)
    try:
        made = tf.train.CheckpointManager(tf.train.Checkpoint(v=tf.Variable([0.0, 0.0])), copy, 5)
        return {"latest_checkpoint": made.latest_checkpoint and made.latest_checkpoint.replace(
                    copy, "{dir}"),
                "checkpoints": [one.replace(copy, "{dir}") for one in made.checkpoints]}
    except Exception as error:  # whatever it raises is the fact
        return f"{type(error).__name__}: {str(error).splitlines()[0]}".replace(copy, "{dir}")
    finally:
        shutil.rmtree(copy)


def present():
    """The prefixes that have an index."""
    return sorted(name.removesuffix(".index") for name in os.listdir(".") if name.endswith(".index"))


def by_hand(name, about, text, *checkpoints):
    """A fixture with a state file of this text and these checkpoints."""
    def program():
        save(*checkpoints)
        write(text)
        return describe()
    format_fixture(name, about)(program)


def line(path, field="model_checkpoint_path"):
    return f'{field}: "{path}"\n'


ALL = "all_model_checkpoint_paths"

by_hand("state-relative", "Paths relative to the directory, two checkpoints.",
        line("ckpt-2") + line("ckpt-1", ALL) + line("ckpt-2", ALL), "ckpt-1", "ckpt-2")
by_hand("state-absolute", "Absolute paths of another machine; the checkpoints lie here.",
        line("/home/alice/run7/ckpt-2") + line("/home/alice/run7/ckpt-1", ALL)
        + line("/home/alice/run7/ckpt-2", ALL), "ckpt-1", "ckpt-2")
by_hand("state-some-missing", "Five checkpoints are named, two of them are there, not the newest.",
        line("ckpt-5") + "".join(line(f"ckpt-{number}", ALL) for number in range(1, 6)),
        "ckpt-2", "ckpt-4")
by_hand("state-newest-only", "Five checkpoints are named, only the newest is there.",
        line("ckpt-5") + "".join(line(f"ckpt-{number}", ALL) for number in range(1, 6)), "ckpt-5")
by_hand("state-orphans", "A checkpoint that the state file does not name lies beside the named ones.",
        line("ckpt-2") + line("ckpt-2", ALL), "ckpt-2", "ckpt-7", "best")
by_hand("state-empty-file", "A state file without bytes.", "", "ckpt-1")
by_hand("state-no-newest", "A state file that names checkpoints, but none as the newest.",
        line("ckpt-1", ALL), "ckpt-1")
by_hand("state-strange-field", "A field that TensorFlow does not know.",
        line("ckpt-1") + 'note: "mine"\n', "ckpt-1")
by_hand("state-escapes", "Escapes, single quotes, text in two parts, a comment; the last of two wins.",
        "# newest\n" + line("ckpt-1") + "model_checkpoint_path: '\\143kpt-' \"\\x32\"\n", "ckpt-2",
        "ckpt-1")
by_hand("state-subdirectory", "A path into a directory below.", line("run/ckpt-1"), "run/ckpt-1")
by_hand("state-parent", "A path that leaves the directory.", line("../elsewhere/ckpt-1"), "ckpt-1")
by_hand("state-index-path", "The newest is named with .index.", line("ckpt-1.index"), "ckpt-1")
by_hand("state-not-text", "JSON in place of a state file.",
        '{"model_checkpoint_path": "ckpt-1"}\n', "ckpt-1")


@format_fixture("state-manager", "Written by a CheckpointManager that keeps two and preserves one every "
                "hour: timestamps, and checkpoints on disk that the list leaves out.")
def manager():
    pin_clock()
    ticks = iter(range(0, 10 ** 6, 1500))
    management.time.time = lambda: 1_700_000_000.0 + next(ticks)
    made = tf.train.CheckpointManager(tf.train.Checkpoint(v=tf.Variable([1.0, 0.5])), ".", 2,
                                      keep_checkpoint_every_n_hours=1)
    for _ in range(6):
        made.save()
    return describe()
