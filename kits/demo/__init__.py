"""The demo's kits: two of each type on the shelf, for the packing bench."""

from pathlib import Path

from core.imports import run
from kits.imports import KitImporter

DATA = Path(__file__).parent / "kits.csv"


def load() -> None:
    """Import them; a second call adds nothing. Raises RuntimeError when a row is bad."""
    with DATA.open("rb") as file:
        report = run(KitImporter(), file, by="command:load_demo")
    if not report.ok:
        raise RuntimeError(f"{DATA.name}: {report.problems[0]}")
