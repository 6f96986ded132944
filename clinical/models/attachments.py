"""Files that belong to a study: health data, encrypted where they are stored."""

from typing import Any

from django.db import models
from django.db.models import Q

from clinical.models.studies import Study
from core.database import clock
from core.encryption.fields import EncryptedCharField

LONGEST_NAME = 100


class AttachmentKind(models.TextChoices):
    """What kinds of files are taken, as their content says."""

    PDF = "PDF", "PDF"
    PNG = "PNG", "PNG"
    JPEG = "JPEG", "JPEG"
    DICOM = "DICOM", "DICOM"


# By which type each is served, and how its name ends.
SERVED_AS = {
    AttachmentKind.PDF: ("application/pdf", ".pdf"),
    AttachmentKind.PNG: ("image/png", ".png"),
    AttachmentKind.JPEG: ("image/jpeg", ".jpg"),
    AttachmentKind.DICOM: ("application/dicom", ".dcm"),
}


class StudyAttachment(models.Model):
    """A file of a study. Never deleted: one of another study or patient is entered in error.

    Made by `clinical.attachments.services` only. `stored_as` is its random name in the storage,
    `file_key` the key of this file alone (core/encryption/files.py).
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=5, choices=AttachmentKind.choices)
    # A name may tell whose it is.
    name = EncryptedCharField(max_length=LONGEST_NAME)
    size = models.PositiveIntegerField(help_text="Bytes.")
    digest = EncryptedCharField(max_length=64, help_text="SHA-256 of its content.")
    stored_as = models.CharField(max_length=80, unique=True)
    file_key = EncryptedCharField(max_length=64)
    uploaded_by = models.CharField(max_length=100)
    uploaded_at = models.DateTimeField(default=clock.now, editable=False)
    entered_in_error_at = models.DateTimeField(null=True, editable=False)
    entered_in_error_by = models.CharField(max_length=100, blank=True, default="")
    # Its name and key are gone with the person's data: nobody can read the file, which is removed.
    erased_at = models.DateTimeField(null=True, editable=False)
    file_removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = "attachment"
        constraints = [
            models.CheckConstraint(
                condition=Q(entered_in_error_at=None) | ~Q(entered_in_error_by=""),
                name="attachment_in_error_says_who",
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(erased_at__isnull=False, file_removed_at=None),
                name="attachment_file_to_remove",
            )
        ]

    def __str__(self) -> str:
        return f"attachment {self.pk}"

    @property
    def is_on_record(self) -> bool:
        """Whether it counts."""
        return self.entered_in_error_at is None and self.erased_at is None

    @property
    def content_type(self) -> str:
        """The media type by which it is served: its content's, whatever the upload said."""
        return SERVED_AS[AttachmentKind(self.kind)][0]


def on_record() -> "models.QuerySet[StudyAttachment, Any]":
    """The attachments that were neither entered in error nor erased."""
    return StudyAttachment.objects.filter(entered_in_error_at=None, erased_at=None)
