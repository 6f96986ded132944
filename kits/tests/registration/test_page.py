"""The page on which a person registers their kit: by a signed link, without an account."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinical.models import Patient, Sample
from core.database import clock
from core.models import Case
from core.web import rate_limits
from customers.tests.factories import CustomerFactory
from kits.models import Kit
from kits.registration.link import GOOD_FOR, url_of_kit, url_of_order
from kits.registration.page import TRIES
from kits.registration.texts import CONSENT_VERSION, TEXTS
from kits.tests.factories import kit_in, order_of_kits, packed_kit, parcel_of, stocked_kit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counted_from_nothing(settings):
    settings.REDIS_URL = ""
    rate_limits.forget()
    yield
    rate_limits.forget()


def path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def page(kit: Kit) -> str:
    return path(url_of_order(parcel_of(kit).order))


def typed(kit: Kit, **changes: str) -> dict[str, str]:
    given = {
        "serial": kit.serial,
        "first_name": "Zqada",
        "last_name": "Zqlove",
        "birth_date": "1985-04-10",
        "sex": "female",
        "sampled_at": f"{clock.now():%Y-%m-%dT%H:%M}",
        "consent": "on",
    }
    return given | changes


def errors(answer: Any) -> dict[str, str]:
    found = re.findall(r'id="(\w+)_error"[^>]*>([^<]*)<', answer.content.decode())
    return dict(found)


@pytest.mark.parametrize("url", [lambda kit: page(kit), lambda kit: path(url_of_kit(kit))])
def test_a_person_registers_by_the_message_or_by_the_code_on_the_kit(client, url):
    kit = kit_in("delivered")
    assert client.get(url(kit)).status_code == 200
    spaced = f"{kit.serial[:4]} {kit.serial[4:].lower()}"
    answer = client.post(url(kit), typed(kit, serial=spaced))
    assert answer.status_code == 200, errors(answer)
    sample = Sample.objects.get()
    assert (sample.serial, sample.kit_type, sample.person) == (
        kit.serial,
        "ancestry",
        "Zqada Zqlove",
    )
    assert (sample.sex, sample.consent_version) == ("female", CONSENT_VERSION)
    assert sample.patient.customer is None
    kit.refresh_from_db()
    assert kit.state == "registered"
    assert "Zq" not in str(list(kit.events.values()))


def test_who_ordered_it_for_themselves_is_the_patients_customer(client):
    kit = kit_in("delivered")
    client.post(page(kit), typed(kit, is_buyer="on"))
    assert Patient.objects.get().customer == parcel_of(kit).order.customer


def test_looking_changes_nothing_and_shows_nothing_of_the_order_or_the_kit(client):
    kit = packed_kit(order_of_kits(customer=CustomerFactory.create(name="Zqname")))
    for method in (client.get, client.head):
        assert method(page(kit)).status_code == 200
    answer = client.get(page(kit))
    shown = answer.content.decode().partition("<main>")[2]
    for secret in ("Zqname", kit.serial, "ancestry", "DNA", str(parcel_of(kit).order.number)):
        assert secret not in shown, secret
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not Sample.objects.exists()


def test_of_two_with_one_link_the_second_is_told_that_nothing_is_left(client):
    kit = kit_in("delivered")
    assert client.post(page(kit), typed(kit)).status_code == 200
    again = client.post(page(kit), typed(kit, first_name="Zqother"))
    assert again.status_code == 410
    assert "Zq" not in again.content.decode()
    assert client.get(page(kit)).status_code == 410
    assert Sample.objects.get().first_name == "Zqada"


def test_an_order_of_two_kits_registers_each_by_one_link(client):
    order = order_of_kits(pieces=2)
    first, second = packed_kit(order), packed_kit(order)
    assert client.post(page(first), typed(first)).status_code == 200
    assert client.post(page(first), typed(second, first_name="Zqbob")).status_code == 200
    assert Sample.objects.count() == Patient.objects.count() == 2


def test_the_serial_of_another_kit_is_refused_and_guesses_are_limited(client):
    kit, other = kit_in("delivered"), kit_in("delivered")
    for serial in (other.serial, stocked_kit().serial, "hello", "\0"):
        answer = client.post(page(kit), typed(kit, serial=serial))
        assert answer.status_code == 422
        assert "serial" in errors(answer)
    for _ in range(TRIES.count):
        answer = client.post(page(kit), typed(kit, serial=other.serial))
    assert answer.status_code == 429
    assert client.post(page(kit), typed(kit)).status_code == 429
    assert client.post(page(other), typed(other)).status_code == 200
    assert Sample.objects.get().serial == other.serial


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_name": "", "last_name": ""}, "first_name"),
        ({"last_name": "\u200b"}, "last_name"),
        ({"birth_date": "10.04.1985"}, "birth_date"),
        ({"birth_date": "1885-04-10"}, "birth_date"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
        ({"sex": "x"}, "sex"),
        ({"sampled_at": "2999-01-01T10:00"}, "sampled_at"),
        ({"sampled_at": "2020-01-01T10:00"}, "sampled_at"),
        ({"sampled_at": "yesterday"}, "sampled_at"),
        ({"consent": ""}, "consent"),
        ({"first_name": "x" * 101}, "first_name"),
    ],
)
def test_what_cannot_be_is_named_by_its_field_and_nothing_is_written(client, changes, field):
    kit = kit_in("delivered")
    answer = client.post(page(kit), typed(kit, **changes))
    assert answer.status_code == 422
    assert field in errors(answer)
    assert not Sample.objects.exists()
    assert not Patient.objects.exists()
    kit.refresh_from_db()
    assert kit.state == "delivered"


def test_somebody_under_age_is_asked_to_contact_support_and_is_a_case(client):
    kit = kit_in("delivered")
    born = (clock.now() - timedelta(days=17 * 365)).date()
    answer = client.post(page(kit), typed(kit, birth_date=born.isoformat()))
    assert (answer.status_code, "18" in errors(answer)["birth_date"]) == (422, True)
    case = Case.objects.get(kind="kit-under-age")
    assert (case.subject_id, "Zq" in case.happened, str(born) in case.happened) == (
        kit.pk,
        False,
        False,
    )
    assert not Sample.objects.exists()


@pytest.mark.parametrize("state", ["resulted", "lost", "destroyed"])
def test_a_kit_that_cannot_be_registered_any_more_says_so_and_no_more(client, state):
    kit = kit_in(state)
    for answer in (client.get(page(kit)), client.post(page(kit), typed(kit))):
        assert answer.status_code == 410
        assert f"is {state}" not in answer.content.decode().partition("<main>")[2]


def test_the_code_on_a_kit_that_nobody_was_sent_registers_nothing(client):
    kit = stocked_kit()
    assert client.post(path(url_of_kit(kit)), typed(kit)).status_code == 410
    assert not Sample.objects.exists()


def test_a_link_expires_and_one_that_is_cut_is_none_of_ours(client):
    kit = kit_in("delivered")
    url = page(kit)
    assert client.get(url[:-3] + "/").status_code == 404
    with time_machine.travel(clock.now() + GOOD_FOR + timedelta(days=1)):
        assert client.get(url).status_code == 410
        assert client.post(url, typed(kit)).status_code == 410
    assert not Sample.objects.exists()


def test_it_speaks_the_language_of_who_was_sent_the_kit(client):
    kit = packed_kit(order_of_kits(customer=CustomerFactory.create(language="de")))
    answer = client.get(page(kit)).content.decode()
    assert '<html lang="de">' in answer
    assert "Seriennummer" in answer
    wrong = client.post(page(kit), typed(kit, serial="hello", consent=""))
    assert errors(wrong)["consent"] == "Bitte ausfüllen."
    assert "vergleichen" in errors(wrong)["serial"]


def test_every_language_has_every_text():
    assert {frozenset(texts) for texts in TEXTS.values()} == {frozenset(TEXTS["en"])}


def test_only_a_browser_without_a_session_is_needed(client):
    strict = Client(enforce_csrf_checks=True)
    kit = kit_in("delivered")
    assert strict.post(page(kit), typed(kit)).status_code == 200
    assert client.put(page(kit)).status_code == 405
