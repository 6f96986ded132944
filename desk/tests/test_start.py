"""The first page: figures, and only those that the person may see."""

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from core import cases
from core.cases import CaseDraft
from identity.tests.factories import staff
from orders.tests.factories import placed_order


@pytest.fixture
def manager(db) -> Client:
    client = Client()
    client.force_login(staff(is_superuser=True))
    return client


def test_the_cards_count_what_waits(manager):
    placed_order()
    page = manager.get("/admin/").content.decode()
    assert "Parcels to hand over" in page
    assert "Orders today" in page


def test_a_card_leads_to_its_list(manager):
    page = manager.get("/admin/")
    for card in page.context["cards"]:
        assert manager.get(card.link, follow=True).status_code == 200, card.link


def test_who_may_see_nothing_sees_no_figure(db):
    client = Client()
    client.force_login(staff())
    page = client.get("/admin/")
    assert page.context["cards"] == []
    assert b"ask a manager" in page.content


def test_the_side_bar_shows_only_what_one_may_open(db):
    clerk = staff()
    clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
    client = Client()
    client.force_login(clerk)
    page = client.get("/admin/").content.decode()
    assert "/admin/orders/order/" in page
    assert "/admin/clinical/patient/" not in page


def test_what_waits_is_listed_by_kind_and_leads_into_the_queue(manager):
    cases.open([CaseDraft("shipment-rejected", 1, "co-1 by reference", "It was refused.")])
    page = manager.get("/admin/")
    (waiting,) = page.context["waiting"]
    assert (waiting.label, waiting.count) == ("Rejected", 1)
    assert b"co-1 by reference" in manager.get(waiting.link).content


def test_who_has_no_queue_reads_nothing_of_it(db):
    client = Client()
    client.force_login(staff())
    assert b"What waits for somebody" not in client.get("/admin/").content


def test_the_start_page_and_the_queue_are_called_as_in_the_side_bar(manager):
    assert "Site administration" not in manager.get("/admin/").content.decode()
    queue = manager.get("/admin/core/case/").content.decode()
    assert "Exceptions | Dosette</title>" in queue
    assert ">Cases<" not in queue


def test_an_empty_list_says_what_would_be_there(manager):
    page = manager.get("/admin/core/case/").content.decode()
    assert "Nothing waits for anybody." in page
    assert "Nothing matches" in manager.get("/admin/core/case/?kind=event-parked").content.decode()


def test_a_time_is_written_by_the_24_hour_clock(manager):
    with time_machine.travel("2026-11-21T14:05:00Z"):
        placed_order()
        assert "21 Nov 2026, 14:05" in manager.get("/admin/orders/order/").content.decode()


def test_a_clinician_starts_with_the_studies_that_wait(db):
    clinician = staff()
    clinician.user_permissions.add(Permission.objects.get(codename="change_study"))
    client = Client()
    client.force_login(clinician)
    (card,) = client.get("/admin/").context["cards"]
    assert (card.title, card.figure) == ("Studies without images", "0")


def test_a_table_without_rows_says_so(manager):
    order = placed_order()
    assert "None yet." in manager.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
