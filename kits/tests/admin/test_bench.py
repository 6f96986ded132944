"""The packing bench as a page: one field, no mouse, and labels to print."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from identity.tests.factories import staff
from kits.models import Kit
from kits.tests.factories import a_label, order_of_kits, packed_kit, parcel_of, stocked_kit

pytestmark = pytest.mark.django_db
BENCH = "/admin/kits/kit/bench/"


@pytest.fixture
def packer() -> Client:
    client = Client()
    client.force_login(staff("fulfilment"), backend="django.contrib.auth.backends.ModelBackend")
    return client


def fields(answer: Any) -> dict[str, str]:
    """What the form on the page would send."""
    text = answer.content.decode()
    inputs = re.findall(r"<input[^>]*>", text.split('<form method="post" class="mb-6"')[1])
    named = (re.search(r'name="([^"]*)"', each) for each in inputs)
    values = (re.search(r'value="([^"]*)"', each) for each in inputs)
    pairs = zip(named, values, strict=True)
    return {name[1]: value[1] if value else "" for name, value in pairs if name}


def scanned(client: Client, *texts: str) -> str:
    """The page after these scans."""
    answer: Any = client.get(BENCH)
    for text in texts:
        answer = client.post(BENCH, fields(answer) | {"scan": text})
        assert answer.status_code == 200
    page: str = answer.content.decode()
    return page


def test_a_kit_is_packed_by_three_scans(packer):
    order, kit = order_of_kits(), stocked_kit()
    page = scanned(packer, str(order.number), kit.serial, a_label())
    assert 'data-level="done"' in page
    kit.refresh_from_db()
    assert (kit.state, kit.events.get().actor.startswith("user:")) == ("packed", True)


def test_the_field_has_the_focus_and_what_is_said_is_read_aloud(packer):
    page = scanned(packer)
    assert re.search(r'<input id="id_scan"[^>]* autofocus', page)
    assert 'role="status"' in page
    stop = scanned(packer, "hello")
    assert 'role="alert"' in stop
    assert 'data-level="stop"' in stop
    assert '<label for="id_scan"' in stop


def test_a_scan_that_does_not_fit_keeps_what_was_scanned_before(packer):
    order, used = order_of_kits(), packed_kit()
    page = scanned(packer, str(order.number), used.serial)
    assert 'data-level="stop"' in page
    assert f'name="order" value="{order.number}"' in page
    assert 'data-level="done"' in scanned(
        packer, str(order.number), stocked_kit().serial, a_label()
    )


def test_what_is_made_up_in_the_fields_packs_nothing(packer):
    kit, label = stocked_kit(), a_label()
    for made_up in ("co-999999", "<script>", "\0", "x" * 5000, str(parcel_of(packed_kit()).order)):
        body = {"order": made_up, "kit": kit.serial, "return_label": label, "scan": label}
        answer = packer.post(BENCH, body)
        assert answer.status_code == 200
        assert "<script>" not in answer.content.decode().split("<h1")[1].split("</dl>")[0]
    kit.refresh_from_db()
    assert kit.state == "in-stock"


def test_who_does_not_pack_has_no_bench():
    client = Client()
    client.force_login(staff("support"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(BENCH).status_code == 403
    assert client.post(BENCH, {"scan": str(order_of_kits().number)}).status_code == 403


def test_labels_of_the_selected_kits_are_a_pdf(packer):
    kits = [stocked_kit(), stocked_kit()]
    stocked_kit()
    body = {"action": "print_labels", "_selected_action": [kit.pk for kit in kits]}
    answer = packer.post("/admin/kits/kit/", body)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert answer.content.count(b"/Type /Page\n") == 2 == Kit.objects.count() - 1


def test_the_slip_of_an_order_is_a_pdf_for_who_packs(packer):
    order = order_of_kits()
    answer = packer.get(f"/admin/orders/order/{order.pk}/print-slip/")
    assert answer["Content-Type"] == "application/pdf"
    person = staff()
    person.user_permissions.add(Permission.objects.get(codename="view_order"))
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/admin/orders/order/{order.pk}/print-slip/").status_code == 403
