"""Text at every door: what is typed, imported, searched and sorted."""
