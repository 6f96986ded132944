"""The jobs that are measured; called by `make bench`."""
