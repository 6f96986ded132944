"""The admin as a whole: every page and form of every app."""
