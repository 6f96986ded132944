"""Classes of our pages exist: the theme's style sheet holds those that its own pages use."""

import re
from pathlib import Path

import unfold
from django.conf import settings

THEME = Path(unfold.__file__).parent / "static/unfold/css/styles.css"
OURS = Path(settings.BASE_DIR) / "desk/static/desk/admin.css"
# Read by scripts, or names of the admin's own pages.
NO_STYLES = {"colM", "errornote", "group/button", "opacity-100", "result-list", "submit-row"}


def styled() -> set[str]:
    """The classes that a style sheet names."""
    text = THEME.read_text() + OURS.read_text()
    names = re.findall(r"\.((?:\\.|[\w-])+)", text)
    return {re.sub(r"\\(.)", r"\1", name) for name in names}


def used() -> dict[str, Path]:
    """The classes of our templates, each with one that uses it."""
    classes: dict[str, Path] = {}
    for path in Path(settings.BASE_DIR).glob("*/templates/admin/**/*.html"):
        text = re.sub(r"{[%{].*?[%}]}", " ", path.read_text())
        for value in re.findall(r'\bclass="([^"]*)"', text):
            classes |= dict.fromkeys(value.split(), path)
    return classes


def test_every_class_of_our_pages_is_in_a_style_sheet():
    missing = {name: str(path) for name, path in used().items() if name not in styled()}
    assert {name: path for name, path in missing.items() if name not in NO_STYLES} == {}
    assert "whitespace-pre-line" in used()
