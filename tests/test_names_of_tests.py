"""A test file lies and is called as the module it tests, in every app."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Behaviour that spans modules: there is no one module after which its tests could be named.
SPANS_MODULES = {
    "clinical/tests/api/test_access_log.py": "every door through which health data is read",
    "clinical/tests/fhir/test_examples.py": "the clinic's own files, from import to every answer",
    "clinical/tests/fhir/test_conversations.py": "what a client does, one request after another",
    "clinical/tests/laboratories/test_conformance.py": "every laboratory",
    "clinical/tests/test_one_name.py": "a way to be called, from files and forms to searches",
    "desk/tests/test_page_texts.py": "templates, of pages that are other apps'",
    "notifications/tests/channels/test_transports.py": "every file of the folder, also a new one",
    "notifications/tests/test_address_page.py": "our message with the orders' page it links to",
    "notifications/tests/test_privacy.py": "broker, logs and error reports",
    "shipping/tests/exceptions/test_waiting_for_an_address.py": "orders' case, ended by anybody",
    "shipping/tests/providers/test_carriers_texts.py": "every place that shows carriers' words",
    "shipping/tests/providers/test_conformance.py": "every provider",
    "shipping/tests/providers/test_sandbox_faults.py": "every provider, and the sandbox",
}


def _tests_of_apps() -> list[Path]:
    apart = {".venv", ".tools", "var"}
    found = (path.relative_to(ROOT) for path in ROOT.glob("*/**/test_*.py"))
    return sorted(p for p in found if "tests" in p.parts[1:-1] and not apart & set(p.parts))


def _modules_beside(path: Path) -> set[str]:
    """The modules and folders whose tests belong where this file is."""
    at = path.parts.index("tests")
    folder = ROOT.joinpath(*path.parts[:at], *path.parts[at + 1 : -1])
    folder = folder / "commands" if folder.name == "management" else folder
    parts = {each.stem for each in folder.glob("*.py")} | {p.name for p in folder.glob("*/")}
    return {part.strip("_") for part in parts - {"tests", "__pycache__"}}


@pytest.mark.parametrize("path", _tests_of_apps(), ids=str)
def test_tests_lie_and_are_called_as_what_they_test(path):
    """`app/room/tests/test_module.py` or `app/tests/room/test_module.py`; `test_module_what.py`
    for one part of it."""
    words = path.stem.removeprefix("test_").split("_")
    names = {"_".join(words[:length]) for length in range(1, len(words) + 1)}
    assert bool(names & _modules_beside(path)) != (str(path) in SPANS_MODULES)


# Lines of test to a line of code: may only rise.
LEAST_TESTED = {
    "clinical": 0.95,  # 1.5 before its admin and API had verbs, which tests/ tries
    "core": 0.5,
    "customers": 1.1,
    "desk": 1.0,
    "identity": 0.88,  # 0.9 before tables of rights, whose pages tests/ tries, too
    "kits": 0.62,
    "notifications": 1.04,  # 1.05 before previews of settings
    "orders": 0.7,
    "shipping": 0.85,
    "transfers": 0.45,
}


@pytest.mark.parametrize(("app", "least"), LEAST_TESTED.items())
def test_an_app_has_so_many_lines_of_test_of_its_own(app, least):
    lines = {True: 0, False: 0}
    for path in (ROOT / app).rglob("*.py"):
        if "migrations" not in path.parts:
            lines["tests" in path.parts] += len(path.read_text().splitlines())
    assert lines[True] >= least * lines[False]
