"""Every field in which somebody types text cleans it: no serializer and no form is left out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.forms import UsernameField
from django.contrib.postgres.forms import SimpleArrayField
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers
from rest_framework.test import APIRequestFactory

import core.api.serializers
from core import cases
from customers.forms import CountryField
from customers.values.phone_numbers import PhoneFormField
from identity.tests.factories import UserFactory

ROOT = Path(__file__).parents[1].parent
OURS = (
    "core",
    "identity",
    "customers",
    "orders",
    "clinical",
    "shipping",
    "notifications",
    "kits",
    "transfers",
    "desk",
)
PLANTED, CLEAN = "\u200bZoe\u0301\u00ad\u3000x\ufeff", "Zoé x"
# They refuse what is not theirs, character by character.
STRICT = (
    forms.RegexField,
    forms.SlugField,
    forms.URLField,
    UsernameField,
    PhoneFormField,
    SimpleArrayField,
    CountryField,
)
# Names, signatures and times that a carrier or a service wrote: read by its adapter.
OF_MACHINES = (
    *("DeliverySerializer", "OptOutSerializer", "InboundSerializer"),
    *("ReferenceEventSerializer", "ReportedSampleSerializer"),
    *("FindingSerializer", "ReportedResultSerializer"),
)


def of_ours(base: type) -> Iterator[type[Any]]:
    for kind in list[type[Any]](base.__subclasses__()):
        yield from of_ours(kind)
        module = kind.__module__.split(".")
        if module[0] in OURS and "tests" not in module and kind.__name__ not in OF_MACHINES:
            yield kind


def written_to(serializer: Any) -> Iterator[Any]:
    for field in serializer.fields.values():
        child = getattr(field, "child", field)
        if not field.read_only and isinstance(child, serializers.CharField):
            yield child


def requests() -> set[str]:
    """The serializers of request bodies, and of what is in them, by the OpenAPI document."""
    document = SchemaGenerator().get_schema(public=True)
    operations = [each for path in document["paths"].values() for each in path.values()]
    found: set[str] = set()
    unread = [json.dumps(each.get("requestBody", {})) for each in operations]
    while unread:
        new = set(re.findall(r"#/components/schemas/(\w+)", unread.pop())) - found
        found |= new
        unread += [json.dumps(document["components"]["schemas"][name]) for name in new]
    return {f"{name.removeprefix('Patched').removesuffix('Request')}Serializer" for name in found}


def test_every_serializer_cleans_what_is_written():
    named = requests()
    kinds = [kind for kind in of_ours(serializers.Serializer) if kind.__name__ in named]
    fields = [(kind.__name__, field) for kind in kinds for field in written_to(kind())]
    foreign = [
        str(each) for each in fields if not isinstance(each[1], core.api.serializers.CharField)
    ]
    assert foreign == []
    assert [name for name, field in fields if field.clean(PLANTED) != CLEAN] == []
    assert [str(each) for each in fields if each[1].max_length is None] == []
    assert len(fields) > 20


def test_text_is_normalised_in_one_place():
    """Elsewhere nobody thinks of what a long run of marks costs."""
    files = (path for app in OURS for path in (ROOT / app).rglob("*.py"))
    calls = re.compile(r"unicodedata(\.normalize\b| import .*normalize)")
    found = [str(path.relative_to(ROOT)) for path in files if calls.search(path.read_text())]
    assert [path for path in found if "/tests/" not in path] == ["core/values/text.py"]


@pytest.mark.django_db
def test_every_form_cleans_what_is_typed():
    actions = [action.form for kind in cases.kinds() for action in kind.actions]
    # The admin makes the other fields of a model's form anew.
    declared = [(kind, kind.declared_fields) for kind in of_ours(forms.BaseForm)]
    whole = [(kind, kind.base_fields) for kind in [*actions, *admin_forms()]]
    fields = [
        (f"{kind.__module__}.{kind.__name__}.{name}", field)
        for kind, its_fields in [*declared, *whole]
        for name, field in its_fields.items()
        if is_typed(field)
    ]
    assert [name for name, field in fields if field.to_python(PLANTED) != CLEAN] == []
    assert len(fields) > 40


def admin_forms() -> Iterator[type[Any]]:
    request = APIRequestFactory().get("/admin/")
    request.user = UserFactory.create(is_superuser=True)
    for page in admin.site._registry.values():
        if page.opts.app_label in OURS and page.has_add_permission(request):
            yield page.get_form(request)
            yield from (i.get_formset(request).form for i in page.get_inline_instances(request))


def is_typed(field: Any) -> bool:
    hidden = isinstance(field.widget, forms.HiddenInput | forms.PasswordInput)
    return isinstance(field, forms.CharField) and not isinstance(field, STRICT) and not hidden
