"""The page at which kits are received, and the buttons after it."""

from typing import Any

import pytest
from django.test import Client

from identity.tests.factories import staff
from kits.models import Replacement
from kits.tests.factories import kit_in, stocked_kit

pytestmark = pytest.mark.django_db
RECEIPT = "/admin/kits/kit/receipt/"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(staff("fulfilment"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def scanned(client: Client, serial: str, **seen: str) -> str:
    body = {"condition": "ROOM", "reason": "", "serial": serial} | seen
    answer: Any = client.post(RECEIPT, body)
    assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def test_a_scan_receives_a_kit_and_the_field_waits_for_the_next(client):
    kit = kit_in("returning")
    page = scanned(client, kit.serial.lower())
    assert f"Kit {kit} is accepted." in page
    assert 'data-level="done"' in page
    kit.refresh_from_db()
    assert kit.state == "accepted"
    assert 'data-level="stop"' in scanned(client, kit.serial)


def test_what_it_is_rejected_for_is_not_kept_for_the_next_kit(client):
    page = scanned(client, kit_in("returning").serial, reason="QS", condition="COOL")
    assert "rejected for good" in page
    assert '<option value="COOL" selected>' in page
    assert '<option value="QS" selected>' not in page
    assert "waits for its person" in scanned(client, kit_in("returning").serial, reason="RD")


@pytest.mark.parametrize("seen", [{"condition": "WARM"}, {"reason": "XX"}, {"serial": "\0"}])
def test_what_makes_no_sense_stops(client, seen):
    kit = kit_in("returning")
    assert 'data-level="stop"' in scanned(client, **({"serial": kit.serial} | seen))
    assert "There is no kit" in scanned(client, "000000000")
    assert "in-stock" in scanned(client, stocked_kit().serial)
    kit.refresh_from_db()
    assert kit.state == "returning"


def test_who_does_not_receive_has_no_page():
    client = Client()
    client.force_login(staff("support"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(RECEIPT).status_code == 403
    assert client.post(RECEIPT, {"serial": kit_in("returning").serial}).status_code == 403


def test_a_kit_rejected_for_good_is_sent_anew_by_one_click(client):
    kit = kit_in("rejected", reason="QS")
    url = f"/admin/kits/kit/{kit.pk}/replace/"
    for _ in range(2):
        client.post(url, {"_form_submitted": "on"})
    order = Replacement.objects.get().order
    page: Any = client.get(f"/admin/kits/kit/{kit.pk}/change/")
    assert str(order.number) in page.content.decode()


def test_a_kit_that_waits_is_resumed_on_its_page(client):
    kit = kit_in("rejected", reason="RD")
    body = {"reason": "sampled on the third", "_form_submitted": "on"}
    client.post(f"/admin/kits/kit/{kit.pk}/resume/", body)
    kit.refresh_from_db()
    assert kit.state == "accepted"
