"""Gathers the programs of all kinds; importing it registers them."""

from . import archives, keras_h5, keras_weights, one_model, v1  # noqa: F401
