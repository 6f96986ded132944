"""`manage.py import_kits FILE`."""

from core.imports import ImportCommand
from kits.imports import KitImporter


class Command(ImportCommand):
    """Imports kits and their lots from a file."""

    help = "Import kits from a CSV file or a workbook: all or nothing, and safe to repeat."
    importer = KitImporter
