"""Values that look trained: finite, not constant, different in every variable, always the same."""

import numpy as np

WEIGHT, SCALE, MEAN, VARIANCE = "weight", "scale", "mean", "variance"
FIRST_MOMENT, SECOND_MOMENT, RATE, COUNT = "first moment", "second moment", "rate", "count"


def role_of(name):
    """The role of a variable of a model, from its name."""
    leaf = name.split(":")[0].rsplit("/", 1)[-1]
    return {"gamma": SCALE, "moving_mean": MEAN, "moving_variance": VARIANCE}.get(leaf, WEIGHT)


def trained(shape, dtype, number, role=WEIGHT, step=1):
    """The values of variable `number` at `step`, as an array."""
    shape = tuple(shape)
    if role == COUNT:
        return np.asarray(250 * step + number, dtype)
    if role == RATE:
        return np.asarray(0.001 * (1 + 0.01 * number), dtype)
    place = np.arange(int(np.prod(shape)), dtype=np.float64)
    wave = np.sin(0.61 * place + 1.7 * number + 0.05 * step + 0.3)
    if np.issubdtype(np.dtype(dtype), np.integer):
        return (np.floor(40 * wave) + 50 + number).astype(dtype).reshape(shape)
    values = {WEIGHT: 0.3 * wave, SCALE: 1.0 + 0.2 * wave, MEAN: 0.1 + 0.4 * wave,
              VARIANCE: 0.8 + 0.3 * wave, FIRST_MOMENT: 0.01 * wave,
              SECOND_MOMENT: 1e-4 * (1.5 + wave)}[role]
    return values.astype(dtype).reshape(shape)
