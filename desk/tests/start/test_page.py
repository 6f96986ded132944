"""The first page: figures, and only those that the person may see or act on."""

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
from core.cases import CaseDraft, handling
from core.cases.models import Case
from core.database import clock
from core.tests.plans import forget_statistics
from customers.tests.factories import CustomerFactory
from desk.start import cards as start
from desk.start import rollup
from identity.tests.factories import staff
from notifications.services import notify
from orders.models import Order
from orders.tests.factories import placed_order, placed_sale
from shipping.models import Schedule
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


def cards_of(page: Any) -> dict[str, Any]:
    return {card.title: card for card in page.context["cards"]}


def cards(client: Client) -> dict[str, Any]:
    return cards_of(client.get("/admin/"))


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
        ("change_shipment", "Parcels to hand over"),
        ("change_study", "Studies without images"),
        ("change_notification", "Messages to look at"),
    ],
)
def test_each_figure_needs_the_right_to_act_on_it(db, permission, title):
    assert next(iter(cards(able_to(permission)))) == title


@pytest.mark.parametrize("name", ["shipment", "notification", "case", "study"])
def test_what_one_may_not_act_on_does_not_wait_for_them(db, name):
    queued_shipment()
    in_state("rejected")
    assert cards(able_to(f"view_{name}")) == {}


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
    acts = ("view_case", "change_case", "change_shipment")
    client = able_to(*acts, "view_notification")
    assert cards(client)["Exceptions"].figure == "0"
    assert client.get("/admin/").context["waiting"] == []
    assert cards(able_to(*acts, "view_shipment"))["Exceptions"].figure == "1"


def test_cases_that_others_act_on_are_told_apart(db):
    in_state("rejected")
    page = able_to("view_case", "change_case", "view_shipment").get("/admin/")
    assert cards_of(page)["Exceptions"].figure == "0"
    assert page.context["mine"] == []
    assert [each.label for each in page.context["for_others"]] == ["Rejected"]
    assert b"None that you may act on." in page.content
    assert b"For others to act on" in page.content


def test_what_is_late_is_counted_by_itself(manager):
    case = open_case(in_state("rejected"))
    within = cases.kind(case.kind).due_within
    for age, figure in ((timedelta(0), "0"), (within + timedelta(hours=1), "1")):
        Case.objects.update(opened_at=timezone.now() - age)
        card = cards(manager)["Exceptions that are late"]
        assert (card.figure, card.alarming) == (figure, figure == "1")
    queued_shipment(ship_on=clock.today())
    assert cards(manager)["Parcels late"].figure == "0"
    late = queued_shipment(ship_on=clock.today() - timedelta(days=1), state="scheduled")
    card = cards(manager)["Parcels late"]
    assert (card.figure, card.alarming) == ("1", True)
    assert str(late) in manager.get(card.link).content.decode()


def test_what_somebody_sees_to_is_theirs_and_what_was_put_off_waits_for_nobody(db):
    case, other = (open_case(in_state(state)) for state in ("rejected", "unknown"))
    person = staff(is_superuser=True)
    client = Client()
    client.force_login(person)
    handling.take(case, by=person.actor)
    own = cards(client)["Exceptions you see to"]
    assert own.figure == "1"
    shown = client.get(own.link).content.decode()
    assert case.title in shown
    assert other.title not in shown
    Case.objects.filter(pk=other.pk).update(snoozed_until=timezone.now() + timedelta(days=1))
    assert cards(client)["Exceptions"].figure == "1"


def test_the_start_page_takes_as_many_statements_whatever_waits(
    manager, django_assert_max_num_queries
):
    for state in ("unknown", "rejected", "failed-to-deliver"):
        in_state(state)
    rollup.keep()
    with django_assert_max_num_queries(18):
        manager.get("/admin/")


def test_days_are_shown_beside_the_same_weekday_before_and_lead_to_their_lists(manager):
    with time_machine.travel("2026-11-22T10:00:00Z", tick=False):
        earlier = placed_order()
        Order.objects.update(amount=10)
    with time_machine.travel("2026-11-29T14:05:06Z", tick=False):
        for _ in range(2):
            Order.objects.filter(pk=placed_order().pk).update(amount=1250)
        assert "today is not yet" in manager.get("/admin/").content.decode()
        for _ in range(rollup.DAYS + 1):
            rollup.keep()
        page = manager.get("/admin/")
        rows = dict(page.context["rows"])
        assert [cell.text for cell in rows["Orders"]] == ["2", "1", "0", "0"]
        paid = rows["Ordered, GBP"]
        assert [cell.text for cell in paid][:2] == ["2,500.00 GBP", "10.00 GBP"]
        assert [cell.text for cell in rows["Messages"]][:2] == ["2", "1"]
        text = page.content.decode()
        assert "Counted at 14:05:06 GMT" in text
        assert "Sun 29 Nov, so far" in text
        assert "Orders: 3 in 30 days, most on Sun 29 Nov 2026: 2." in text
        shown = manager.get(rows["Orders"][1].link).content.decode()
        assert f"{earlier.number}<" in shown
        for _, cells in page.context["rows"]:
            for cell in cells:
                assert manager.get(cell.link).status_code == 200, cell.link


@pytest.mark.parametrize(
    ("permission", "titles"),
    [
        ("view_order", ["Orders", "Ordered, GBP"]),
        ("view_shipment", ["Parcels by ship date"]),
        ("view_notification", ["Messages"]),
        ("view_case", ["Exceptions"]),
        ("view_study", []),
    ],
)
def test_each_picture_needs_the_right_to_see_its_list(db, permission, titles):
    page = able_to(permission).get("/admin/")
    assert page.context["figures"] == titles
    assert [each.title for each in page.context["pictures"]] == titles


def test_pictures_count_no_exceptions_that_one_may_not_see(db):
    open_case(in_state("rejected"))
    rollup.keep()
    for permission, count in (("view_shipment", "1"), ("view_notification", "0")):
        page = able_to("view_case", permission).get("/admin/")
        assert dict(page.context["rows"])["Exceptions"][0].text == count


def test_what_is_due_leads_to_its_subscriptions(db):
    with time_machine.travel("2026-11-29T14:05:06Z", tick=False):
        order = placed_order(interval="weekly")
        schedule = Schedule.objects.get(order=order)
        Schedule.objects.update(next_on="2026-12-02")
        late = placed_order(interval="weekly")
        Schedule.objects.filter(order=late).update(next_on="2026-11-27")
        rollup.keep()
        client = able_to("view_schedule")
        due = dict(client.get("/admin/").context["due"])
        assert due["Wed 2 Dec 2026"].text == "1"
        assert due["Tue 1 Dec 2026"].text == "0"
        assert due["Late"].text == "1"
        shown = client.get(due["Wed 2 Dec 2026"].link).content.decode()
        assert str(schedule.order.number) in shown
        assert str(late.number) not in shown
        assert str(late.number) in client.get(due["Late"].link).content.decode()
        assert able_to("view_order").get("/admin/").context["due"] == []
