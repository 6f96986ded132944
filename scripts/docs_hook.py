"""What `mkdocs.yml` cannot say: the list of decisions, and links to files outside of the pages."""

import re
from pathlib import Path
from typing import Any

OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+((?!decisions/)[^)#\s]+)[^)]*\)")


def on_config(config: Any) -> Any:
    """The navigation, with a page for each decision."""
    docs = Path(config.docs_dir)
    pages = sorted(page.relative_to(docs).as_posix() for page in docs.glob("decisions/*.md"))
    config.nav[-1] = {"Why it is so": pages}
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """The page, with the path in place of a link to a file that is not part of the site."""

    def shown(link: re.Match[str]) -> str:
        target = (Path(config.docs_dir) / page.file.src_uri).parent / link[0].split("](")[1][:-1]
        inside = target.resolve().is_relative_to(config.docs_dir)
        return (
            link[0]
            if inside
            else f"{link[1]} (`{link[2]}`)"
            if f"`{link[2]}`" != link[1]
            else link[1]
        )

    return OUTSIDE.sub(shown, markdown)
