"""Two people save one record: the second is shown what the first has changed, and loses nothing."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinical.models import Patient
from clinical.tests.factories import PatientFactory
from core.admin.changes import conflicts
from customers.models import Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.models import User
from identity.tests.factories import UserFactory
from orders.models import Product
from orders.tests.factories import ProductFactory
from tests.admin.test_lost_updates import shown, url

pytestmark = pytest.mark.django_db
HIDDEN = re.compile(rf'name="{conflicts.FIELD}" value="([0-9.]*)"')


@pytest.fixture
def boss():
    browser = Client()
    browser.force_login(UserFactory.create(username="boss", is_superuser=True))
    return browser


@pytest.fixture
def mona():
    browser = Client()
    browser.force_login(UserFactory.create(username="mona", is_superuser=True))
    return browser


def opened(browser: Client, row: Any) -> dict[str, Any]:
    """What the browser would send back, with how far the history went."""
    sent = shown(browser, row)
    return sent | {conflicts.FIELD: _seen(browser.get(url(row)))}


def _seen(answer: Any) -> str:
    marks = HIDDEN.findall(answer.content.decode())
    assert len(marks) == 1
    return str(marks[0])


def test_the_second_is_shown_what_the_first_changed_and_keeps_what_they_typed(boss, mona):
    ada = CustomerFactory.create(name="Ada", email="ada@example.com")
    first, second = opened(mona, ada), opened(boss, ada)
    assert mona.post(url(ada), first | {"name": "Ada King"}).status_code == 302
    answer = boss.post(url(ada), second | {"name": "Ada Byron", "email": "new@example.com"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "mona changed this after you opened it" in page
    assert "Changed meanwhile" in page
    assert "<del" in page
    assert "Ada King" in page
    assert 'value="Ada Byron"' in page
    assert 'value="new@example.com"' in page
    ada.refresh_from_db()
    assert (ada.name, ada.email) == ("Ada King", "ada@example.com")


def test_sent_again_it_is_saved_on_top(boss, mona):
    ada = CustomerFactory.create(name="Ada", phone_number="", email="ada@example.com")
    first, second = opened(mona, ada), opened(boss, ada)
    mona.post(url(ada), first | {"name": "Ada King", "phone_number": "+447451277972"})
    typed = second | {"name": "Ada Byron"}
    answer = boss.post(url(ada), typed)
    again = typed | {conflicts.FIELD: _seen(answer)}
    assert boss.post(url(ada), again).status_code == 302
    ada.refresh_from_db()
    assert ada.name == "Ada Byron"
    assert str(ada.phone_number) == "+447451277972"  # left alone, so theirs stays


def test_a_third_change_is_shown_too(boss, mona):
    ada = CustomerFactory.create(name="Ada")
    typed = opened(boss, ada) | {"name": "Mine"}
    Customer.objects.update(name="Second")
    answer = boss.post(url(ada), typed)
    Customer.objects.update(name="Third")
    answer = boss.post(url(ada), typed | {conflicts.FIELD: _seen(answer)})
    assert answer.status_code == 200
    assert "Third" in answer.content.decode()
    assert Customer.objects.get().name == "Third"


def test_another_error_does_not_hide_that_it_was_changed(boss):
    ada = CustomerFactory.create(name="Ada")
    typed = opened(boss, ada) | {"email": "none"}
    answer = boss.post(url(ada), typed)
    Customer.objects.update(name="Theirs")
    again = typed | {"email": "good@example.com", conflicts.FIELD: _seen(answer)}
    assert boss.post(url(ada), again).status_code == 200
    assert Customer.objects.get().email != "good@example.com"


def test_changes_by_programs_count(boss, api):
    ada = CustomerFactory.create(name="Ada")
    typed = opened(boss, ada) | {"name": "Mine"}
    api().patch(f"/api/v1/customers/{ada.pk}/", {"name": "Theirs"}, format="json")
    page = boss.post(url(ada), typed).content.decode()
    assert "client:" in page
    assert "PATCH api/v1/customers/" in page


def test_rows_below_a_page_count(boss):
    home = AddressFactory.create(city="London")
    typed = opened(boss, home.customer) | {"name": "Mine"}
    home.city = "Leeds"
    home.save()
    page = boss.post(url(home.customer), typed).content.decode()
    assert "Changed meanwhile: Addresses" in page
    assert "Leeds" in page
    home.customer.refresh_from_db()
    assert home.customer.name != "Mine"


def test_rights_that_were_given_meanwhile_count(boss):
    role = Group.objects.create(name="lookers")
    typed = opened(boss, role) | {"name": "onlookers"}
    role.permissions.add(Permission.objects.get(codename="view_order"))
    page = boss.post(url(role), typed).content.decode()
    assert "view_order" in page
    role.refresh_from_db()
    assert role.name == "lookers"


RECORDS: dict[str, tuple[Any, Any, dict[str, str]]] = {
    "product": (ProductFactory, Product, {"name": "Theirs"}),
    "patient": (PatientFactory, Patient, {"first_name": "Theirs"}),
    "person": (UserFactory, User, {"first_name": "Theirs"}),
}


@pytest.mark.parametrize("what", RECORDS)
def test_it_is_so_on_every_page(boss, what):
    factory, model, change = RECORDS[what]
    row = factory.create()
    if what == "patient":
        boss.post(boss.get(url(row))["Location"], {"reason": "Audit"})
    typed = opened(boss, row)
    theirs = model.objects.get(pk=row.pk)
    for name, value in change.items():
        setattr(theirs, name, value)
    theirs.save(update_fields=list(change))
    assert boss.post(url(row), typed).status_code == 200
    again = typed | {conflicts.FIELD: _seen(boss.get(url(row)))}
    assert boss.post(url(row), again).status_code == 302


def test_who_saves_alone_meets_no_conflict(boss):
    ada = CustomerFactory.create(name="Ada")
    for name in ("One", "Two"):
        assert boss.post(url(ada), opened(boss, ada) | {"name": name}).status_code == 302
    assert Customer.objects.get().name == "Two"


@pytest.mark.parametrize("mark", ["x", "1", "1.2.3.4", "-1.0", "9999999999999999999.0", "1.٥"])
def test_what_is_no_mark_has_seen_nothing(boss, mark):
    ada = CustomerFactory.create(name="Ada")
    answer = boss.post(url(ada), shown(boss, ada) | {"name": "Mine", conflicts.FIELD: mark})
    saved = Customer.objects.get().name == "Mine"
    assert answer.status_code == (302 if mark.startswith("9999") else 200)
    assert saved == mark.startswith("9999")


def test_it_costs_one_statement_to_open_a_page(boss):
    ada = CustomerFactory.create()
    boss.get(url(ada))
    with CaptureQueriesContext(connection) as asked:
        boss.get(url(ada))
    assert sum("coalesce(max(pgh_id)" in each["sql"] for each in asked.captured_queries) == 1


@pytest.mark.parametrize("key", ["9223372036854775808", "0", "5 5"])
def test_a_key_of_nobody_is_not_there(boss, key):
    assert boss.get(f"/admin/customers/customer/{key}/change/").status_code in (302, 404)
