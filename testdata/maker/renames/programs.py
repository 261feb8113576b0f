"""All programs of testdata/renames: importing this registers them."""

from . import saver, saver_state  # noqa: F401
