"""The side bar as HTML, as the theme draws it, worked out once for what somebody may open."""

from functools import lru_cache

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from desk.sidebar.links import offered

LINK = (
    "flex h-[38px] items-center -mx-3 px-3 rounded-default hover:text-primary-600 "
    "dark:hover:text-primary-500"
)
HERE = (
    " bg-base-100 font-semibold text-primary-600 dark:bg-white/[.06] dark:text-primary-500 active"
)
ITEM = (
    '<li><a href="{}" class="{}"><span class="material-symbols-outlined md-18 mr-3 w-[18px]">{}'
    "</span><span>{}</span></a></li>"
)
HEADING = (
    '<hr class="border-t border-base-200 mx-6 my-2 dark:border-base-800"><h2 class="font-semibold '
    "flex flex-row group items-center mb-1 mx-3 py-1.5 px-3 select-none text-font-important-light "
    'text-sm dark:text-font-important-dark">{}</h2>'
)
GROUP = '<div class="mb-1.5">{}<ol class="flex flex-col gap-0.5 px-6">{}</ol></div>'

Link = tuple[str, str, str]  # address, icon, title
Groups = tuple[tuple[str, tuple[Link, ...]], ...]


def side_bar(request: HttpRequest) -> SafeString:
    """The groups of links that this person may open; the one that they are at is marked."""
    groups = tuple(
        (heading, tuple((str(item["link"]), item["icon"], item["title"]) for item in items))
        for heading, items in offered(request)
    )
    return _drawn(groups, _nearest(groups, request.path))


def _nearest(groups: Groups, path: str) -> str:
    """The longest address of the side bar that this path begins with; the start page has its own
    alone."""
    (_, ((start, *_), *_)), *_ = groups
    links = [address for _, items in groups for address, *_ in items if address != start]
    return max((each for each in links if path.startswith(each)), key=len, default=start)


@lru_cache(maxsize=500)
def _drawn(groups: Groups, here: str) -> SafeString:
    drawn = (
        format_html(
            GROUP,
            format_html(HEADING, heading) if heading else "",
            format_html_join(
                "",
                ITEM,
                (
                    (address, LINK + HERE if address == here else LINK, icon, title)
                    for address, icon, title in items
                ),
            ),
        )
        for heading, items in groups
    )
    return mark_safe("".join(drawn))  # noqa: S308 - each part is escaped
