"""What the pages of the admin share."""

import pytest
from django.contrib import admin
from unfold.admin import ModelAdmin as UnfoldModelAdmin

from core.admin.pages import ModelAdmin
from core.cases.models import Case


@pytest.mark.parametrize("key", [7, "KEY", '"><b>'])
def test_the_box_that_selects_a_row_is_the_themes(key):
    page = ModelAdmin(Case, admin.site)
    row = Case(pk=key)
    assert page.action_checkbox(row) == UnfoldModelAdmin.action_checkbox(page, row)
