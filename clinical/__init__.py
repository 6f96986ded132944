"""Patients and studies: health data; called by nobody but the workplace."""
