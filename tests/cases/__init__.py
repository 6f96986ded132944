"""Faults from real life, asked of a running Dosette over HTTP: `python -m tests.cases`."""
