"""Imports and exports, with their files."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.database import clock
from core.encryption.fields import EncryptedTextField
from core.workflow import Event
from transfers.states import EXPORT, IMPORT, OPEN_EXPORTS, OPEN_IMPORTS, ExportState, ImportState


class StoredFile(models.Model):
    """A file in parts, encrypted. It goes when it was imported, or after a day."""

    size = models.PositiveBigIntegerField(default=0, help_text="Bytes, before encryption.")
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"file {self.pk}"


class FilePart(models.Model):
    """Up to a megabyte of a file."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = EncryptedTextField(help_text="Base64.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="one_part_of_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.file_id}: {self.number}"


class Job(models.Model):
    """What imports and exports share: whose they are, and the worker that has one (jobs.py)."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    address = models.GenericIPAddressField(null=True, editable=False)
    file = models.OneToOneField(
        StoredFile, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField("when", default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    worked_at = models.DateTimeField(null=True, editable=False)
    fencing_token = models.PositiveIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    stage = models.CharField(max_length=20, blank=True, default="", editable=False)
    rows = models.PositiveIntegerField(default=0, editable=False)
    percent = models.PositiveSmallIntegerField(default=0, editable=False)
    remark = models.CharField(max_length=500, blank=True, default="", editable=False)

    class Meta:
        abstract = True


class Import(Job):
    """A file of rows: checked, looked at, applied."""

    WORKFLOW = IMPORT

    noun = models.CharField("what", max_length=40, editable=False)
    state = models.CharField(
        max_length=20, choices=ImportState.choices, default=ImportState.UPLOADED, editable=False
    )
    created = models.PositiveIntegerField(default=0, editable=False)
    updated = models.PositiveIntegerField(default=0, editable=False)
    problems = models.PositiveIntegerField(default=0, editable=False)
    # A keyed digest of all that the import would create and change: what somebody looked at.
    fingerprint = models.CharField(max_length=64, blank=True, default="", editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=OPEN_IMPORTS), name="import_open")
        ]

    def __str__(self) -> str:
        return f"import {self.pk} of {self.noun}"

    @property
    def is_open(self) -> bool:
        """Whether a worker has it, or is to take it."""
        return self.state in OPEN_IMPORTS

    @property
    def unchanged(self) -> int:
        """How many rows are there already, just so."""
        return self.rows - self.created - self.updated


class ImportEvent(Event):
    """What was done to an import, and by whom."""

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]


class ImportPreview(models.Model):
    """A page of what an import would do: rows of one kind, as JSON."""

    class Kind(models.TextChoices):
        """What becomes of the rows."""

        CREATED = "created", "new"
        CHANGED = "changed"
        REFUSED = "refused"

    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="previews")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    page = models.PositiveIntegerField()
    content = EncryptedTextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "kind", "page"], name="one_preview_of_a_page")
        ]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.kind} {self.page}"


class Export(Job):
    """A list of the admin as a file, for the person who asked for it."""

    WORKFLOW = EXPORT

    class Format(models.TextChoices):
        """What the file is."""

        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX (Excel, LibreOffice)"

    of = models.CharField("list", max_length=60, editable=False, help_text="clinical.patient")
    # Search and filters as in the list's address: a search may be a patient's name.
    query = EncryptedTextField(blank=True, default="", editable=False)
    filters = models.CharField(max_length=300, blank=True, default="", editable=False)
    format = models.CharField(max_length=4, choices=Format.choices, default=Format.CSV)
    reason = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(
        max_length=20, choices=ExportState.choices, default=ExportState.WAITING, editable=False
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=OPEN_EXPORTS), name="export_open")
        ]

    def __str__(self) -> str:
        return f"export {self.pk} of {self.of}"

    @property
    def is_open(self) -> bool:
        """Whether a worker has it, or is to take it."""
        return self.state in OPEN_EXPORTS


class ExportEvent(Event):
    """What was done to an export, and by whom: downloads, too."""

    job = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="events")

    class Meta:
        ordering = ["id"]
