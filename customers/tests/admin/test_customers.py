"""Customers in the admin, with their addresses."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from customers.admin import CustomerAdmin
from customers.models import Address, Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from identity.tests.factories import UserFactory

LIST = "/admin/customers/customer/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    browser = Client()
    browser.force_login(UserFactory.create(is_superuser=True))
    return browser


def address(number, **change):
    """One address of the form."""
    lines = {
        "recipient": "Ada",
        "line_1": f"{number} High Street",
        "line_2": "",
        "city": "London",
        "postcode": "W2 6NB",
        "country": "GB",
    }
    return {f"addresses-{number}-{name}": value for name, value in (lines | change).items()}


def inlines():
    """What stands on the page: other apps add theirs."""
    models = [inline.model for inline in CustomerAdmin.inlines]
    return [model._meta.get_field("customer").remote_field.accessor_name for model in models]


def typed(*addresses, initial=0, **change):
    """What the form of a customer sends."""
    form = {
        "name": "Ada",
        "code": "ADA-1",
        "phone_number": "07451277972",
        "email": "",
        **{f"{each}-TOTAL_FORMS": 0 for each in inlines()},
        **{f"{each}-INITIAL_FORMS": 0 for each in inlines()},
        "addresses-TOTAL_FORMS": len(addresses),
        "addresses-INITIAL_FORMS": initial,
    }
    for each in addresses:
        form |= each
    return form | change


def test_staff_add_a_customer_with_a_default_address(boss):
    assert boss.get(f"{LIST}add/").status_code == 200
    assert boss.post(f"{LIST}add/", typed(address(0, is_default="on"))).status_code == 302
    customer = Customer.objects.get()
    assert str(customer.phone_number) == "+447451277972"
    assert customer.default_address == customer.addresses.get(line_1="0 High Street")


def test_the_first_address_is_the_default_without_a_tick(boss):
    boss.post(f"{LIST}add/?_popup=1", typed(address(0)) | {"_popup": "1"})
    assert Customer.objects.get().default_address == Address.objects.get()


def test_the_only_default_cannot_be_unticked_among_several(boss):
    home = AddressFactory.create()
    other = AddressFactory.create(customer=home.customer, is_default=False)
    form = typed(address(0, id=home.pk), address(1, id=other.pk), initial=2)
    answer = boss.post(f"{LIST}{home.customer_id}/change/", form)
    assert "Tick the address that is the default instead." in answer.content.decode()
    home.refresh_from_db()
    assert home.is_default


def test_when_the_default_is_deleted_another_takes_its_place(boss):
    home = AddressFactory.create()
    other = AddressFactory.create(customer=home.customer, is_default=False)
    form = typed(
        address(0, id=home.pk, is_default="on", DELETE="on"), address(1, id=other.pk), initial=2
    )
    boss.post(f"{LIST}{home.customer_id}/change/", form)
    assert Address.objects.get() == home.customer.default_address == other


def test_a_customer_with_an_address_from_before_a_rule_can_be_saved(boss):
    home = AddressFactory.create(postcode="ZZZ")
    old = address(0, id=home.pk, is_default="on", line_1=home.line_1, line_2=home.line_2)
    old |= {"addresses-0-recipient": home.recipient, "addresses-0-postcode": "ZZZ"}
    assert boss.post(f"{LIST}{home.customer_id}/change/", typed(old, initial=1)).status_code == 302
    assert Customer.objects.get().name == "Ada"


def test_two_default_addresses_are_refused(boss):
    both = [address(0, is_default="on"), address(1, is_default="on")]
    answer = boss.post(f"{LIST}add/", typed(*both))
    assert "not several" in answer.content.decode()
    assert not Customer.objects.exists()


def test_a_new_default_takes_the_place_of_the_old_one(boss):
    old = AddressFactory.create()
    kept = address(0, line_1="old", id=old.pk)
    form = typed(kept, address(1, is_default="on"), initial=1)
    url = f"{LIST}{old.customer_id}/change/"
    assert boss.post(url, form).status_code == 302
    assert Address.objects.get(is_default=True).line_1 == "1 High Street"
    assert Address.objects.count() == 2


def test_the_order_of_the_two_makes_no_difference(boss):
    home = AddressFactory.create()
    other = AddressFactory.create(customer=home.customer, is_default=False)
    form = typed(address(0, id=other.pk, is_default="on"), address(1, id=home.pk), initial=2)
    boss.post(f"{LIST}{home.customer_id}/change/", form)
    assert Address.objects.get(is_default=True).pk == other.pk


def test_saving_without_a_change_keeps_the_default(boss):
    home = AddressFactory.create()
    form = typed(address(0, id=home.pk, is_default="on"), initial=1)
    boss.post(f"{LIST}{home.customer_id}/change/", form)
    boss.post(f"{LIST}{home.customer_id}/change/", form)
    assert Address.objects.get().is_default


def test_a_deleted_default_leaves_none(boss):
    home = AddressFactory.create()
    form = typed(address(0, id=home.pk, is_default="on") | {"addresses-0-DELETE": "on"}, initial=1)
    boss.post(f"{LIST}{home.customer_id}/change/", form)
    assert Customer.objects.get().default_address is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "Ada\nBcc: x"}, "on one line"),
        ({"code": "a/b"}, "Use letters"),
        ({"phone_number": "123"}, "No country has this number"),
        ({"addresses-0-city": "x" * 36}, "at most 35 characters"),
        ({"addresses-0-postcode": ""}, "need a postcode"),
        ({"addresses-0-postcode": "ZZZ"}, "Write it like EC1Y 8SY"),
        ({"addresses-0-country": "XX"}, "is not a country"),
    ],
)
def test_C1_bad_input_is_refused_where_it_is_typed(boss, change, reason):
    answer = boss.post(f"{LIST}add/", typed(address(0)) | change)
    assert reason in answer.content.decode()
    assert not Customer.objects.exists()


def test_customers_are_found_by_the_words_of_the_index(boss):
    ada, bo = CustomerFactory.create(name="Ada Lovelace"), CustomerFactory.create(name="Bo")
    page = boss.get(LIST, {"q": "love"}).content.decode()
    assert f"/{ada.pk}/change/" in page
    assert f"/{bo.pk}/change/" not in page


def test_customers_are_not_deleted_in_bulk(boss):
    ada = CustomerFactory.create()
    boss.post(LIST, {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"})
    assert Customer.objects.exists()


def test_a_reader_sees_the_addresses_and_changes_nothing():
    home, reader = AddressFactory.create(), Client()
    user = UserFactory.create()
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_customer", "view_address"])
    )
    reader.force_login(user)
    url = f"{LIST}{home.customer_id}/change/"
    assert b"179 harrow road" in reader.get(url).content
    assert reader.post(url, typed(name="Eve")).status_code == 403


def test_an_outsider_sees_and_changes_nothing():
    ada, outsider = CustomerFactory.create(), Client()
    outsider.force_login(UserFactory.create())
    for url in (LIST, f"{LIST}add/", f"{LIST}{ada.pk}/change/", f"{LIST}{ada.pk}/delete/"):
        assert outsider.get(url).status_code == 403
        assert outsider.post(url, typed(name="Eve")).status_code == 403
    assert Customer.objects.get().name == ada.name


def test_the_admins_log_keeps_which_rows_were_changed_and_no_name(boss):
    boss.post(f"{LIST}add/", typed(address(0)))
    row = Customer.objects.get()
    boss.post(f"{LIST}{row.pk}/change/", typed(address(1), name="Ada Lovelace"))
    boss.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    kept = LogEntry.objects.order_by("id").values_list("object_repr", "change_message")
    assert [each for each, _ in kept] == [f"customer {row.pk}"] * 3
    assert "Ada" not in str(kept)
    assert "address" in str(kept)
