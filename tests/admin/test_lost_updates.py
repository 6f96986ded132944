"""Two people at one record in the admin: who changes another field undoes nothing."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory

from core.forms import ChangedFieldsForm
from customers.models import Address, Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import UserFactory
from orders.models import Product
from orders.tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    browser = Client()
    browser.force_login(UserFactory.create(is_superuser=True))
    return browser


def shown(browser, row) -> dict[str, Any]:
    """What a person's browser would send back of this page, untouched."""
    page = browser.get(url(row))
    forms = [page.context["adminform"].form]
    sent: dict[str, Any] = {}
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    for form in forms:
        for bound in form:
            sent |= values(bound.html_name, bound.value())
            if bound.field.show_hidden_initial:
                sent |= values(bound.html_initial_name, bound.value(), ticks=False)
    return sent


def values(name, value, *, ticks=True) -> dict[str, Any]:
    """As HTML sends them: an empty box not at all, a hidden field as text."""
    if value is None:
        return {name: ""}
    if isinstance(value, bool):
        return ({name: "on"} if value else {}) if ticks else {name: str(value)}
    return {name: [str(each) for each in value] if isinstance(value, list) else str(value)}


def url(row) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def test_two_who_change_different_fields_of_a_customer_both_have_their_way(boss):
    ada = CustomerFactory.create(name="Ada", email="ada@example.com")
    first, second = shown(boss, ada), shown(boss, ada)
    assert boss.post(url(ada), first | {"email": "new@example.com"}).status_code == 302
    assert boss.post(url(ada), second | {"name": "Ada King"}).status_code == 302
    ada.refresh_from_db()
    assert (ada.name, ada.email) == ("Ada King", "new@example.com")


def test_what_somebody_emptied_is_emptied(boss):
    ada = CustomerFactory.create(email="ada@example.com")
    sent = shown(boss, ada)
    Customer.objects.update(name="Ada King")
    boss.post(url(ada), sent | {"email": ""})
    ada.refresh_from_db()
    assert (ada.name, ada.email) == ("Ada King", "")


def test_the_page_is_sent_with_what_it_showed(boss):
    ada = CustomerFactory.create(name="Ada")
    page = boss.get(url(ada)).content.decode()
    assert 'name="initial-name" value="Ada"' in page


def test_an_error_keeps_what_was_shown_first(boss):
    ada = CustomerFactory.create(name="Ada", email="ada@example.com")
    sent = shown(boss, ada) | {"email": "none", "name": "Ada King"}
    again = boss.post(url(ada), sent).content.decode()
    assert 'name="initial-email" value="ada@example.com"' in again
    assert 'name="initial-name" value="Ada"' in again


def test_it_is_so_in_the_rows_below_a_page(boss):
    home = AddressFactory.create(line_1="1 Old Street", city="London")
    first, second = (shown(boss, home.customer) for _ in range(2))
    boss.post(url(home.customer), first | {"addresses-0-line_1": "99 Moved Street"})
    boss.post(url(home.customer), second | {"addresses-0-city": "Leeds"})
    home.refresh_from_db()
    assert (home.line_1, home.city, home.is_default) == ("99 Moved Street", "Leeds", True)


def test_a_box_that_was_left_alone_stays_as_it_is_now(boss):
    serum = ProductFactory.create(is_active=True)
    sent = shown(boss, serum)
    Product.objects.update(is_active=False, price="30.00")
    boss.post(url(serum), sent | {"name": "Night serum"})
    serum.refresh_from_db()
    assert (serum.name, serum.is_active, str(serum.price)) == ("Night serum", False, "30.00")


def test_rights_that_were_given_meanwhile_stay(boss):
    role = Group.objects.create(name="lookers")
    sent = shown(boss, role)
    role.permissions.add(Permission.objects.get(codename="view_order"))
    boss.post(url(role), sent | {"name": "onlookers"})
    role.refresh_from_db()
    assert role.name == "onlookers"
    assert role.permissions.count() == 1


def test_saving_without_a_change_writes_nothing(boss, django_assert_num_queries):
    serum = ProductFactory.create()
    sent = shown(boss, serum)
    Product.objects.update(name="Theirs")
    boss.post(url(serum), sent)
    assert Product.objects.get().name == "Theirs"


def test_what_the_rules_bring_into_form_is_written_too(boss):
    home = AddressFactory.create(postcode="W2 6NB")
    sent = shown(boss, home.customer)
    boss.post(url(home.customer), sent | {"addresses-0-postcode": "ec1y8sy"})
    assert Address.objects.get().postcode == "EC1Y 8SY"


def test_a_form_without_what_was_shown_is_compared_with_what_is_there(boss):
    serum = ProductFactory.create(name="Serum")
    sent = {n: v for n, v in shown(boss, serum).items() if not n.startswith("initial-")}
    boss.post(url(serum), sent | {"name": "Night serum", "is_active": ""})
    serum.refresh_from_db()
    assert (serum.name, serum.is_active) == ("Night serum", False)


def test_every_page_writes_only_what_was_changed():
    request = RequestFactory().get("/")
    request.user = UserFactory.create(is_superuser=True)
    others = []
    for model, page in admin.site._registry.items():
        row = model(pk=1)
        forms = [page.get_form(request, row, change=True)]
        forms += [formset.form for formset, _ in page.get_formsets_with_inlines(request, row)]
        others += [(model, form) for form in forms if not issubclass(form, ChangedFieldsForm)]
    assert others == []
