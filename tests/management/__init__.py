"""Commands of Django that the test suite does in its own way."""
