"""What tests of the clinic share."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, storages


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where attachments are stored: a real folder, as in production."""
    backend = "django.core.files.storage.FileSystemStorage"
    options = {"location": str(tmp_path / "attachments")}
    settings.STORAGES = settings.STORAGES | {
        "attachments": {"BACKEND": backend, "OPTIONS": options}
    }
    assert isinstance(storages["attachments"], FileSystemStorage)
    return tmp_path / "attachments"
