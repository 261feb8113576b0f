"""Names of the fixtures, and the clock they all go by."""

import types

from tensorflow.python.checkpoint import checkpoint_management

FIXTURES = {}  # name: (function that saves it, its sentence)
ROOTS = {}     # name: function that builds the same objects anew, for restoring


def fixture(name, about, root=None):
    """Register `function(...) -> told`, which saves into the current directory."""
    def register(function):
        assert name not in FIXTURES
        FIXTURES[name] = (function, about)
        if root:
            ROOTS[name] = root
        return function
    return register


def pin_clock(start=1_700_000_000):
    """State files get made-up times, a minute apart."""
    ticks = iter(range(start, start + 60_000_000, 60))
    checkpoint_management.time = types.SimpleNamespace(time=lambda: float(next(ticks)))
