"""The first page: figures, and only those that the person may see."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinical.tests.factories import clinician, performed_study
from core import cases
from core.cases import CaseDraft
from core.cases.models import Case
from core.tests.plans import forget_statistics
from customers.tests.factories import CustomerFactory
from desk import start
from identity.tests.factories import staff
from notifications.services import notify
from orders.tests.factories import placed_order, placed_sale
from shipping.tests.exceptions.test_cases import in_state, open_case
from shipping.tests.factories import queued_shipment


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
    assert b"Open exceptions" not in client.get("/admin/").content


def test_the_start_page_and_the_queue_are_called_as_in_the_side_bar(manager):
    assert "Site administration" not in manager.get("/admin/").content.decode()
    queue = manager.get("/admin/core/case/").content.decode()
    assert "Exceptions | Dosette</title>" in queue
    assert ">Cases<" not in queue


def test_an_empty_list_says_what_would_be_there(manager):
    page = manager.get("/admin/core/case/").content.decode()
    assert "No open exceptions." in page
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


def test_a_clinician_is_led_to_the_worklist(db):
    performed_study()
    client = Client()
    client.force_login(clinician())
    card = cards(client)["Studies to read"]
    assert (card.figure, card.link) == ("1", "/admin/clinical/waitingstudy/")


def test_a_table_without_rows_says_so(manager):
    order = placed_sale()
    assert "None yet." in manager.get(f"/admin/orders/order/{order.pk}/change/").content.decode()


def cards(client: Client) -> dict[str, Any]:
    return {card.title: card for card in client.get("/admin/").context["cards"]}


def able_to(*names: str) -> Client:
    """Signed in as somebody who may do just this."""
    clerk = staff()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(clerk)
    return client


@pytest.mark.parametrize(
    ("permission", "title"),
    [
        ("view_order", "Orders today"),
        ("view_shipment", "Parcels to hand over"),
        ("change_study", "Studies without images"),
        ("view_notification", "Messages to look at"),
        ("view_case", "Exceptions"),
    ],
)
def test_each_figure_needs_the_right_to_see_its_list(db, permission, title):
    assert list(cards(able_to(permission))) == [title]


def test_who_only_looks_at_studies_is_told_no_figure_of_them(db):
    assert cards(able_to("view_study")) == {}


def test_orders_of_today_are_those_since_midnight(manager):
    placed_order()
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        placed_order()
    assert cards(manager)["Orders today"].figure == "1"


@pytest.mark.parametrize(
    ("placed", "counts"),
    [
        ("2026-10-24 22:59Z", "0"),
        ("2026-10-24 23:00Z", "1"),
        ("2026-10-25 23:59Z", "1"),
        ("2026-10-26 00:00Z", "0"),
    ],
)
def test_today_is_the_day_of_staff_also_when_it_has_25_hours(db, placed, counts):
    with time_machine.travel(placed, tick=False):
        placed_order()
    with time_machine.travel("2026-10-25 12:00Z", tick=False):
        assert cards(able_to("view_order"))["Orders today"].figure == counts


@pytest.mark.parametrize(
    ("counted_by", "index"),
    [
        ('"orders_order"."time" >=', "order_by_time"),
        ('"clinical_study"."state" = \'registered\'', "study_by_state"),
    ],
)
def test_figures_are_counted_by_an_index(manager, counted_by, index):
    placed_order()
    with CaptureQueriesContext(connection) as statements:
        manager.get("/admin/")
    counted = next(q["sql"] for q in statements if counted_by in q["sql"])
    forget_statistics()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {counted}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond" in plan, plan
    assert index in plan, plan


def test_parcels_to_hand_over_are_those_that_wait_or_are_being_sent(manager):
    for state in ("queued", "sending", "scheduled", "sent", "unknown"):
        queued_shipment(state=state)
    assert cards(manager)["Parcels to hand over"].figure == "2"


def test_messages_to_look_at_are_red_once_there_are_any(manager):
    message = notify(CustomerFactory.create(), message="Hello", channel="sms")
    card = cards(manager)["Messages to look at"]
    assert (card.figure, card.alarming) == ("0", False)
    for state, figure in (("failed", "1"), ("unknown", "1"), ("sent", "0")):
        type(message).objects.update(state=state)
        card = cards(manager)["Messages to look at"]
        assert (card.figure, card.alarming) == (figure, figure == "1"), state


def test_a_great_many_are_not_counted_to_the_end(manager, monkeypatch):
    monkeypatch.setattr(start, "MOST", 2)
    for _ in range(2):
        queued_shipment()
    assert cards(manager)["Parcels to hand over"].figure == "2"
    queued_shipment()
    assert cards(manager)["Parcels to hand over"].figure == "2+"


def test_the_kind_that_waits_longest_comes_first(manager):
    for state, hours in (("unknown", 1), ("rejected", 5), ("failed-to-deliver", 3)):
        case = open_case(in_state(state))
        opened = timezone.now() - timedelta(hours=hours)
        Case.objects.filter(pk=case.pk).update(opened_at=opened)
    waiting = manager.get("/admin/").context["waiting"]
    kinds = [each.link.rpartition("=")[2] for each in waiting]
    assert kinds == ["shipment-rejected", "shipment-failed", "shipment-unknown"]


def test_what_is_closed_waits_for_nobody(manager):
    case = open_case(in_state("rejected"))
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    assert manager.get("/admin/").context["waiting"] == []
    card = cards(manager)["Exceptions"]
    assert (card.figure, card.alarming) == ("0", False)


def test_cases_of_what_one_may_not_see_are_not_counted(db):
    in_state("rejected")
    client = able_to("view_case", "view_notification")
    assert cards(client)["Exceptions"].figure == "0"
    assert client.get("/admin/").context["waiting"] == []
    assert cards(able_to("view_case", "view_shipment"))["Exceptions"].figure == "1"


def test_the_start_page_takes_as_many_statements_whatever_waits(
    manager, django_assert_max_num_queries
):
    for state in ("unknown", "rejected", "failed-to-deliver"):
        in_state(state)
    with django_assert_max_num_queries(14):
        manager.get("/admin/")
