"""Reads the documentation, so that tests can try what it says."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: the words behind its first fence, its text, and the line it starts on."""

    info: str
    text: str
    line: int


def fences(page: Path) -> list[Fence]:
    """The fenced blocks of a page."""
    text = page.read_text()
    return [
        Fence(found[1].strip(), found[2], text.count("\n", 0, found.start()) + 1)
        for found in _FENCE.finditer(text)
    ]


def block(page: str, info: str) -> str:
    """The text of the one block with these words behind its fence."""
    [found] = [fence.text for fence in fences(DOCS / page) if fence.info == info]
    return found


def links(page: Path) -> list[str]:
    """Where a page's links lead, those to other sites left out."""
    prose = _FENCE.sub("", page.read_text())
    return [target for target in _LINK.findall(prose) if "://" not in target]


def anchors(page: Path) -> set[str]:
    """The fragments that a page's headings have, as GitHub makes them."""
    titles = (title.lower() for title in _HEADING.findall(_FENCE.sub("", page.read_text())))
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def rows(page: Path) -> Iterator[list[str]]:
    """The cells of every table's rows."""
    for line in page.read_text().splitlines():
        if line.startswith("| ") and not line.startswith("|--"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


@dataclass(slots=True)
class Call:
    """An HTTP request in the words of curl."""

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None


def curl(command: str, **values: str) -> Call:
    """The request that a curl command makes, its shell variables replaced."""
    one_line = command.replace("\\\n", " ")
    words = iter(shlex.split(Template(one_line).substitute(values)))
    assert next(words) == "curl"
    call = Call()
    for word in words:
        _take(call, word, words)
    call.method = call.method or ("GET" if call.body is None else "POST")
    return call


def _take(call: Call, word: str, words: Iterator[str]) -> None:
    if word in ("-X", "--request"):
        call.method = next(words)
    elif word in ("-H", "--header"):
        name, _, value = next(words).partition(": ")
        call.headers[name] = value
    elif word == "--json":
        call.body = next(words)
        call.headers |= {"Content-Type": "application/json", "Accept": "application/json"}
    elif word in ("-d", "--data"):
        call.body = f"{call.body}&{next(words)}" if call.body else next(words)
        call.headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    elif not word.startswith("-"):
        call.url = word
    else:
        assert word in ("-i", "-s"), f"curl {word} is not understood here"
