"""The first page: figures, and only those that the person may see."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

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
        assert manager.get(card.link).status_code == 200, card.link


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
