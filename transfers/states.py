"""The lives of an import and of an export."""

from django.db import models

from core.workflow import Workflow


class ImportState(models.TextChoices):
    """What staff see of an import."""

    UPLOADED = "uploaded", "waits to be checked"
    CHECKING = "checking", "being checked"
    CHECKED = "checked", "ready to be applied"
    APPLYING = "applying", "being applied"
    APPLIED = "applied"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ExportState(models.TextChoices):
    """What staff see of an export."""

    WAITING = "waiting"
    RUNNING = "running", "being written"
    READY = "ready", "ready to be downloaded"
    CANCELLED = "cancelled"
    FAILED = "failed"
    REMOVED = "removed", "removed after its time"


# Nothing is written before `applying` ends, and then all of it: see imports/work.py. It goes back
# to `checked` where something changed since somebody looked.
IMPORT = Workflow(
    transitions={
        "uploaded": frozenset({"checking", "cancelled"}),
        "checking": frozenset({"checked", "refused", "cancelled", "failed"}),
        "checked": frozenset({"applying", "cancelled"}),
        "applying": frozenset({"applied", "checked", "refused", "cancelled", "failed"}),
        "applied": frozenset(),
        "refused": frozenset(),
        "cancelled": frozenset(),
        "failed": frozenset(),
    }
)
EXPORT = Workflow(
    transitions={
        "waiting": frozenset({"running", "cancelled"}),
        "running": frozenset({"ready", "cancelled", "failed"}),
        "ready": frozenset({"removed"}),
        "cancelled": frozenset(),
        "failed": frozenset(),
        "removed": frozenset(),
    }
)
# A worker has it, or is to take it.
OPEN_IMPORTS = ("uploaded", "checking", "applying")
OPEN_EXPORTS = ("waiting", "running")

# How the admin colours them.
STATE_COLOURS = {
    "checking": "warning",
    "checked": "info",
    "applying": "warning",
    "applied": "success",
    "refused": "danger",
    "waiting": "info",
    "running": "warning",
    "ready": "success",
    "failed": "danger",
}
