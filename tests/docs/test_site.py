"""The documentation as a site: it is complete, and loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import pages

DRAWN = re.compile(r'<(?:img|script|iframe)\b[^>]*?\bsrc="([^"]+)"|<link\b[^>]*?\bhref="([^"]+)"')
# A link that names the site's own page, and loads nothing.
NAMES_ONLY = re.compile(r'<link rel="(?:canonical|prev|next)"[^>]*>')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    subprocess.run(
        [*command, "--site-dir", folder],
        cwd=pages.ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        check=True,
        timeout=120,
    )
    return folder


def test_the_diagram_of_the_architecture_is_a_picture(site: Path):
    page = (site / "architecture.html").read_text()
    pictures = re.findall(r'<img alt="([^"]+)" src="([^"]+)"', page)
    [(text, source)] = [each for each in pictures if each[1].endswith(".svg")]
    assert (site / source).read_text() == (pages.DOCS / source).read_text()
    assert "sequence diagram" in text
    assert "sequenceDiagram" not in page


def test_no_page_shows_a_diagram_as_text():
    assert [
        page.name for page in pages.PAGES for fence in pages.fences(page) if fence.info == "mermaid"
    ] == []


def test_the_site_loads_nothing_from_elsewhere(site: Path):
    built = sorted(site.rglob("*.html"))
    assert len(built) > 40
    for page in built:
        for groups in DRAWN.findall(NAMES_ONLY.sub("", page.read_text())):
            source = "".join(groups)
            assert "//" not in source, f"{page.name}: {source}"
    for picture in (site / "images").glob("*.svg"):
        assert re.findall(r'(?:href|src)="|url\((?!#)|@import', picture.read_text()) == []
