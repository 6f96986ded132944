"""What is kept in Redis is JSON, and holds what the theme keeps there, too."""

from datetime import date

import pytest
from django.utils.translation import gettext_lazy
from unfold.dataclasses import SearchResult

from core.values.cache_json import JsonSerializer


def test_results_of_the_sidebars_search_come_back_as_their_template_reads_them() -> None:
    result = SearchResult(title="Orders", description=gettext_lazy("Orders"), link="/a/", icon="x")
    [kept] = JsonSerializer().loads(str(JsonSerializer().dumps([result])).encode())
    assert (kept["title"], kept["description"], kept["link"]) == ("Orders", "Orders", "/a/")


def test_what_nobody_foresaw_is_refused() -> None:
    with pytest.raises(TypeError, match="date is not kept"):
        JsonSerializer().dumps(date(2026, 1, 1))
