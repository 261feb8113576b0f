"""Fixtures of every kind of file other than the bundle: testdata/formats and testdata/foreign."""
