"""A page is called as in the side bar, in its title and in its header."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.utils.translation import gettext_lazy

from desk.sidebar.links import GROUPS
from desk.templatetags.names import as_in_side_bar
from identity.tests.factories import staff

ITEMS = [(title, model) for group in GROUPS.values() for title, _, model in group]


@pytest.mark.parametrize(("title", "model"), [*ITEMS, ("Exceptions", "core.case")])
def test_a_model_is_called_as_in_the_side_bar(title, model):
    assert as_in_side_bar(apps.get_model(model)._meta.verbose_name_plural) == title


def test_no_two_models_share_a_plural_and_so_a_title():
    plurals = [str(model._meta.verbose_name_plural) for model in admin.site._registry]
    assert len(plurals) == len(set(plurals))


@pytest.mark.parametrize("plural", ["something else", gettext_lazy("something else")])
def test_whatever_else_begins_with_a_capital_letter(plural):
    assert as_in_side_bar(plural) == "Something else"


def test_a_title_is_text_and_no_markup():
    assert as_in_side_bar("<b>") == "<b>", "the template escapes it"


@pytest.mark.django_db
@pytest.mark.parametrize(("title", "model"), [("Events", "notifications.topic"), ITEMS[0]])
def test_the_page_itself_bears_that_title(title, model):
    client = Client()
    client.force_login(staff("manager"), "django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/admin/{model.replace('.', '/')}/").content.decode()
    assert f"<title>{title} | " in " ".join(page.split()).replace("<title> ", "<title>")
