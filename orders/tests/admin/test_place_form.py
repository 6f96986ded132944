"""An order for somebody new is placed on one page: who, where, what, how often (issue 15)."""

import pytest

from customers.models import Address, Customer
from customers.tests.factories import AddressFactory, CustomerFactory
from orders.models import Order
from orders.tests.admin.test_orders import ADD, signed_in, typed
from orders.tests.factories import ADDRESS

pytestmark = pytest.mark.django_db
NEW = {"customer": "", "new_name": "Nora New", "new_phone": "07451277972", "new_email": ""}
WHERE = ADDRESS | {"country": "United Kingdom", "postcode": "w26nb"}


def new_order(serum, **change):
    return (
        typed(CustomerFactory.build(pk=""), (serum, 2)) | NEW | WHERE | {"_save": "Save"} | change
    )


def test_a_new_customer_an_address_and_an_order_are_made_at_once(boss, serum):
    answer = boss.post(ADD, new_order(serum, shipping_interval="monthly"))
    order, customer = Order.objects.get(), Customer.objects.get()
    assert answer.url == f"/admin/orders/order/{order.pk}/change/"
    assert (customer.name, str(customer.phone_number)) == ("Nora New", "+447451277972")
    assert customer.addresses.get(is_default=True).address() == order.address() == ADDRESS
    assert (order.customer, order.shipping_interval) == (customer, "monthly")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"new_name": ""}, "Choose a customer, or type the name"),
        ({"new_phone": "123"}, "No country has this number"),
        ({"new_email": "nora@"}, "Enter a valid email address"),
        ({"postcode": "ZZZ"}, "Write it like EC1Y 8SY"),
        ({"country": "Ruritania"}, "is not a country"),
        ({"lines-0-quantity": "0"}, "greater than or equal to 1"),
        (dict.fromkeys(ADDRESS, ""), "no default address"),
        ({"channel": "email"}, "no e-mail address"),
    ],
)
def test_when_anything_is_refused_nothing_is_made(boss, serum, change, reason):
    answer = boss.post(ADD, new_order(serum, **change))
    assert answer.status_code == 200
    assert reason in answer.content.decode()
    assert not Customer.objects.exists()
    assert not Order.objects.exists()


def test_a_customer_is_chosen_or_typed_not_both(boss, serum):
    home = AddressFactory.create()
    answer = boss.post(ADD, new_order(serum, customer=home.customer_id))
    assert "not both" in answer.content.decode()
    assert not Order.objects.exists()


def test_the_first_address_of_a_customer_is_kept_another_is_the_orders_own(boss, serum):
    without = CustomerFactory.create()
    boss.post(ADD, typed(without, (serum, 1)) | WHERE)
    assert without.addresses.get(is_default=True).address() == ADDRESS
    boss.post(ADD, typed(without, (serum, 1)) | WHERE | {"line_1": "2 Other Street"})
    assert Address.objects.count() == 1
    assert Order.objects.latest("id").line_1 == "2 Other Street"


def test_a_parcel_is_for_the_customer_where_nobody_else_is_named(boss, serum):
    _, shown = draft(boss, **new_order(serum, recipient=""))
    assert "Nora New, The battleship building" in shown
    boss.post(ADD, new_order(serum, recipient=""))
    assert Order.objects.get().recipient == "Nora New"


def test_an_address_of_the_book_is_chosen_and_nobody_elses(boss, serum):
    home, theirs = AddressFactory.create(), AddressFactory.create()
    work = AddressFactory.create(customer=home.customer, is_default=False, line_1="Work")
    refused = boss.post(ADD, typed(home.customer, (serum, 1), kept=theirs.pk))
    assert "valid choice" in refused.content.decode()
    boss.post(ADD, typed(home.customer, (serum, 1), kept=work.pk))
    assert Order.objects.get().line_1 == "Work"


def draft(browser, **form):
    answer = browser.post(f"{ADD}draft/", form)
    return answer, answer.content.decode()


def test_what_will_be_placed_is_shown_and_nothing_is_written(boss, serum):
    _, shown = draft(boss, **new_order(serum, shipping_interval="monthly"))
    for text in ("W2 6NB, GB", "50.00 GBP", "25.00 GBP each", "At once"):
        assert text in shown
    assert not Customer.objects.exists()
    assert not Order.objects.exists()


def test_what_is_wrong_so_far_is_said_while_it_is_typed(boss, serum):
    _, shown = draft(boss, country="United Kingdom", postcode="ZZZ")
    assert "Write it like EC1Y 8SY" in shown
    assert "Still missing: recipient, line 1, city" in shown
    answer, shown = draft(boss)
    assert answer.status_code == 200
    assert "No address yet." in shown


def test_the_addresses_of_the_chosen_customer_are_offered(boss, serum):
    home = AddressFactory.create()
    AddressFactory.create(line_1="Somebody else's")
    _, shown = draft(boss, **typed(home.customer, (serum, 1)))
    assert home.on_one_line() in shown
    assert "Somebody else" not in shown


def test_who_may_place_no_order_is_shown_no_draft():
    reader = signed_in("view_order")
    answer, _ = draft(reader)
    assert answer.status_code == 403


def test_who_may_add_no_customer_chooses_one(serum):
    clerk = signed_in("add_order", "view_order", "view_customer")
    assert "New customer" not in clerk.get(ADD).content.decode()
    assert "new_name" not in clerk.get(ADD).context["adminform"].form.fields
    clerk.post(ADD, new_order(serum))
    assert not Customer.objects.exists()
