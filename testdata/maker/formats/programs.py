"""Gathers the programs of all kinds; importing it registers them."""

from . import archives, keras_h5, keras_weights, meta, one_model, saved, small, state, trouble, v1  # noqa: F401
