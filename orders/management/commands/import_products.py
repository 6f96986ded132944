"""`manage.py import_products FILE`."""

from core.imports import ImportCommand
from orders.imports.products import ProductImporter


class Command(ImportCommand):
    """Imports products from a file."""

    help = "Import products from a CSV file or a workbook: all or nothing, and safe to repeat."
    importer = ProductImporter
