#!/usr/bin/env python3
"""Makes the fixtures of this directory: `python testdata/make.py [--python212 PATH] [NAME...]`.

Every fixture is saved by a process of its own, forked from one that has only imported
TensorFlow, so names of layers and variables do not depend on what was made before. All values,
times and orders are fixed: a second run writes the same bytes. README.md tells what there is.
`--python212` names a Python with TensorFlow 2.12, for the fixtures that only it can write.
"""

import argparse
import os
import sys

ENVIRONMENT = {"PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1",
               "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONDONTWRITEBYTECODE": "1"}
if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
    os.environ.update(ENVIRONMENT)
    os.execv(sys.executable, [sys.executable, *sys.argv])

HERE = os.path.dirname(os.path.abspath(__file__))

from maker import fixtures  # noqa: E402  (needs the environment above)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes the fixtures of this directory.")
    parser.add_argument("--python212", metavar="PATH", help="a Python with TensorFlow 2.12")
    parser.add_argument("names", nargs="*", metavar="NAME", help="fixtures to make (all)")
    told = parser.parse_args()
    sys.exit(fixtures.make(HERE, told.names, told.python212))
