"""Rows of the admin's lists: the theme's own, drawn with less work."""

import datetime

import pytest
from django.contrib import admin
from django.contrib.admin.models import ADDITION, LogEntry
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.templatetags.unfold_list import items_for_result, result_headers

from core.admin.pages import ModelAdmin
from desk.templatetags.rows import Rows
from identity.models import User
from identity.tests.factories import staff

NAMES = ["Amina", "<b>Kamau</b>", ""]


class EveryKind(ModelAdmin):
    """A list with every kind of cell."""

    list_display = [
        "shown", "id", "action_time", "user", "content_type", "action_flag", "object_id",
        "change_message", "coloured", "marked", "several", "yes_or_no", "day", "nothing",
        "own_words", "heading", "number",
    ]  # fmt: skip
    list_display_links = ["shown", "object_id"]
    sortable_by = ["id", "shown"]

    @display(description="a <text>", ordering="id")
    def shown(self, row):
        return row.object_repr

    @display(description="state", label={"a": "success"})
    def coloured(self, row):
        return "a" if row.pk % 2 else "b", row.object_repr

    @display(label=True)
    def marked(self, row):
        return SafeString(row.object_repr) if row.pk % 2 else row.object_repr

    @display(label=True)
    def several(self, row):
        return [row.object_repr, "two"]

    @display(boolean=True)
    def yes_or_no(self, row):
        return [True, False, None][row.pk % 3]

    @display(description="day")
    def day(self, row):
        return datetime.date(2026, 11, 29) if row.pk % 2 else None

    def nothing(self, row):
        return None

    @display(empty_value="none yet")
    def own_words(self, row):
        return None

    @display(header=True)
    def heading(self, row):
        return [row.object_repr, "below"]

    def number(self, row):
        return 12345


class Accounts(ModelAdmin):
    """A list with fields that are true or false, and of dates."""

    list_display = ["username", "is_active", "is_superuser", "last_login", "date_joined", "email"]


class Unlinked(Accounts):
    """A list without links."""

    list_display_links = None


def listed(page, model, query=""):
    request = RequestFactory().get("/", query)
    request.user = staff("manager")
    return page(model, admin.site).get_changelist_instance(request)


@pytest.fixture
def rows(db):
    author = staff("support")
    for name in NAMES * 2:
        LogEntry.objects.create(
            user=author, action_flag=ADDITION, object_repr=name, action_time=timezone.now()
        )
    User.objects.create(username="<i>", is_active=False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", [{}, {"_popup": "1"}, {"_to_field": "id", "_popup": "1"}, {"p": "1"}]
)
@pytest.mark.parametrize(
    ("page", "model"), [(EveryKind, LogEntry), (Accounts, User), (Unlinked, User)]
)
def test_each_cell_is_what_the_theme_draws(rows, page, model, query):
    cl = listed(page, model, query)
    own = Rows(cl, [header["text"] for header in result_headers(cl)])
    assert len(cl.result_list) > 1
    for row in cl.result_list:
        assert own.cells(row) == "".join(items_for_result(cl, row, None))


@pytest.mark.django_db
def test_rows_have_the_box_that_selects_them(rows):
    assert "action_checkbox" in listed(Accounts, User).list_display


@pytest.mark.django_db
def test_a_link_leads_back_to_the_list_as_it_was_filtered(rows):
    client = Client()
    client.force_login(staff("manager"), "django.contrib.auth.backends.ModelBackend")
    page = client.get("/admin/identity/user/?o=1").content.decode()
    assert "/change/?_changelist_filters=o%3D1" in page


@pytest.mark.parametrize(
    "name", ["list_editable", "ordering_field", "list_sections", "actions_row"]
)
def test_no_page_asks_for_what_these_rows_do_not_draw(name):
    assert not [page for page in admin.site._registry.values() if getattr(page, name, None)]
