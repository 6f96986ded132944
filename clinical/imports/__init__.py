"""Patients and studies from the clinic's old system (requirement B4): a module for each file."""
