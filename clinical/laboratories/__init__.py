"""Samples and what laboratories find in them: from registration to a study of the patient.

`samples` registers what a laboratory works on; apps above call it (docs/decisions/0061-results.md).
"""
