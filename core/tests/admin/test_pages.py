"""What the pages of the admin share."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from unfold.admin import ModelAdmin as UnfoldModelAdmin

from core.admin.pages import LargeTablePaginator, ModelAdmin
from core.cases.models import Case


@pytest.mark.parametrize("key", [7, "KEY", '"><b>'])
def test_the_box_that_selects_a_row_is_the_themes(key):
    page = ModelAdmin(Case, admin.site)
    row = Case(pk=key)
    assert page.action_checkbox(row) == UnfoldModelAdmin.action_checkbox(page, row)


@pytest.mark.parametrize("order", [["-id"], ["title", "-id"], ["-title", "id"]])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_each_page_holds_the_rows_that_an_offset_gives(db, order, number):
    titles = [*"CABBADC", "left out"]
    Case.objects.bulk_create(
        [Case(kind="test", subject_id=at, title=title) for at, title in enumerate(titles)]
    )
    rows = Case.objects.exclude(title="left out").order_by(*order)
    page = LargeTablePaginator(rows, 2).page(number)
    assert list(page.object_list) == list(rows[2 * number - 2 : 2 * number])


def test_rows_before_a_page_are_not_joined(db):
    rows = LogEntry.objects.order_by("-id").select_related("user")
    sql = str(LargeTablePaginator(rows, 2).page(9).object_list.query)
    assert "OFFSET 16" in sql.split("ANY (")[1]
    assert "OFFSET" not in sql.split("ANY (")[0]
    assert "JOIN" in sql.split("ANY (")[0]
    assert "JOIN" not in sql.split("ANY (")[1]
