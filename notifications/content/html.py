"""E-mail in HTML: what a template may hold, how it is filled, and the plain layout of the house."""

import re
from html import escape
from html.parser import HTMLParser

from django.core.exceptions import ValidationError

TAGS = frozenset(
    {*("a", "b", "blockquote", "br", "div", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p")}
    | {*("span", "strong", "table", "tbody", "td", "th", "tr", "u", "ul")}
)
ATTRIBUTES = frozenset(["align", "href", "style"])
LINKS = ("https://", "mailto:", "tel:", "{tracking_url}", "{unsubscribe_url}")
_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">\
<meta name="viewport" content="width=device-width"></head>
<body style="margin:0;background:#f5f5f4">
<div style="max-width:34em;margin:0 auto;padding:2em 1.5em;background:#fff;color:#1c1917;\
font:16px/1.5 system-ui,sans-serif">
{body}
{foot}</div>
</body></html>
"""


def check_html(html: str) -> None:
    """Raise ValidationError for markup that could run, load or hide something."""
    reader = _Reader()
    reader.feed(html)
    if "<" in reader.rawdata:  # a browser would complete what the parser waits for the end of
        raise ValidationError("HTML in an e-mail must not end within a tag.", "markup")
    reader.close()
    if reader.refused:
        raise ValidationError(f"HTML in an e-mail must not hold {reader.refused[0]}.", "markup")


def escaped(value: str) -> str:
    """The value as text of a page, or of an attribute in quotes."""
    return escape(value, quote=True)


def page(body: str, *, language: str = "en", unsubscribe: str = "") -> str:
    """A whole page around this markup, with the way to hear no more."""
    link = f'<a href="{escaped(unsubscribe)}" style="color:#57534e">No more of these e-mails</a>'
    style = "margin-top:2em;font-size:13px;color:#57534e"
    foot = f'<p style="{style}">{link}</p>\n' if unsubscribe else ""
    return _PAGE.format(language=escaped(language), body=body, foot=foot)


def from_text(text: str) -> str:
    """The text as paragraphs; addresses become links."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n".join(f"<p>{_linked(part)}</p>" for part in paragraphs)


def _linked(text: str) -> str:
    parts, last = [], 0
    for found in _ADDRESS.finditer(text):
        address = escaped(found[0])
        parts += [escaped(text[last : found.start()]), f'<a href="{address}">{address}</a>']
        last = found.end()
    return "".join([*parts, escaped(text[last:])]).replace("\n", "<br>\n")


class _Reader(HTMLParser):
    """Notes what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, an attribute or a link that is not among ours."""
        if tag not in TAGS:
            self.refused.append(f"<{tag[:20]}>")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.refused.append(f"the attribute {name[:20]}")
            elif name == "href" and not (value or "").startswith(LINKS):
                self.refused.append("a link but to https://, mailto:, tel: or a field")
            elif name == "style" and re.search(r"url|expression|@|\\", value or "", re.IGNORECASE):
                self.refused.append("a style that loads something")

    def handle_decl(self, decl: str) -> None:
        """Note a declaration."""
        self.refused.append("a declaration: the page around it is made for you")

    def handle_pi(self, data: str) -> None:
        """Note a processing instruction."""
        self.handle_decl(data)

    def unknown_decl(self, data: str) -> None:
        """Note a section such as CDATA."""
        self.handle_decl(data)

    def handle_comment(self, data: str) -> None:
        """Note a comment: some programs run what is in it."""
        self.refused.append("a comment")
