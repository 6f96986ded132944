"""E-mail in HTML: what a template may hold, how it is filled, and our own plain layout."""

import re
from html import escape
from html.parser import HTMLParser

import nh3
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.html import linebreaks
from django.utils.safestring import mark_safe

TAGS = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "br",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "span",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "tr",
        "u",
        "ul",
    ]
)
ATTRIBUTES = frozenset(["align", "href", "style"])
# Not Django's `urlize`: it reads `&region=` in an address as `®ion=`, and makes links of names.
_URL = re.compile(r"(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)])")
LINKS = ("https://", "mailto:", "tel:", "{tracking_url}", "{unsubscribe_url}")


def check_html(html: str) -> None:
    """Raise ValidationError for markup that could run, load or hide something.

    It is cleaned as a browser would read it (nh3, which is ammonia on html5ever). What the cleaning
    changed is refused, so that what is sent is what was typed.
    """
    cleaned = nh3.clean(
        html, tags=TAGS, attributes={"*": ATTRIBUTES}, attribute_filter=_safe_value, link_rel=None
    )
    typed, kept = _parts_of(html), _parts_of(cleaned)
    if typed == kept:
        return
    lost = next((part for part in typed if part not in kept), "tags that are not closed in order")
    raise ValidationError(
        f"HTML in an e-mail must not hold {lost}. Links lead to https://, mailto:, tel: or a "
        f"field, and a style loads nothing. Tags that may stand there: {', '.join(sorted(TAGS))}.",
        "markup",
    )


def _safe_value(tag: str, name: str, value: str) -> str | None:
    if name == "href" and not value.startswith(LINKS):
        return None
    if name == "style" and re.search(r"url|expression|@|\\", value, re.IGNORECASE):
        return None
    return value


def _parts_of(html: str) -> list[str]:
    """What a reader finds there, in order, but what a browser adds by itself."""
    reader = _Reader()
    reader.feed(html)
    unread = reader.rawdata  # of a tag that does not end; what `close` makes of it varies
    reader.close()
    text = " ".join("".join(reader.text).split())
    if "<" in unread:
        reader.parts.append("a tag that does not end")
    return [*reader.parts, f"text that is not read as text: {text[:60]}"]


def escaped(value: str) -> str:
    """The value as text of a page, or of an attribute in quotes."""
    return escape(value, quote=True)


def page(body: str, *, language: str = "en", unsubscribe: str = "") -> str:
    """The whole page around markup that was checked when it was typed, with the link to stop."""
    values = {"body": mark_safe(body), "language": language, "unsubscribe": unsubscribe}  # noqa: S308 - checked
    return render_to_string("notifications/email.html", values)


def from_text(text: str) -> str:
    """The text as paragraphs; addresses of the web become links, just as they are."""
    linked = "".join(
        f'<a href="{part}">{part}</a>' if number % 2 else part
        for number, part in enumerate(map(escaped, _URL.split(text.strip())))
    )
    return linebreaks(linked)


class _Reader(HTMLParser):
    """Notes what is there, in words for who typed it."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its attributes."""
        if tag != "tbody":  # which a browser adds
            self.parts.append(f"<{tag[:20]}>")
        self.parts += [
            f"the attribute {name[:20]}={(value or '')[:200]!r}" for name, value in attrs
        ]

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text.append(data)

    def handle_decl(self, decl: str) -> None:
        """Note a declaration."""
        self.parts.append("a declaration: the page around it is made for you")

    def handle_pi(self, data: str) -> None:
        """Note a processing instruction."""
        self.handle_decl(data)

    def unknown_decl(self, data: str) -> None:
        """Note a section such as CDATA."""
        self.handle_decl(data)

    def handle_comment(self, data: str) -> None:
        """Note a comment: some programs run what is in it."""
        self.parts.append("a comment")
