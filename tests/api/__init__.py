"""The API as a whole: every endpoint of every app."""
