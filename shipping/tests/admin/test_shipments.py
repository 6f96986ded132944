"""What fulfilment staff see and do in the admin."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from core.models import Circuit
from identity.tests.factories import actor_named, staff
from orders.tests.factories import placed_order
from shipping.models import ProviderProfile, Schedule, Shipment, TrackingEvent
from shipping.schedules import services as schedules
from shipping.schedules.run import run_schedule
from shipping.tests.factories import last_event, monthly_schedule, queued_shipment, tracked
from shipping.tracking import events

pytestmark = pytest.mark.django_db
SHIPMENTS = "/admin/shipping/shipment/"
SCHEDULES = "/admin/shipping/schedule/"
PROFILES = "/admin/shipping/providerprofile/"
EVENTS = "/admin/shipping/trackingevent/"


def signed_in(role: str) -> Client:
    """A browser of somebody in this role."""
    client = Client()
    client.force_login(staff(role, username=f"{role}1"))
    return client


@pytest.fixture
def fulfilment() -> Client:
    return signed_in("fulfilment")


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def select(client: Client, url: str, action: str, *rows: Any, **fields: str) -> str:
    """Run an action on the selected rows; the page that comes back."""
    form = {"action": action, "_selected_action": [row.pk for row in rows]} | fields
    return client.post(url, form, follow=True).content.decode()


def press(client: Client, url: str, row: Any, verb: str, **fields: Any) -> Any:
    """Press a button on a row's page and send its dialog."""
    form = {"_form_submitted": "1"} | fields
    return client.post(f"{url}{row.pk}/{verb}/", form, follow=True)


def confirm(client: Client, row: Any, verb: str, **fields: Any) -> Any:
    """Look at what a dialog would do to the dates of a schedule, then press its button again."""
    looked = press(client, SCHEDULES, row, verb, **fields)
    if not looked.context or "form" not in looked.context:
        return looked
    return press(client, SCHEDULES, row, verb, **fields, seen=looked.context["form"].data["seen"])


def decide(client: Client, action: str, *rows: Any) -> str:
    """Look at what an action would do to the selected schedules, then do it."""
    assert "Nothing is done yet" in select(client, SCHEDULES, action, *rows)
    form = {"action": action, "_selected_action": [row.pk for row in rows], "confirmed": "yes"}
    return client.post(SCHEDULES, form, follow=True).content.decode()


def test_the_pages_show_what_there_is(fulfilment):
    schedule = monthly_schedule()
    shipment = schedule.shipments.get()
    events.store("reference", [tracked("co-0", "in-transit")])
    assert shipment.reference in page(fulfilment, SHIPMENTS)
    shown = page(fulfilment, f"{SHIPMENTS}{shipment.pk}/change/")
    assert "user:test" in shown, "its history"
    assert schedule.order.number in page(fulfilment, SCHEDULES)
    assert date_format(schedule.next_on) in page(fulfilment, f"{SCHEDULES}{schedule.pk}/change/")
    assert "co-0" in page(fulfilment, EVENTS)
    page(fulfilment, f"{EVENTS}{TrackingEvent.objects.get().pk}/change/")


def test_a_schedules_buttons_leave_room_for_its_title_whatever_can_be_done(fulfilment):
    schedule = monthly_schedule()
    schedules.skip(schedule, by=actor_named("fulfilment1"))
    shown = fulfilment.get(f"{SCHEDULES}{schedule.pk}/change/")
    assert len(shown.context["actions_detail"]) <= 4
    for text in ("Take the skip back", "Change the dates", "End the schedule"):
        assert text in shown.content.decode(), text


def test_an_order_shows_its_parcels_and_its_schedule(fulfilment):
    schedule = monthly_schedule()
    shown = page(fulfilment, f"/admin/orders/order/{schedule.order_id}/change/")
    assert schedule.shipments.get().reference in shown
    assert f"/admin/shipping/schedule/{schedule.pk}/change/" in shown


@pytest.mark.parametrize("url", [SHIPMENTS, SCHEDULES, EVENTS])
def test_the_lists_cost_the_same_whatever_they_hold(fulfilment, django_assert_max_num_queries, url):
    for more in (1, 6):
        for _ in range(more):
            shipment = monthly_schedule().shipments.get()
            events.store("reference", [tracked(shipment.reference, "in-transit")])
        with django_assert_max_num_queries(10):
            page(fulfilment, url)


@pytest.mark.parametrize("url", [SHIPMENTS, SCHEDULES, EVENTS])
def test_nothing_is_typed_in_or_deleted(fulfilment, url):
    assert fulfilment.get(f"{url}add/").status_code == 403
    shipment = queued_shipment()
    assert (
        fulfilment.post(f"{SHIPMENTS}{shipment.pk}/change/", {"state": "sent"}).status_code == 403
    )
    assert fulfilment.post(f"{SHIPMENTS}{shipment.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Shipment.objects.get().state == "queued"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("?status=exceptions", 1),
        ("?status=queued", 1),
        ("?state__in=unknown,rejected,failed-to-deliver", 1),
        ("?provider=reference", 2),
        ("?provider=console", 0),
        ("?q=T1", 1),
        ("?q=nothing", 0),
    ],
)
def test_shipments_are_filtered_and_found(fulfilment, query, found):
    queued_shipment(state="unknown", tracking_number="T1")
    queued_shipment()
    shown = page(fulfilment, SHIPMENTS + query)
    assert (
        sum(
            f">{s.reference}<" in shown.replace("\n", "").replace(" ", "")
            for s in Shipment.objects.all()
        )
        == found
    )


def test_parked_events_are_found(fulfilment):
    shipment = queued_shipment()
    for reference in ("co-0", shipment.reference):
        events.store("reference", [tracked(reference, "in-transit")])
    assert "co-0" in page(fulfilment, f"{EVENTS}?parked=yes")
    assert "co-0" not in page(fulfilment, f"{EVENTS}?parked=no")
    assert "co-0" not in page(fulfilment, f"{EVENTS}?q={shipment.reference}")


@pytest.mark.parametrize("typed", ["{}", "#{},", "“{}”", "CO {}", "ｃｏ－{}"])
def test_events_are_found_by_a_reference_however_it_is_typed(fulfilment, typed):
    shipment = queued_shipment()
    events.store("reference", [tracked(shipment.reference, "in-transit")])
    text = typed.format(shipment.order_id if typed[0] in "Cｃ" else shipment.reference)
    shown = fulfilment.get(EVENTS, {"q": text}).context["cl"].result_list
    assert [event.order_id for event in shown] == [shipment.reference]


def test_what_went_wrong_is_sent_again(fulfilment):
    unknown, sent = queued_shipment(state="unknown"), queued_shipment(state="sent")
    shown = select(fulfilment, SHIPMENTS, "retry_selected", unknown, sent, confirmed="yes")
    assert "Queued again: 1." in shown
    assert f"{sent}: This shipment is sent: it cannot become queued." in shown
    event = last_event(unknown)
    assert (event.kind, event.actor) == ("retried", actor_named("fulfilment1"))


def test_a_shipment_is_sent_again_from_its_page(fulfilment):
    shipment = queued_shipment(state="rejected")
    assert "queued again" in press(fulfilment, SHIPMENTS, shipment, "retry").content.decode()
    assert Shipment.objects.get().state == "queued"


def test_a_shipment_is_cancelled_with_a_reason(fulfilment):
    shipment = queued_shipment()
    press(fulfilment, SHIPMENTS, shipment, "cancel", reason="wrong address")
    event = last_event(shipment)
    assert (event.to_state, event.detail) == ("cancelled", "wrong address")
    other = queued_shipment(placed_order())
    shown = select(fulfilment, SHIPMENTS, "cancel_selected", other, confirmed="yes")
    assert "Cancelled: 1." in shown


def test_a_button_that_makes_no_sense_is_not_there(fulfilment):
    shipment = queued_shipment(state="in-transit")
    assert press(fulfilment, SHIPMENTS, shipment, "retry").status_code == 403
    assert press(fulfilment, SHIPMENTS, shipment, "cancel").status_code == 403
    assert shipment.events.count() == 1


def test_a_provider_that_takes_nothing_is_named(fulfilment):
    Circuit.objects.create(
        name="shipping:reference",
        failures=5,
        open_until=timezone.now() + timedelta(hours=1),
    )
    assert "reference takes no parcels at the moment" in page(fulfilment, SHIPMENTS)


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_schedule_is_paused_resumed_skipped_changed_and_ended(fulfilment):
    schedule = monthly_schedule()

    def do(verb: str, **fields: Any) -> tuple[str, date]:
        assert confirm(fulfilment, schedule, verb, **fields).status_code == 200
        schedule.refresh_from_db()
        return schedule.state, schedule.next_on

    assert do("pause", resume_on="2026-03-01") == ("paused", date(2026, 2, 28))
    assert do("resume") == ("active", date(2026, 2, 28))
    assert do("skip") == ("active", date(2026, 3, 31))
    assert do("change_dates", interval="weekly") == ("active", date(2026, 2, 7))
    assert do("cancel", reason="too dear")[0] == "cancelled"
    kinds = list(schedule.events.values_list("kind", flat=True))
    assert kinds == ["created", "paused", "resumed", "skipped", "changed", "cancelled"]


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_dialog_shows_what_would_become_of_the_dates(fulfilment):
    schedule = monthly_schedule()
    shown = fulfilment.get(f"{SCHEDULES}{schedule.pk}/skip/").context["form"]
    assert [day.date.isoformat() for day in shown.now[:2]] == ["2026-02-28", "2026-03-31"]
    assert [day.date.isoformat() for day in shown.then[:2]] == ["2026-03-31", "2026-04-30"]
    assert Schedule.objects.get().events.count() == 1


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_typed_change_is_shown_with_its_ship_dates_before_it_is_done(fulfilment):
    ProviderProfile.objects.create(provider="reference", working_days=[1, 2, 3, 4, 5])
    schedule = monthly_schedule()
    said = {"interval": "weekly", "anchor": "2026-02-08"}
    shown = press(fulfilment, SCHEDULES, schedule, "change_dates", **said).content.decode()
    for text in ("Sat 28 Feb 2026", "ships Mon 2 Mar 2026", "Sun 8 Feb 2026", "Mon 9 Feb 2026"):
        assert text in shown
    assert 'value="2026-02-08"' in shown, "what was typed stays"
    assert "Press the button" in shown
    assert Schedule.objects.get().events.count() == 1
    confirm(fulfilment, schedule, "change_dates", **said)
    assert Schedule.objects.get().interval == "weekly"


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_what_was_seen_is_shown_again_when_somebody_was_quicker(fulfilment):
    schedule = monthly_schedule()
    seen = fulfilment.get(f"{SCHEDULES}{schedule.pk}/skip/").context["form"].initial["seen"]
    schedules.skip(schedule, by="user:other")
    shown = press(fulfilment, SCHEDULES, schedule, "skip", seen=seen).content.decode()
    assert "Press the button" in shown
    assert Schedule.objects.get().next_on == date(2026, 3, 31), "skipped once"


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_look_does_nothing_even_when_the_dates_are_the_same(fulfilment):
    schedule = monthly_schedule()
    looked = press(fulfilment, SCHEDULES, schedule, "change_dates", interval="weekly", look="1")
    seen = looked.context["form"].data["seen"]
    press(fulfilment, SCHEDULES, schedule, "change_dates", interval="weekly", look="1", seen=seen)
    assert Schedule.objects.get().interval == "monthly"


@time_machine.travel("2026-01-31 12:00Z", tick=False)
@pytest.mark.parametrize(
    ("day", "refusal"),
    [("2026-01-31", "would be over already"), ("1999-01-01", "from 2000 to 2099")],
)
def test_a_dialog_says_why_a_date_is_refused(fulfilment, day, refusal):
    schedule = monthly_schedule()
    shown = press(fulfilment, SCHEDULES, schedule, "pause", resume_on=day).content.decode()
    assert refusal in shown
    assert Schedule.objects.get().state == "active"


def test_many_schedules_are_paused_and_resumed_at_once(fulfilment):
    rows = [monthly_schedule() for _ in range(3)]
    assert "Paused: 3." in decide(fulfilment, "pause_selected", *rows)
    assert "Resumed: 3." in decide(fulfilment, "resume_selected", *rows)
    assert "Skipped the next one of: 3." in decide(fulfilment, "skip_selected", *rows)
    assert "Cancelled: 3." in decide(fulfilment, "cancel_selected", *rows)


def test_an_action_on_many_shows_what_it_would_do_to_each(
    fulfilment, django_assert_max_num_queries
):
    active, paused = monthly_schedule(), monthly_schedule(state="paused")
    with django_assert_max_num_queries(12):
        shown = select(fulfilment, SCHEDULES, "skip_selected", active, paused)
    assert f"{active.order.number} monthly" in shown
    assert "This schedule is paused: it has no next date to skip." in shown
    assert Schedule.objects.get(pk=active.pk).events.count() == 1


def test_who_may_only_look_changes_nothing():
    """An auditor is refused, and nothing has changed."""
    auditor, schedule = signed_in("auditor"), monthly_schedule()
    shipment = schedule.shipments.get()
    page(auditor, f"{SHIPMENTS}{shipment.pk}/change/")
    for url, row, verb in (
        (SHIPMENTS, shipment, "cancel"),
        (SCHEDULES, schedule, "skip"),
        (SCHEDULES, schedule, "cancel"),
    ):
        assert press(auditor, url, row, verb).status_code == 403
    select(auditor, SHIPMENTS, "cancel_selected", shipment, confirmed="yes")
    assert Shipment.objects.get().state == "queued"
    assert Schedule.objects.get().events.count() == 1


def test_who_has_no_right_sees_nothing():
    clinician, shipment = signed_in("clinician"), queued_shipment()
    for url in (SHIPMENTS, SCHEDULES, EVENTS, f"{SHIPMENTS}{shipment.pk}/change/"):
        assert clinician.get(url).status_code == 403


def test_a_managers_profile_of_a_provider_begins_with_the_whole_week_and_our_zone():
    manager = signed_in("manager")
    form = manager.get(f"{PROFILES}add/").context["adminform"].form
    given = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    assert (given["working_days"], given["time_zone"]) == ([1, 2, 3, 4, 5, 6, 7], "Europe/London")
    said = {"provider": "reference", "working_days": [1, 2], "country": "GB", "cut_off": 16}
    said |= {"ask_after": 24, "ask_again_after": 48, "call_staff_after": 72}
    manager.post(f"{PROFILES}add/", said | {"subdivision": "ENG", "time_zone": "Europe/London"})
    profile = ProviderProfile.objects.get()
    assert (profile.working_days, profile.cut_off, profile.subdivision) == ([1, 2], 16, "ENG")
    assert "Mon, Tue" in page(manager, PROFILES)


def test_only_a_manager_sets_a_providers_calendar(fulfilment):
    page(fulfilment, PROFILES)
    assert fulfilment.get(f"{PROFILES}add/").status_code == 403


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_skip_that_is_sent_twice_is_done_once_and_says_so(fulfilment):
    schedule = monthly_schedule()
    drawn = fulfilment.get(f"{SCHEDULES}{schedule.pk}/skip/").context["form"].initial
    for _ in range(3):  # a double click, the back button, a second tab
        shown = press(fulfilment, SCHEDULES, schedule, "skip", **drawn).content.decode()
        assert " is left out." in shown
    schedule.refresh_from_db()
    assert schedule.next_on == date(2026, 3, 31)
    assert schedule.events.filter(kind="skipped").count() == 1


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_skip_from_a_tab_that_is_too_old_leaves_out_no_other_date(fulfilment):
    schedule = monthly_schedule()
    drawn = fulfilment.get(f"{SCHEDULES}{schedule.pk}/skip/").context["form"].initial
    run_schedule(schedule.next_on)
    shown = press(fulfilment, SCHEDULES, schedule, "skip", **drawn).content.decode()
    assert "Only the next one can be left out" in shown
    assert Schedule.objects.get().next_on == date(2026, 3, 31)


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_a_skip_is_taken_back_from_the_schedules_page(fulfilment):
    schedule = monthly_schedule()
    schedules.skip(schedule, by="user:other")
    assert date_format(date(2026, 2, 28)) in page(fulfilment, f"{SCHEDULES}{schedule.pk}/change/")
    drawn = fulfilment.get(f"{SCHEDULES}{schedule.pk}/unskip/").context["form"]
    assert [day.date.isoformat() for day in drawn.then[:2]] == ["2026-02-28", "2026-03-31"]
    press(fulfilment, SCHEDULES, schedule, "unskip", **drawn.initial)
    assert Schedule.objects.get().next_on == date(2026, 2, 28)
    assert press(fulfilment, SCHEDULES, schedule, "unskip", **drawn.initial).status_code == 403


@time_machine.travel("2026-01-31 12:00Z", tick=False)
def test_many_are_skipped_once_each_however_often_the_page_is_sent(fulfilment):
    rows = [monthly_schedule() for _ in range(2)]
    drawn = select(fulfilment, SCHEDULES, "skip_selected", *rows)
    form = {"action": "skip_selected", "_selected_action": [row.pk for row in rows]}
    for row in rows:
        assert f'name="occurrence_{row.pk}" value="1"' in drawn
        form[f"occurrence_{row.pk}"] = ["1"]
    for _ in range(2):
        fulfilment.post(SCHEDULES, form | {"confirmed": "yes"}, follow=True)
    assert {row.next_on for row in Schedule.objects.all()} == {date(2026, 3, 31)}
