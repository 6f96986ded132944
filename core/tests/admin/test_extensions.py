"""Pages of the admin to which apps above add."""

from typing import Any

from core.admin.extensions import Extensible


class Own: ...


class FromShipping: ...


class FromNotifications: ...


def page(*_: Any) -> str:
    return "shown"


def never(*_: Any) -> bool:
    return False


def test_what_two_apps_add_is_all_there_and_what_the_page_had_stays():
    class Page(Extensible):
        inlines = [Own]
        actions = None
        actions_detail = ["cancel"]

    class Narrower(Page): ...

    Page.extend(inlines=[FromShipping], pages={"move": (page, never)})
    Page.extend(inlines=[FromNotifications], actions=[page], permissions={"write": never})
    assert Narrower.inlines == [Own, FromShipping, FromNotifications]
    assert (Narrower.actions_detail, Narrower.actions) == (["cancel", "move"], [page])
    shown: Any = Narrower
    assert (shown.move(), shown.has_move_permission(), shown.has_write_permission()) == (
        "shown",
        False,
        False,
    )
