"""Two spellings of one domain are one address (RFC 5890, 2.3.2.1), wherever it came from."""

from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from customers.models import Customer
from customers.tests.factories import CustomerFactory
from notifications.channels import Report
from notifications.delivery.answers import Answers
from notifications.delivery.incoming.reports import apply_overtaking, take_report
from notifications.models import Notification, OptOut
from notifications.policy.opt_outs import opt_in, opt_out, opted_out
from notifications.services import notify

pytestmark = pytest.mark.django_db
READ, CODED = "idn@exämple.de", "idn@xn--exmple-cua.de"
BOTH = [(READ, CODED), (CODED, READ), (READ.upper(), CODED), (CODED, "idn@EXÄMPLE.de")]


@pytest.mark.parametrize(("said", "kept"), BOTH)
def test_an_opt_out_of_one_spelling_holds_for_the_other(said, kept):
    opt_out("email", said, reason="asked")
    customer = CustomerFactory.create(email=kept)
    assert notify(customer, message="Hello", channel="email").state == "suppressed"
    assert opted_out(customer) == ["email"]
    assert opt_in("email", kept, reason="asked", by="user:test")


@pytest.mark.parametrize(("said", "kept"), BOTH)
def test_an_opt_out_suppresses_what_waits_for_the_other_spelling(said, kept):
    row = notify(CustomerFactory.create(email=kept), message="Hello", channel="email")
    opt_out("email", said, reason="asked")
    row.refresh_from_db()
    assert row.state == "suppressed"


def test_customers_are_kept_in_the_spelling_that_people_read(api):
    answer = api().post("/api/v1/customers/", {"name": "A", "email": CODED}, format="json")
    assert answer.json()["email"] == READ
    found = api().get("/api/v1/customers/", {"email": CODED}).json()["results"]
    assert [row["id"] for row in found] == [answer.json()["id"]]
    assert Customer.objects.get().email == READ


@pytest.mark.parametrize(("said", "kept"), BOTH)
def test_a_report_of_one_spelling_is_about_the_other(said, kept):
    row = notify(CustomerFactory.create(email=kept), message="Hello", channel="email")
    Notification.objects.update(state="sent", provider="anymail", provider_reference="m-1")
    row.refresh_from_db()
    take_report("email", "anymail", Report("m-1", said, "delivered", "delivered"))
    apply_overtaking(Answers("notifications:email:anymail", timezone.now(), [], [row]))
    row.refresh_from_db()
    assert row.state == "delivered"


def test_opt_outs_of_before_are_found_by_the_spelling_that_is_kept():
    OptOut.objects.create(channel="email", recipient=CODED)
    respell = import_module("notifications.migrations.0012_one_spelling_of_opt_outs").respell
    respell(apps, None)
    customer = CustomerFactory.create(email=READ)
    assert notify(customer, message="Hello", channel="email").state == "suppressed"
