"""Numbers for the variables of a program: of a role that shows, and always the same."""

import hashlib

import numpy as np

ONES = ("gamma", "moving_variance", "beta1_power", "beta2_power")
COUNTS = ("iteration", "iterations", "save_counter", "global_step", "iter")
SECOND = ("v", "vhat", "velocity", "Adam_1", "rms")


def chance(*words):
    """A generator that these words determine."""
    return np.random.Generator(np.random.PCG64(
        int.from_bytes(hashlib.sha256("|".join(words).encode()).digest()[:8], "little")))


def probe(identity, shape, dtype):
    """A value that no other identity has."""
    draw = chance("probe", identity)
    if np.dtype(dtype).kind in "iu":
        return draw.integers(1, 2**31 - 1, shape).astype(dtype)
    return draw.random(shape).astype(dtype)


def trained(seed, identity, shape, dtype):
    """A value as training leaves it."""
    draw = chance(seed, identity)
    layer, _, slot = identity.partition(":")
    leaf = layer.rsplit("/", 1)[-1]
    if np.dtype(dtype).kind in "iu":
        return draw.integers(100, 900, shape).astype(dtype)
    around = draw.random(shape) - 0.5
    if slot in ("ema", ""):
        values = {"learning_rate": 0.001 + 0.0002 * around}.get(leaf)
        if values is None:
            values = 1 + 0.4 * around if leaf in ONES else (0.2 if "bias" in leaf else 0.6) * around
    else:
        values = 1e-4 * (around + 0.6) if slot in SECOND else 0.02 * around
    return np.asarray(values, dtype)


def initial(seed, identity, shape, dtype):
    """A value as a program has it that has not trained yet."""
    layer, _, slot = identity.partition(":")
    leaf = layer.rsplit("/", 1)[-1]
    if np.dtype(dtype).kind in "iu":
        return np.zeros(shape, dtype)
    if leaf in ONES and not slot:
        return np.ones(shape, dtype)
    if leaf == "learning_rate":
        return np.full(shape, 0.001, dtype)
    if slot not in ("", "ema") or "bias" in leaf or leaf in ("beta", "moving_mean"):
        return np.zeros(shape, dtype)
    return trained(seed, layer, shape, dtype)


def value(mode, side, identity, shape, dtype):
    """The value of a variable of one side."""
    seed = "both" if mode == "same" else side
    return (initial if mode == "initial" else trained)(seed, identity, shape, dtype)
