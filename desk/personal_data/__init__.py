"""Rights of the person: what is held of a customer or patient, given out, erased, let go in time.

A file for each app says what is held in it; `catalogue.py` has them all. An erasure is computed by
doing it: the preview does the same and takes it back. Decision 0045 says what stays and why.
"""
