"""Pairs of checkpoints of one program before and after a change: testdata/renames."""
