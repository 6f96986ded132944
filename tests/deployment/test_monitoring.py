"""The alert rules and the dashboard speak of figures and chapters that exist."""

import json
import re

import pytest
import yaml
from django.test import Client

from tests.docs import pages

FOLDER = pages.ROOT / "deploy" / "monitoring"
RULES = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
PANELS = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
ASKED = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in PANELS for target in panel["targets"]
]
TESTED = (FOLDER / "alerts.test.yml").read_text()


@pytest.fixture(scope="module")
def families(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        text = Client().get("/metrics").content.decode()
    return {name.removesuffix("_total") for name in re.findall(r"# TYPE (\S+)", text)}


@pytest.mark.parametrize("expression", ASKED)
def test_every_figure_that_is_asked_for_exists(expression, families):
    named = re.findall(r"dosette_[a-z_]+", expression)
    assert {re.sub("_(bucket|count|sum|total)$", "", name) for name in named} <= families


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_chapter_and_was_tried_with_made_up_figures(rule):
    page, _, fragment = rule["annotations"]["runbook"].partition("#")
    assert fragment == rule["alert"].lower()
    assert f"### {rule['alert']}\n" in (pages.ROOT / page).read_text()
    assert f"alertname: {rule['alert']}" in TESTED
    assert rule["labels"]["severity"] in ("page", "ticket")
