"""Patients and studies over HTTP; called by URLs only."""
