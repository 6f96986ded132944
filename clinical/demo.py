"""The demo's patients and studies: the clinic's own files."""

from pathlib import Path

from clinical.imports.patients import PatientImporter
from clinical.imports.studies import StudyImporter
from core.imports import Importer, run

DATA = Path(__file__).parent / "demo_data"


def load() -> None:
    """Import both files; a second call adds nothing. Raises RuntimeError when a row is bad."""
    _load(PatientImporter(), "patients.csv")
    _load(StudyImporter(), "studies.csv")


def _load(importer: Importer, name: str) -> None:
    with (DATA / name).open("rb") as file:
        report = run(importer, file, by="command:load_demo")
    if not report.ok:
        raise RuntimeError(f"{name}: {report.problems[0]}")
