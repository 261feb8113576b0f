"""Makes fixtures, each in a process of its own."""

import json
import os
import shutil
import sys
import traceback

import tensorflow as tf

from . import graph, keras2, keras3, modules, raw, readme  # noqa: F401  (they register)
from .damaged import CASES
from .formats import damaged as formats_damaged
from .formats import foreign, old, programs  # noqa: F401  (they register)
from .formats.registry import FORMATS
from .formats.questions import ask_about
from .outcome import says
from .registry import FIXTURES, pin_clock
from .renames import programs as renames  # noqa: F401  (registers)
from .renames import record
from .renames.registry import PAIRS
from .truth import describe, dump_json
from .wounds import inflict


def in_child(function, *arguments):
    """Run in a forked process; whether it went well."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            function(*arguments)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def save(top, name):
    """Let the program of a healthy fixture save, and TensorFlow describe it."""
    function, about = FIXTURES[name]
    folder = os.path.join(top, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    pin_clock()
    told = {"about": about, **function()}
    dump_json(describe(".", told), folder + ".json")


def damage(top, name):
    """Copy a healthy fixture, wound it, and let TensorFlow try it."""
    case = CASES[name]
    folder = os.path.join(top, "damaged", name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(top, case.base), folder)
    os.chdir(folder)
    record = inflict(case.wounds)
    os.chdir(top)
    dump_json({"schema": 1, "healthy": False, "about": case.about, "base": case.base,
               "path": case.path, "causes": case.causes, "wounds": record,
               "tensorflow": tf.__version__, "says": says(folder, case.base, case.path)},
              folder + ".json")


def save_format(top, name, python212=None):
    """Let the program of a fixture of another kind save and describe; ask about it afterwards,
    in a process that has not used TensorFlow yet."""
    function, about = FORMATS.get(name) or old.PROGRAMS[name]
    folder = os.path.join(top, "formats", name)

    def save_and_describe():
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        os.chdir(folder)
        pin_clock()
        facts = function() if name in FORMATS else old.run(python212, name, folder)
        dump_json({"schema": 1, "healthy": True, "about": about, "tensorflow": tf.__version__,
                   **facts}, folder + ".json")

    assert in_child(save_and_describe)
    with open(folder + ".json", encoding="ascii") as file:
        facts = json.load(file)
    dump_json(facts | {"says": ask_about(folder, facts)}, folder + ".json")


def make(top, names, python212=None):
    """Make the named fixtures, or all; the exit code."""
    kinds = {**dict.fromkeys(FIXTURES, save), **dict.fromkeys(CASES, damage)}
    kinds |= {f"formats/{name}": lambda top, name: save_format(top, name.partition("/")[2], python212)
              for name in [*FORMATS, *old.PROGRAMS]}
    kinds |= {f"formats/damaged/{name}": lambda top, name: formats_damaged.make(
        top, name.rpartition("/")[2]) for name in formats_damaged.CASES}
    kinds |= {f"renames/{name}": lambda top, name: record.make(top, name.partition("/")[2], in_child)
              for name in PAIRS}
    kinds["foreign"] = lambda top, _: foreign.make(top)
    unknown = [name for name in names if name not in kinds]
    if unknown:
        print("no such fixture:", *unknown)
        return 2
    names = names or list(kinds)
    skipped = [name for name in names if name.partition("/")[2] in old.PROGRAMS and not python212]
    if skipped:
        print("not made, since they need --python212 with TensorFlow 2.12:", *skipped)
    failed = [name for name in names if name not in skipped and not in_child(kinds[name], top, name)]
    for name in failed:
        print("failed:", name)
    readme.update(os.path.join(top, "README.md"))
    return 1 if failed else 0
