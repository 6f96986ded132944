"""Searches: which parameters there are, how they narrow rows, and how pages follow each other."""
