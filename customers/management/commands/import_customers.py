"""`manage.py import_customers FILE`."""

from core.imports import ImportCommand
from customers.imports import CustomerImporter


class Command(ImportCommand):
    """Imports customers from a CSV file."""

    help = "Import customers from a CSV file: all or nothing, and safe to repeat."
    importer = CustomerImporter
