"""What an address of the admin may ask: a filter is a read, a refusal is an answer, a key has one
spelling."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import AutoField, Model
from django.test import Client

from clinical.models import Patient, ReadingLimits
from clinical.tests.factories import PatientFactory
from core.admin.pages import ModelAdmin
from core.admin.url_guard import _declared
from customers.models import Customer
from customers.tests.factories import CustomerFactory
from identity.access_log.reasons import LISTS
from identity.models import AccessRecord
from identity.tests.factories import staff
from notifications.models import Limits

pytestmark = pytest.mark.django_db
ONE_ROW = {Limits, ReadingLimits}  # and no list of it
ROLES = ["support", "fulfilment", "clinician", "manager", "auditor", None]
SPELLINGS = ["%2B5", "%205", "5%20", "005", "5.0", "abc", "%D9%A5", "_35", "5_20", "-5", "1" * 25]


def signed_in(role: str | None) -> Client:
    user = staff(is_superuser=role is None)
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["access_reasons"] = {LISTS: "test"}
    session.save()
    return client


def page_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def lookups(model: type[Model]) -> Iterator[str]:
    """Every relation and every column that no filter of the page names."""
    for relation in model._meta.related_objects:
        name = relation.get_accessor_name() or relation.name
        query = relation.field.related_query_name()
        yield from (f"{query}__isnull", query, f"{query}__id", f"{query}__gt", f"{query}__in", name)
    declared = set(_declared(admin.site._registry[model], None))
    for field in model._meta.concrete_fields:
        if field.name not in declared:
            yield from (field.name, f"{field.name}__isnull", f"{field.name}__startswith")


def test_every_page_is_guarded() -> None:
    assert [
        page for page in admin.site._registry.values() if not isinstance(page, ModelAdmin)
    ] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_list_is_narrowed_by_what_it_does_not_offer(role: str | None) -> None:
    """Each page decides by the real request of this role; one address a page is really asked."""
    client = signed_in(role)
    for model, page in admin.site._registry.items():
        answer = client.get(page_of(model))
        if answer.status_code != 200:
            continue
        asked = list(lookups(model))
        assert [one for one in asked if page.lookup_allowed(one, "1", answer.wsgi_request)] == []
        assert client.get(page_of(model), {asked[0]: "1"}).status_code == 400


@pytest.mark.parametrize(
    "model",
    [model for model in admin.site._registry if model not in ONE_ROW],
    ids=lambda model: model.__name__,
)
def test_an_address_that_narrows_by_what_is_not_offered_is_refused(model: type[Model]) -> None:
    client = signed_in(None)
    assert client.get(page_of(model)).status_code == 200
    for lookup in lookups(model):
        answer = client.get(page_of(model), {lookup: "1"})
        assert answer.status_code == 400, f"{page_of(model)}?{lookup}=1"


@pytest.mark.parametrize("role", ROLES)
def test_filters_that_a_page_offers_still_work(role: str | None) -> None:
    client = signed_in(role)
    for path in ("orders/order/?state__exact=placed", "shipping/shipment/?status=sent"):
        assert client.get(f"/admin/{path}").status_code in (200, 403)


@pytest.mark.parametrize("role", ["support", "manager"])
def test_the_page_that_asks_before_deleting_does_not_tell_patients_from_others(role: str) -> None:
    bare, of_a_patient = CustomerFactory.create_batch(2, name="Somebody")
    PatientFactory.create(customer=of_a_patient)
    client = signed_in(role)
    pages = [
        client.get(f"{page_of(Customer)}{row.pk}/delete/").content.decode()
        for row in (bare, of_a_patient)
    ]
    assert "other records" in pages[0].lower()
    assert pages[0].lower().count("other records") == pages[1].lower().count("other records")
    assert "patient" not in pages[1].lower()


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_a_key_has_one_spelling(spelling: str, page: str) -> None:
    PatientFactory.create(pk=5)
    client = signed_in(None)
    before = AccessRecord.objects.count()
    assert client.get(f"{page_of(Patient)}{spelling}/{page}/").status_code in (302, 404)
    answer = client.get(f"{page_of(Patient)}{spelling}/{page}/", follow=True)
    assert "Del Toro" not in answer.content.decode()
    assert AccessRecord.objects.filter(pk__gt=before, patients=[5]).count() == 0


def test_all_pages_with_numbers_refuse_other_spellings() -> None:
    client = signed_in(None)
    for model in admin.site._registry:
        if isinstance(model._meta.pk, AutoField):
            for spelling in ("%2B1", "01", "1%20"):
                path = f"{page_of(model)}{spelling}/change/"
                assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "path",
    [
        "clinical/study/add/?patient=abc",
        "clinical/study/add/?patient=5.0",
        "clinical/study/add/?patient=%2B5",
        "clinical/patient/add/?customer=abc",
        "orders/order/add/?customer=abc",
        "search/?s=a&in=abc",
        "search/?s=a&in=%00",
        "orders/order/?kit_type=%00",
        "orders/order/?state__exact=%00",
        "shipping/shipment/?q=a&provider=b%00",
        "customers/customer/?_to_field=orders",
        "customers/customer/add/?_to_field=addresses",
        "customers/customer/?created_at__year=99999999999",
    ],
)
def test_an_address_that_makes_no_sense_is_no_crash(path: str) -> None:
    PatientFactory.create(pk=5)
    assert signed_in(None).get(f"/admin/{path}").status_code in (400, 404)


@pytest.mark.parametrize(
    "page", ["shipping/providerprofile", "notifications/topic", "notifications/dailycost"]
)
def test_a_search_where_a_list_has_none_narrows_nothing(page: str) -> None:
    assert signed_in(None).get(f"/admin/{page}/?q=a").status_code == 200


@pytest.mark.parametrize(
    ("page", "field"), [("clinical/study", "patient"), ("orders/order", "customer")]
)
@pytest.mark.parametrize("value", ["abc", "1,", "1.0", "True", "1\0", "+5"])
def test_a_form_is_drawn_again_whatever_was_sent_for_a_row(
    page: str, field: str, value: str
) -> None:
    PatientFactory.create(pk=1)
    assert signed_in(None).post(f"/admin/{page}/add/", {field: value}).status_code == 200


@pytest.mark.parametrize("field", ["patients", "orders", "name", "no_such_field"])
def test_nothing_is_searched_but_what_a_field_refers_to(field: str) -> None:
    asked = f"app_label=customers&model_name=customer&field_name={field}&term="
    assert signed_in(None).get(f"/admin/autocomplete/?{asked}").status_code == 403


def test_the_form_of_a_study_names_a_patient_on_record_however_it_came_to() -> None:
    patient = PatientFactory.create()
    client = signed_in("clinician")
    path = "/admin/clinical/study/add/"
    recorded = AccessRecord.objects.filter(patients=[patient.pk])
    for ask, spelling in ((client.get, ""), (client.post, ""), (client.post, "+")):
        before = recorded.count()
        answer = ask(path, {"patient": f"{spelling}{patient.pk}"})
        assert recorded.count() > before or "Del Toro" not in answer.content.decode()


def test_an_auditor_says_why_before_a_form_names_a_patient() -> None:
    patient = PatientFactory.create()
    answer = signed_in(None).get("/admin/clinical/study/add/", {"patient": patient.pk})
    assert answer.status_code == 302
    assert f"for={patient.pk}" in answer.headers["Location"]
