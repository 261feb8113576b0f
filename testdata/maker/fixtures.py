"""Makes fixtures, each in a process of its own."""

import os
import shutil
import sys
import traceback

import tensorflow as tf

from . import graph, keras2, keras3, modules, raw, readme  # noqa: F401  (they register)
from .damaged import CASES
from .outcome import says
from .registry import FIXTURES, pin_clock
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


def make(top, names):
    """Make the named fixtures, or all; the exit code."""
    kinds = {**dict.fromkeys(FIXTURES, save), **dict.fromkeys(CASES, damage)}
    unknown = [name for name in names if name not in kinds]
    if unknown:
        print("no such fixture:", *unknown)
        return 2
    failed = [name for name in names or kinds if not in_child(kinds[name], top, name)]
    for name in failed:
        print("failed:", name)
    readme.update(os.path.join(top, "README.md"))
    return 1 if failed else 0
