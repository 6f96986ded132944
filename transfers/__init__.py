"""Files of rows that staff upload to be imported, and lists that they export.

- `imports/`: a file is checked, looked at and applied, in the background;
- `exports/`: a list of the admin becomes a file, in the background;
- `models.py`, `states.py`: the jobs of both, and their files, which are encrypted at rest;
- `stored_files.py`: files in the database, written and read in parts;
- `jobs.py`: what both kinds of job share: who works on one, and how far it is.

Which imports there are, the apps say (`core/imports/registry.py`); which columns of a list are
exported, its admin page (`export_columns`).
"""
