"""`manage.py import_patients FILE` (requirement B4)."""

from clinical.imports.patients import PatientImporter
from core.imports import ImportCommand


class Command(ImportCommand):
    """Imports patients from a CSV file."""

    help = "Import patients from a CSV file: all or nothing, and safe to repeat."
    importer = PatientImporter
