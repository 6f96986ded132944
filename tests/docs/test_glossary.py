"""The glossary holds: no identifier of the product contains a word that it replaced."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = (
    "core",
    "identity",
    "customers",
    "orders",
    "clinical",
    "shipping",
    "notifications",
    "kits",
    "transfers",
    "desk",
)
FOLDERS = (*APPS, "config", "devserver", "sandbox", "bench", ".ci")
ROW = re.compile(r"^\| (?!term |-)([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
# Stored or sent under these names, or HTTP's own.
KEPT = frozenset({"news_at", "news_at__lt", "HEALTH_WORDS", "PatientWords", "not_found"})


def rows() -> list[tuple[str, str, list[str]]]:
    """Term, meaning, and the words not to be used."""
    found = ROW.findall((ROOT / "docs/glossary.md").read_text())
    return [
        (term, meaning, [w.strip() for w in third.split(",") if w.strip()])
        for term, meaning, third in found
    ]


def replaced() -> set[str]:
    """Every word of the third column."""
    return {word for _, _, words in rows() for word in words}


def sources() -> Iterator[Path]:
    """The modules of the product, tests and migrations left out."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts) and path.name != "conftest.py":
                yield path


def identifiers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that a module gives to something, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno


def words_of(name: str) -> set[str]:
    """The words of a name in snake or camel case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def test_a_name_is_read_in_its_words():
    assert words_of("_HTTPLaneOf_news_at") == {"http", "lane", "of", "news", "at"}


def test_each_row_says_what_a_term_means_and_no_term_is_replaced_by_itself():
    table = rows()
    assert len(table) > 60
    assert len({term for term, _, _ in table}) == len(table)
    terms = {word for term, _, _ in table for word in re.findall(r"[a-z]+", term)}
    assert not terms & replaced()


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_identifier_contains_a_replaced_word(folder):
    wrong = []
    for path in sources():
        name = path.relative_to(ROOT)
        if name.parts[0] != folder:
            continue
        given = [(path.stem, 1), *identifiers(ast.parse(path.read_text()))]
        wrong += [
            f"{name}:{line}: {identifier}"
            for identifier, line in given
            if identifier not in KEPT and words_of(identifier) & replaced()
        ]
    assert not wrong, "docs/glossary.md names the term that is used instead"
