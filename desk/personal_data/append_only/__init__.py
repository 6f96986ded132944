"""What an erasure empties in tables that are only added to: declared in `tables.py`, done by a
function of the database in the name of the tables' owner (`function.py`). Decision 0051."""
