"""All programs of testdata/renames: importing this registers them."""

from . import blocks, files, keras2, keras3, modules, saver, saver_state  # noqa: F401
