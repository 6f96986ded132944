"""`manage.py import_studies FILE` (requirement B4)."""

from clinical.imports.studies import StudyImporter
from core.imports import ImportCommand


class Command(ImportCommand):
    """Imports studies from a CSV file."""

    help = "Import studies from a CSV file: all or nothing, and safe to repeat."
    importer = StudyImporter
