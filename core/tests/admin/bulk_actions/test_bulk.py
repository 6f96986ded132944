"""Actions on many rows: a preview that does nothing, and a report by reason."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from core.admin.bulk_actions import bulk
from core.admin.pages import ModelAdmin
from core.models import Circuit

pytestmark = pytest.mark.django_db


class Page(ModelAdmin):
    """A list of circuits."""


def asked(**sent: str) -> Any:
    request: Any = RequestFactory().post("/admin/", {"action": "close", **sent})
    request._messages = CookieStorage(request)
    return request


def report(outcomes: list[tuple[str, str]]) -> list[str]:
    request = asked()
    bulk.report(Page(Circuit, admin.site), request, outcomes, "Closed")
    return [str(each) for each in get_messages(request)]


def test_what_was_left_out_is_named_by_its_reason():
    said = report([("a", ""), ("b", "It is gone."), ("c", "It is gone."), ("d", "Not now.")])
    assert said == ["Closed: 1.", "Left out b, c: It is gone.", "Left out d: Not now."]


def test_a_long_report_names_twenty():
    (said,) = report([(f"r{n}", "No.") for n in range(50)])
    assert said.endswith("r19 and 30 more: No.")


def test_rows_that_change_meanwhile_are_left_out_when_it_is_done():
    for name in ("a", "b"):
        Circuit.objects.create(name=name)

    def close(row: Circuit) -> None:
        if Circuit.objects.get(pk=row.pk).failures:
            raise ValidationError("It failed.")
        Circuit.objects.filter(pk=row.pk).update(halted="yes")

    page, rows = Page(Circuit, admin.site), Circuit.objects.all()
    outcome = [bulk._rehearsed(row, close) for row in rows]
    assert outcome == ["", ""]
    assert not rows.exclude(halted="").exists(), "the preview did it"
    rows.filter(name="b").update(failures=1)
    request = asked(confirmed="yes")
    assert bulk.seen_first(page, request, rows, close, "Closed") is None
    said = [str(each) for each in get_messages(request)]
    assert said == ["Closed: 1.", "Left out b: It failed."]
    assert list(rows.order_by("name").values_list("halted", flat=True)) == ["yes", ""]


def test_of_more_than_are_done_at_once_it_says_so_before_and_after(monkeypatch):
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 2)
    for name in "abc":
        Circuit.objects.create(name=name)
    page, rows = Page(Circuit, admin.site), Circuit.objects.filter(halted="").order_by("name")

    def close(row: Circuit) -> None:
        Circuit.objects.filter(pk=row.pk).update(halted="yes")

    request = asked()
    request.user = AnonymousUser()
    page.get_action_choices = lambda *args: []
    preview: Any = bulk.seen_first(page, request, rows, close, "Closed")
    assert preview.context_data["too_many"].startswith("At most 2 are done at once")
    confirmed = asked(confirmed="yes")
    bulk.seen_first(page, confirmed, rows, close, "Closed")
    said = [str(each) for each in get_messages(confirmed)]
    assert said == ["Closed: 2.", "At most 2 are done at once: choose the others again."]
    confirmed = asked(confirmed="yes")
    bulk.seen_first(page, confirmed, rows, close, "Closed")
    assert [str(each) for each in get_messages(confirmed)] == ["Closed: 1."]
